/** The numeric parts of a vLLM version: `0.8.5.post1+cu121` is [0, 8, 5], post 1. */
interface Parts {
  numbers: number[];
  /** -1 for a pre-release (rc, dev), 0 for a release, n for .postN: decides among equal numbers. */
  rank: number;
}

const read = new Map<string, Parts | null>();

/** Remembered: the rules of the releases compare the same hundred versions over and over. */
const parts = (version: string): Parts | null => {
  let known = read.get(version);
  if (known === undefined) {
    known = parse(version);
    if (read.size > 1000) read.clear();
    read.set(version, known);
  }
  return known;
};

const parse = (version: string): Parts | null => {
  const match = /^v?(\d+(?:\.\d+){1,3})(?:\.?(post|rc|dev|a|b)\.?(\d+))?/.exec(version.trim());
  if (!match) return null;
  const rank = !match[2] ? 0 : match[2] === 'post' ? Number(match[3]) : -1;
  return { numbers: match[1]!.split('.').map(Number), rank };
};

/** True when the text begins like a version: `0.8.3`, `v0.10.1.1`, `0.11.0rc2.dev5+g1a2b3c`. */
export const isVersion = (text: string): boolean => parts(text) !== null;

/** Negative when a < b, 0 when equal, positive when a > b; null when either is no version (unknown never compares). */
export const compareVersions = (a: string, b: string): number | null => {
  const x = parts(a);
  const y = parts(b);
  if (!x || !y) return null;
  for (let i = 0; i < Math.max(x.numbers.length, y.numbers.length); i++) {
    const difference = (x.numbers[i] ?? 0) - (y.numbers[i] ?? 0);
    if (difference) return difference;
  }
  return x.rank - y.rank;
};

/** True when from <= version <= to (either end may be open); null when the version is unknown. */
export const inVersions = (version: string | undefined, from?: string | null, to?: string | null): boolean | null => {
  if (version === undefined || !isVersion(version)) return null;
  return (!from || compareVersions(version, from)! >= 0) && (!to || compareVersions(version, to)! <= 0);
};
