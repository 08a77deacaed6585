/**
 * How text must be written to stand at some place: inside single quotes, inside a JSON string inside a YAML scalar ...
 * Contexts nest: each one hands its result to the one around it.
 */
export interface Context {
  readonly kind: 'plain' | 'bare' | 'single' | 'double' | 'yaml' | 'string';
  encode(text: string): string;
}

/** The text itself: nothing has to be encoded. */
export const PLAIN: Context = { kind: 'plain', encode: text => text };

/** A place in the user's text and how a new value must be written there. */
interface Place {
  start: number;
  end: number;
  context: Context;
}

/**
 * Decoded text that knows, for each character, where in the user's text it was written. Unquoting, unescaping, folding
 * and the expansion of variables all keep the trace, so that a value found at the end of them can be changed at its source.
 * Offsets are UTF-16 indices of the user's text.
 */
export class Traced {
  private constructor(
    readonly text: string,
    private readonly from: readonly number[],
    private readonly to: readonly number[],
    private readonly contexts: readonly Context[],
  ) {}

  static readonly EMPTY = new Traced('', [], [], []);

  /** Text that stands in the user's text as it is, at `offset`. */
  static of(text: string, offset = 0, context: Context = PLAIN): Traced {
    const from: number[] = [];
    const to: number[] = [];
    const contexts: Context[] = [];
    for (let i = 0; i < text.length; i++) {
      from.push(offset + i);
      to.push(offset + i + 1);
      contexts.push(context);
    }
    return new Traced(text, from, to, contexts);
  }

  static join(pieces: Traced[]): Traced {
    if (pieces.length === 1) return pieces[0]!;
    const from: number[] = [];
    const to: number[] = [];
    const contexts: Context[] = [];
    let text = '';
    for (const piece of pieces) {
      text += piece.text;
      for (let i = 0; i < piece.length; i++) {
        from.push(piece.from[i]!);
        to.push(piece.to[i]!);
        contexts.push(piece.contexts[i]!);
      }
    }
    return new Traced(text, from, to, contexts);
  }

  get length(): number {
    return this.text.length;
  }

  slice(a: number, b = this.length): Traced {
    return new Traced(this.text.slice(a, b), this.from.slice(a, b), this.to.slice(a, b), this.contexts.slice(a, b));
  }

  /** Where character `i` begins in the user's text; at the end: where the last one ended. */
  start(i: number): number {
    return i < this.length ? this.from[i]! : this.length ? this.to[this.length - 1]! : 0;
  }

  /** Where character `i` ends in the user's text. */
  end(i: number): number {
    return this.to[i] ?? this.start(i);
  }

  context(i: number): Context {
    return this.contexts[Math.min(i, this.length - 1)] ?? PLAIN;
  }

  /** Characters a..b-1 are how `text` is written there: an escape, a doubled quote, a sum. */
  as(text: string, a: number, b: number, context: Context): Traced {
    const end = this.end(b - 1);
    const rest = new Array<number>(Math.max(0, text.length - 1)).fill(end);
    return new Traced(text, [this.start(a), ...rest], [end, ...rest], new Array<Context>(text.length).fill(context));
  }

  /** Other characters at the same places; `text` must be as long. */
  withText(text: string): Traced {
    return new Traced(text.slice(0, this.length).padEnd(this.length), this.from, this.to, this.contexts);
  }

  /** The same characters in another context (they have just been found to stand in quotes, say). */
  within(context: Context): Traced {
    return new Traced(this.text, this.from, this.to, new Array<Context>(this.length).fill(context));
  }

  /** The one place where all of this was written; null when it is empty or put together from several. */
  place(a = 0, b = this.length): Place | null {
    if (b <= a) return null;
    const context = this.contexts[a]!;
    for (let i = a + 1; i < b; i++) if (this.from[i] !== this.to[i - 1] || this.contexts[i] !== context) return null;
    return { start: this.from[a]!, end: this.to[b - 1]!, context };
  }
}
