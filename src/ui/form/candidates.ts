/** Names that contain every word typed, those that begin with it first. */
export const candidatesFor = (typed: string, names: readonly string[]): string[] => {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [];
  const hits = names.filter(name => {
    const lower = name.toLowerCase();
    return lower !== typed.trim().toLowerCase() && wanted.every(word => lower.includes(word));
  });
  // What is typed is more often the beginning of the name than of its owner, and short names are the plain ones.
  const rank = (name: string) => {
    const lower = name.toLowerCase();
    return lower.startsWith(wanted[0]!) || lower.slice(lower.lastIndexOf('/') + 1).startsWith(wanted[0]!) ? 0 : 1;
  };
  return hits.sort((a, b) => rank(a) - rank(b) || a.length - b.length).slice(0, 20);
};
