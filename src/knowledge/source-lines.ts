import files from 'knowledge:lines';

/**
 * On which lines each release logs what, and where its functions stand: read from the releases themselves by
 * scripts/release-lines.py. Loaded only for a log that does not name its release.
 */
interface LinesFile {
  /** All that were read, oldest first, post-releases too. */
  releases: string[];
  /** File name -> first letters of a message ('' where it begins with a value; `!` before those of errors) -> lines by release. */
  logs: Record<string, Record<string, string>>;
  /** Path below vllm/ -> function -> ranges of lines by release. */
  functions: Record<string, Record<string, string>>;
}

const known = files['lines/lines.json'] as LinesFile;

/** The releases whose line numbers are known, oldest first. */
export const READ_RELEASES: readonly string[] = known.releases;

/** Calls `visit` with the numbers of every release: `3:708,731;5:710` holds 708 and 731 for the 4th and 5th release. */
const eachRelease = (runs: string, visit: (release: number, told: string[]) => void): void => {
  const changes = runs.split(';').map(change => change.split(':') as [string, string]);
  for (const [i, [from, told]] of changes.entries()) {
    if (told === '') continue;
    const to = i + 1 < changes.length ? Number(changes[i + 1]![0]) : known.releases.length;
    const numbers = told.split(',');
    for (let release = Number(from); release < to; release++) visit(release, numbers);
  }
};

/** What a line number of a log says, as releases (indices of {@link READ_RELEASES}). */
export interface LoggedAt {
  /** They log this very text there. */
  text: Set<number>;
  /** They log something there that begins with a value. */
  value: Set<number>;
  /** They report an error there: what follows it, a traceback, has the same prefix. */
  error: Set<number>;
  /** They log anything there. */
  any: Set<number>;
}

/**
 * Releases (indices of {@link READ_RELEASES}) that log at `line` of a file with this name. `texts`: what was printed there,
 * one per line of the log. Null: none of vLLM's files that log at start-up or while serving.
 */
export const loggedAt = (file: string, line: number, texts: readonly string[]): LoggedAt | null => {
  const calls = Object.hasOwn(known.logs, file) ? known.logs[file] : undefined;
  if (!calls) return null;
  const at: LoggedAt = { text: new Set(), value: new Set(), error: new Set(), any: new Set() };
  const wanted = String(line);
  for (const [key, runs] of Object.entries(calls)) {
    const isError = key.startsWith('!');
    const begins = isError ? key.slice(1) : key;
    const printed = begins !== '' && texts.some(text => text.startsWith(begins));
    eachRelease(runs, (release, lines) => {
      if (!lines.includes(wanted)) return;
      at.any.add(release);
      if (isError) at.error.add(release);
      if (printed) at.text.add(release);
      else if (begins === '') at.value.add(release);
    });
  }
  return at;
};

/** Releases in which `line` of a file (path below vllm/) lies in a function of this name; null: not known of any. */
export const definedAt = (path: string, name: string, line: number): Set<number> | null => {
  const functions = Object.hasOwn(known.functions, path) ? known.functions[path]! : {};
  if (!Object.hasOwn(functions, name)) return null;
  const found = new Set<number>();
  eachRelease(functions[name]!, (release, ranges) => {
    const holds = ranges.some(range => {
      const [first, length] = range.split('+').map(Number) as [number, number];
      return line >= first && line <= first + length;
    });
    if (holds) found.add(release);
  });
  return found;
};
