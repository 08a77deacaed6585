import type { LogRecord } from './record.js';

const BEFORE = 4;
const AFTER = 3;
const TAIL = 40;
const MOST = 240;
const WIDEST = 1200;

interface Excerpt {
  line: number;
  text: string;
}

/** Keeps the repaired lines around what matters, and the end of the log. Bounded whatever the size of the text. */
export class ExcerptKeeper {
  private readonly kept: Excerpt[] = [];
  private recent: Excerpt[] = [];
  private after = 0;

  read(record: LogRecord, matters: boolean): void {
    const excerpt = {
      line: record.line,
      text: record.text.length > WIDEST ? `${record.text.slice(0, WIDEST)}…` : record.text,
    };
    this.recent.push(excerpt);
    if (this.recent.length > TAIL * 2) this.recent = this.recent.slice(-TAIL);
    if (matters) {
      for (const earlier of this.recent.slice(-BEFORE - 1)) this.keep(earlier);
      this.after = AFTER;
    } else if (this.after > 0) {
      this.after--;
      this.keep(excerpt);
    }
  }

  end(): Excerpt[] {
    const all = [...this.kept, ...this.recent.slice(-TAIL).filter(excerpt => !this.kept.includes(excerpt))];
    return all.sort((a, b) => a.line - b.line);
  }

  private keep(excerpt: Excerpt): void {
    if (this.kept.includes(excerpt)) return;
    this.kept.push(excerpt);
    // The first failure explains more than the hundredth: old excerpts go from the middle.
    if (this.kept.length > MOST) this.kept.splice(MOST / 2, 1);
  }
}
