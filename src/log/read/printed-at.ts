import type { LogRecord } from './record.js';

/** What one statement of vLLM's source printed, by the file and line in the prefix: `[core.py:708]`. */
export interface PrintedAt {
  file: string;
  line: number;
  /** Line of the log where it first came. */
  at: number;
  /** The beginnings of what it printed; a message of several lines has the same prefix on each. */
  texts: string[];
  /** It reports an error. */
  error: boolean;
}

const STATEMENTS = 200;
const TEXTS = 6;
const LETTERS = 24;

/** Gathers which statements printed a log; bounded, whatever the size of the log. */
export class PrintedAtKeeper {
  private readonly statements = new Map<string, PrintedAt>();

  record({ source, sourceLine, text, line, level }: LogRecord): void {
    if (source === undefined || sourceLine === undefined) return;
    const file = source.slice(source.lastIndexOf('/') + 1);
    const key = `${file}:${sourceLine}`;
    const known = this.statements.get(key);
    if (known) {
      if (known.texts.length < TEXTS) known.texts.push(text.slice(0, LETTERS));
    } else if (this.statements.size < STATEMENTS)
      this.statements.set(key, {
        file,
        line: sourceLine,
        at: line,
        texts: [text.slice(0, LETTERS)],
        error: level === 'ERROR',
      });
  }

  all(): PrintedAt[] {
    return [...this.statements.values()];
  }
}
