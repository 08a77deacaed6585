/**
 * Tells whether a line is the continuation of the one before it: a terminal, a box or a mail program broke a long line
 * at its width. A hard wrap leaves lines of exactly the same width; a soft one breaks where the next word had no room.
 */

/** Wider than any terminal that people copy from; a longer line was not broken. */
const WIDEST = 280;
/** Wider than people break their own lines. */
const WIDEST_TYPED = 100;
const NARROWEST = 30;
const REMEMBERED = 48;

/** How lines begin that continue nothing although they bear no prefix. */
const BEGINS =
  /^(?: {2,}|\t|Traceback|File "|During handling|The above exception|(?:INFO|WARNING|ERROR|DEBUG|CRITICAL)\b|(?:[a-z_]\w{0,60}\.){0,12}[A-Z]\w{0,60}(?:Error|Exception|Interrupt|Exit)\b|(?:Loading|Capturing|Processed|Process|Exception|Adding|Warning|Killed) |\$ |>>>|[\w.-]{1,60}@[\w.-]{1,80}[:~ ]|[=*~^#-]{4,}|\+[-=]|\||\d{4}-\d\d-\d\d|#\d? )/;

/** Beginnings that even a line at the full width is not continued by. */
const ALWAYS_BEGINS = /^(?:Traceback \(|\s{2,8}File "|During handling|The above exception)/;

/** How a complete line ends: a sentence, a value with its unit. */
const ENDED = /(?:[.!?:)}\]"'%]|\d|\d ?[KMGT]i?B|seconds?|secs|tokens|\dx)$/;

/** How a line of its own begins behind one that is complete: a capital, a bracket, `name of a value:`. */
const NEXT = /^(?:[A-Z([]|[\w.-]{1,30}(?: [\w.-]{1,30}){0,3}\s{0,30}: )/;

/** More brackets opened than closed: the rest is still to come. */
const opensMore = (text: string): boolean => {
  let depth = 0;
  for (const char of text) {
    if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
  }
  return depth > 0;
};

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Two lines alike but for their digits: rows of a table, or what two ranks print. */
const areRows = (one: string, other: string): boolean => {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [one.charCodeAt(i), other.charCodeAt(i)];
    if (a !== b && !(isDigit(a) && isDigit(b))) return false;
  }
  return true;
};

export type Join = '' | ' ' | null;

/** A traceback's frame that ends inside its path, or before its line number, and what such a one goes on with. */
const CUT_PATH = /^\s{0,8}File "[^"]{3,400}$/;
const CUT_NUMBER = /^\s{0,8}File "[^"]{3,400}",? ?(l|li|lin|line|line )?$/;
const REST_OF_PATH = /^[^"]{0,200}", line \d/;
const REST_OF_NUMBER = /^(?:, )?(?:line|ine|ne|e)? ?\d{1,6}(?:, in |$)/;

/** What joins a frame that was broken in a place where no frame ends, whatever the width of the text. */
export const jointOfFrame = (previous: string, next: string): Join => {
  if (CUT_PATH.test(previous)) return REST_OF_PATH.test(next) ? '' : null;
  return CUT_NUMBER.test(previous) && REST_OF_NUMBER.test(next) ? '' : null;
};

export class WrapWatch {
  private readonly widths = new Int32Array(REMEMBERED);
  private next = 0;
  private widest = 0;
  /** The last line of that width. */
  private widestText = '';
  /** How many of the remembered lines are as wide as the widest, and unlike each other. */
  private asWide = 0;
  /** Widths were forgotten. */
  private onlyColumns = false;
  /** The paragraph has a line with a log's prefix. */
  private hasLog = false;
  private inParagraph = 0;

  /** Call for every line, in order, before prefixes were taken off, and whether it had any. */
  note(text: string, isLog: boolean): void {
    const { widths } = this;
    // What several ranks print alike is one line, no column that lines of all kinds reach.
    const width = text.length === this.widest && areRows(text, this.widestText) ? 0 : text.length;
    if (width >= this.widest) this.widestText = text;
    if (isLog) this.hasLog = true;
    this.inParagraph++;
    const forgotten = widths[this.next]!;
    widths[this.next] = width;
    this.next = (this.next + 1) % REMEMBERED;
    if (width > this.widest) {
      this.widest = width;
      this.asWide = 1;
    } else if (width === this.widest) this.asWide++;
    if (forgotten === this.widest && forgotten > 0 && width <= forgotten && --this.asWide === 0) this.recount();
  }

  /**
   * A blank line or a fence: what comes is another paragraph. Long lines of a paragraph without a log say nothing
   * about the width of the log behind it, nor do lines longer than any wrap leaves; from then on only a column that several lines
   * reach counts as a wrap.
   */
  paragraph(): void {
    if (this.inParagraph === 0) return;
    const prose = !this.hasLog;
    let wiped = false;
    for (let i = 0; i < REMEMBERED; i++) {
      const ago = (this.next - 1 - i + REMEMBERED) % REMEMBERED;
      if (this.widths[ago]! <= (prose && i < this.inParagraph ? WIDEST_TYPED : WIDEST)) continue;
      this.widths[ago] = 0;
      wiped = true;
    }
    this.hasLog = false;
    this.inParagraph = 0;
    if (!wiped) return;
    this.onlyColumns = true;
    this.recount();
  }

  private recount(): void {
    this.widest = this.widths.reduce((most, width) => Math.max(most, width), 0);
    this.asWide = this.widths.reduce((count, width) => count + (width === this.widest ? 1 : 0), 0);
  }

  /**
   * What joins `next` to the line before it where that one is known to be incomplete, however `next` begins; null where
   * it was not broken by the wrap, so that something else must have cut it.
   */
  jointInside(previous: string, next: string): Join {
    const { widest } = this;
    const width = previous.length;
    if (widest > WIDEST || width < NARROWEST || next.length > widest) return null;
    if (width >= widest - 1) return this.asWide < 2 ? null : width < widest ? ' ' : '';
    return this.isSoftBreak(width, next) ? ' ' : null;
  }

  /**
   * A line that was wrapped twice at different widths: its first row ended between two columns of the second wrap, in
   * the middle of a sentence, and the next one fills the column again.
   */
  jointOfRows(previous: string, next: string): Join {
    const { widest } = this;
    if (this.asWide < 2 || widest > WIDEST || next.length < widest - 1 || next.length > widest) return null;
    return BEGINS.test(next) || (ENDED.test(previous) && !opensMore(previous)) ? null : '';
  }

  /** The next word had no room in the row. */
  private isSoftBreak(width: number, next: string): boolean {
    return width >= this.widest * 0.5 && width + 1 + next.search(/\s|$/) > this.widest;
  }

  /** What joins `next` to the line before it; null when it is a line of its own. */
  joint(previous: string, next: string): Join {
    if (areRows(previous, next)) return null;
    const width = previous.length;
    if (width < NARROWEST || width > WIDEST || !next) return null;
    const { widest } = this;
    if (widest > WIDEST || next.length > widest) return null;
    // Several lines that end at the same column: that column is the wrap, whatever the next line looks like.
    const isColumn = this.asWide > 1;
    if (this.onlyColumns && !isColumn) return null;
    const ended = ENDED.test(previous) && !opensMore(previous);
    if ((isColumn && width >= widest - 1 && !ended ? ALWAYS_BEGINS : BEGINS).test(next)) return null;
    if (width >= widest - 1) {
      // A sentence that happens to be the longest line is followed by another sentence, a value by another one's name.
      if (!isColumn && ended && NEXT.test(next)) return null;
      // One column short: a blank stood there and was trimmed. A number may be cut at its thousands' comma.
      return width < widest || (/[,;]$/.test(previous) && !/^[\s\d]/.test(next)) ? ' ' : '';
    }
    return this.isSoftBreak(width, next) ? ' ' : null;
  }
}
