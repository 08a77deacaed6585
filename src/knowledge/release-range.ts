import { compareVersions } from '../common/version.js';

/** From one release to another, both included; `to: null` = up to the newest that we know and beyond. */
export interface Span {
  from: string;
  to: string | null;
}

const parsed = new Map<string, Span[]>();

/** Reads the notation of knowledge/releases: `0.4.1-0.10.2`, `0.12.0-` (still so), `0.8.5` (only there), several joined by commas. */
export const spansOf = (range: string): Span[] => {
  const known = parsed.get(range);
  if (known) return known;
  const spans = range.split(',').map(part => {
    const [from, to] = part.trim().split('-');
    return { from: from!, to: to === undefined ? from! : to || null };
  });
  parsed.set(range, spans);
  return spans;
};

const lies = (release: string, { from, to }: Span) =>
  (compareVersions(release, from) ?? -1) >= 0 && (to === null || (compareVersions(release, to) ?? 1) <= 0);

/** True when the release lies in the range. `release` must be a release number, see `Releases.match`. */
export const inRange = (range: string, release: string): boolean => spansOf(range).some(span => lies(release, span));

/** The entry of a table keyed by ranges that holds for the release. */
export const atRelease = <T>(table: Record<string, T>, release: string): T | undefined => {
  for (const [range, value] of Object.entries(table)) if (inRange(range, release)) return value;
  return undefined;
};

/** First and last release of a range; a last of null = still there. Gaps between are not told. */
export const ends = (range: string): Span => {
  const spans = spansOf(range);
  return { from: spans[0]!.from, to: spans.at(-1)!.to };
};
