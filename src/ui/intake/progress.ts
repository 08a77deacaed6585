import type { LogReading } from '../../log/types.js';

/** How much of a text has come in. */
export interface IntakeProgress {
  lines: number;
  bytes: number;
  /** What the text says so far; null before the first reading. */
  reading: LogReading | null;
}

/** Line breaks in a piece of text: what counts its lines, however it is cut. */
export const lineBreaks = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
};
