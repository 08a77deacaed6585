import type { Context } from '../text/traced.js';
import type { Cursor } from './cursor.js';
import type { Part } from './syntax.js';

/** Collects the parts of a word: text as it stands, and in between what is read in another way. */
export class Parts {
  readonly list: Part[] = [];
  private from: number;

  /** `context`: how text is written where it stands as it is; null: as around it. */
  constructor(
    private readonly cursor: Cursor,
    private readonly context: Context | null,
  ) {
    this.from = cursor.pos;
  }

  /** Adds what `read` gives, behind the text before it. False when it gives null; the cursor must then not have moved. */
  add(read: () => Part[] | null): boolean {
    const at = this.cursor.pos;
    const parts = read();
    if (!parts) return false;
    this.endText(at);
    this.list.push(...parts);
    this.from = this.cursor.pos;
    return true;
  }

  /** Leaves so many characters out. */
  skip(length: number): void {
    this.endText(this.cursor.pos);
    this.cursor.pos += length;
    this.from = this.cursor.pos;
  }

  /** All parts up to the cursor. */
  end(): Part[] {
    this.endText(this.cursor.pos);
    return this.list;
  }

  private endText(at: number): void {
    if (at <= this.from) return;
    const text = this.cursor.source.slice(this.from, at);
    this.list.push({ text: this.context ? text.within(this.context) : text });
    this.from = at;
  }
}
