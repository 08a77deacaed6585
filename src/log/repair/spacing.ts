const REMEMBERED = 12;

/** Whether a text is double-spaced: every line of late was followed by one blank line. */
export class Spacing {
  /** Blank lines behind each of the last lines, the last one's at the end. */
  private readonly behind: number[] = [];

  row(): void {
    this.behind.push(0);
    if (this.behind.length > REMEMBERED) this.behind.shift();
  }

  blank(): void {
    if (this.behind.length > 0) this.behind[this.behind.length - 1]!++;
  }

  /** At least two lines, and of the finished ones nearly all are followed by a blank line. */
  isDouble(): boolean {
    const finished = this.behind.at(-1) === 0 ? this.behind.slice(0, -1) : this.behind;
    return finished.length >= 2 && finished.filter(blanks => blanks === 1).length >= 0.9 * finished.length;
  }
}
