import { definedAt, loggedAt, READ_RELEASES } from '../../knowledge/source-lines.js';
import type { StackTrace } from '../types.js';
import type { PrintedAt } from './printed-at.js';

/** The releases whose sources have what a log shows on the lines where it shows it. */
export interface ReleaseByLines {
  /** Oldest first; never empty. */
  releases: string[];
  /** Line of the log whose number tells most. */
  line: number;
}

interface Sign {
  releases: Set<number>;
  /** The very text was found on that line of the source, or an error on a line where the file reports one. */
  certain: boolean;
  line: number;
}

/** One sign that fits no release (another program's file of the same name, a damaged digit) is let go among so many that do. */
const PER_STRAY = 3;

/**
 * Which releases print these messages from these lines, and have these functions on these lines of a traceback. Null where
 * that tells nothing: too few signs, or signs that fit no release together (a development build, a fork).
 */
export const releaseByLines = (printed: PrintedAt[], traces: StackTrace[]): ReleaseByLines | null => {
  const signs = [...printed.map(signOfMessage), ...framesOf(traces).map(signOfFrame)].filter(sign => sign !== null);
  const fitting = signs.filter(({ releases }) => releases.size > 0);
  const certain = fitting.some(sign => sign.certain);
  if (fitting.length < (certain ? 1 : 2) || (signs.length - fitting.length) * PER_STRAY > fitting.length) return null;
  const common = READ_RELEASES.filter((_, release) => fitting.every(({ releases }) => releases.has(release)));
  if (common.length === 0) return null;
  const best = fitting.toSorted(
    (a, b) => Number(b.certain) - Number(a.certain) || a.releases.size - b.releases.size || a.line - b.line,
  )[0]!;
  return { releases: common, line: best.line };
};

const signOfMessage = ({ file, line, at, texts, error }: PrintedAt): Sign | null => {
  const found = loggedAt(file, line, texts);
  if (!found) return null;
  if (found.text.size > 0) return { releases: new Set([...found.text, ...found.value]), certain: true, line: at };
  // A file reports few errors: a traceback's prefix has one of a handful of numbers.
  if (error) return { releases: found.error, certain: true, line: at };
  // Later lines of a message, or one that begins with a value: the number alone.
  return { releases: found.value.size > 0 ? found.value : found.any, certain: false, line: at };
};

interface Frame {
  path: string;
  function: string;
  line: number;
  at: number;
}

/** vLLM's own frames, each once. */
const framesOf = (traces: StackTrace[]): Frame[] => {
  const frames = new Map<string, Frame>();
  for (const trace of traces)
    for (const { file, function: name, line } of trace.frames) {
      const path = file
        .split(/[/\\]vllm[/\\]/)
        .at(-1)!
        .replaceAll('\\', '/');
      if (path !== file) frames.set(`${path}:${line}`, { path, function: name, line, at: trace.line });
    }
  return [...frames.values()];
};

const signOfFrame = ({ path, function: name, line, at }: Frame): Sign | null => {
  const releases = definedAt(path, name, line);
  return releases && { releases, certain: false, line: at };
};
