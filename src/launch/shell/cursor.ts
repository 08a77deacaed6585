import { type Problem, type ProblemCode, problem } from '../problems.js';
import type { Traced } from '../text/traced.js';
import type { Dialect } from './dialect.js';

/** What separates words; also the blanks that web pages put in their place. */
export const BLANK = /[ \t\r\u00A0\u3000]/;

/** A place in a text that is being read, and the faults that were found on the way. */
export class Cursor {
  readonly text: string;
  readonly problems: Problem[] = [];
  /** Index in `text` of the next character to read. */
  pos = 0;

  constructor(
    readonly source: Traced,
    readonly dialect: Dialect,
  ) {
    this.text = source.text;
  }

  get isAtEnd(): boolean {
    return this.pos >= this.text.length;
  }

  /** The character here; empty at the end. */
  get char(): string {
    return this.text[this.pos] ?? '';
  }

  get isAtBlank(): boolean {
    return BLANK.test(this.char);
  }

  /** At most `length` characters from here, or from another place: what a pattern is tried on. */
  ahead(length: number, from = this.pos): string {
    return this.text.slice(from, from + length);
  }

  /** Index of the next line break from a place on; the end of the text where there is none. */
  lineEnd(from = this.pos): number {
    const at = this.text.indexOf('\n', from);
    return at < 0 ? this.text.length : at;
  }

  /** Moves to a place, at most to the end. */
  moveTo(index: number): void {
    this.pos = Math.min(this.text.length, index);
  }

  /** Notes a fault at an index of `text`. */
  report(code: ProblemCode, index: number, details: Problem['details']): void {
    this.problems.push(problem(code, this.source.start(index), details));
  }
}
