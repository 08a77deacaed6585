import type { Level } from '../repair/prefixes.js';

/** One repaired line: what a process said, with nothing around it. */
export interface LogRecord {
  /** 1-based line of the user's text where it begins. */
  line: number;
  /** The message without prefixes; a traceback's indentation is kept. */
  text: string;
  /** Where each physical line of a joined record begins: offsets into `text`, first is 0. */
  pieces?: { offset: number; line: number }[];
  level?: Level;
  /** Key of the process, see readProcess. */
  process?: string;
  rank?: number;
  /** Source file in vLLM's own prefix. */
  source?: string;
  /** Line of that file which printed it. */
  sourceLine?: number;
  /** When, as vLLM writes it: `10-19 20:31:10`. Orders the lines of one year. */
  stamp?: string;
  /** Service of Docker Compose whose line it is: `chat-1`. */
  service?: string;
  /** Physical lines as typed, without controls and collectors' prefixes (for a launch command that spans several). */
  raw: string;
}

/** The user's line at an offset of the record. */
export const lineAt = (record: LogRecord, offset: number): number => {
  let line = record.line;
  for (const piece of record.pieces ?? []) if (piece.offset <= offset) line = piece.line;
  return line;
};
