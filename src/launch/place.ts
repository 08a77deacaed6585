/** Letters that separate the words of a name: dashes, underscores, and camel case in charts (`maxModelLen`). */
const spellings = (name: string): RegExp => {
  const words = name.split(/[-_]/).map(word => word.replace(/[^\w]/g, ''));
  return new RegExp(`(?<![\\w])(?:-{1,2}(?:no-)?)?${words.join('[-_]?')}(?![\\w-])`, 'gi');
};

/**
 * Where a text names a flag or variable, counted from 1: its last occurrence, because the last one counts. Line 1,
 * column 1 when the name stands nowhere (an alias, a value from a variable).
 */
export const placeOf = (text: string, name: string): { line: number; column: number } => {
  let at = -1;
  for (const match of text.matchAll(spellings(name))) at = match.index;
  if (at < 0) return { line: 1, column: 1 };
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
};

/** The beginning of what is written behind a flag on a command line, quotes left out; null when the flag is not there. */
export const writtenValue = (text: string, name: string): string | null =>
  new RegExp(`--${name.replaceAll('-', '[-_]')}(?:\\s{1,4}|=)["'\\\\]{0,3}([^\\s"'\\\\]{1,80})`).exec(text)?.[1] ??
  null;
