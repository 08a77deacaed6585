/**
 * Tells whether a line is the continuation of the one before it: a terminal, a box or a mail program broke a long line
 * at its width. A hard wrap leaves lines of exactly the same width; a soft one breaks where the next word had no room.
 */

/** Wider than any terminal that people copy from; a longer line was not broken. */
const WIDEST = 280;
const NARROWEST = 30;
const REMEMBERED = 48;

/** How lines begin that continue nothing although they bear no prefix. */
const BEGINS =
  /^(?: {2,}|\t|Traceback|File "|During handling|The above exception|(?:INFO|WARNING|ERROR|DEBUG|CRITICAL)\b|(?:[a-z_]\w{0,60}\.){0,12}[A-Z]\w{0,60}(?:Error|Exception|Interrupt|Exit)\b|(?:Loading|Capturing|Processed|Process|Exception|Adding|Warning|Killed) |\$ |>>>|[\w.-]{1,60}@[\w.-]{1,80}[:~ ]|[=*~^#-]{4,}|\+[-=]|\||\d{4}-\d\d-\d\d|#\d? )/;

export type Join = '' | ' ' | null;

export class WrapWatch {
  private readonly widths = new Int32Array(REMEMBERED);
  private next = 0;

  /** Call for every line, in order, with its width before prefixes were taken off. */
  note(width: number): void {
    this.widths[this.next] = width;
    this.next = (this.next + 1) % REMEMBERED;
  }

  /** What joins `next` to the line of width `previous` before it; null when it is a line of its own. */
  joint(previous: number, next: string): Join {
    if (previous < NARROWEST || previous > WIDEST || !next || BEGINS.test(next)) return null;
    const widest = this.widths.reduce((most, width) => Math.max(most, width), 0);
    if (widest > WIDEST || next.length > widest) return null;
    // A trailing blank may have been trimmed. A sentence that happens to be the longest line is followed by another
    // sentence; only where several lines end at the same column is that column the wrap.
    if (previous >= widest - 1)
      return !/^[A-Z([]/.test(next) || this.widths.filter(width => width === widest).length > 1 ? '' : null;
    const firstWord = next.search(/\s|$/);
    return previous >= widest * 0.6 && previous + 1 + firstWord > widest ? ' ' : null;
  }
}
