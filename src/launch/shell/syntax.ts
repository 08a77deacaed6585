import type { Context, Traced } from '../text/traced.js';

/** A variable (or command substitution) as it stands in a word. */
export interface Reference {
  /** Bare name; the source text for what has none (`$(nproc)`). */
  name: string;
  /** `:-`, `:+`, ... between name and operand; `command` for a substitution; empty for a plain `$X`. */
  operator: string;
  /** Operand of `${X:-operand}`. */
  operand: Part[] | null;
  /** `${ARGS[@]}`, `$@`: every element a word of its own. */
  all: boolean;
  quoted: boolean;
  /** As written. */
  text: Traced;
}

/** A piece of a word: text with its quotes and escapes undone, or a variable. */
export type Part = { text: Traced; ref?: undefined } | { ref: Reference; text?: undefined };

/** A word before its variables are expanded. */
export interface RawWord {
  parts: Part[];
  /** Extent in the user's text, quotes included. */
  start: number;
  end: number;
  /** Extent in the text that was lexed. */
  a: number;
  b: number;
  /** How a new word is written beside it. */
  bare: Context;
  /** `NAME=( ... )`: the elements. */
  elements?: RawWord[];
  quoted: boolean;
}

/** A command with its arguments, an assignment, a line of control flow. */
export interface Statement {
  words: RawWord[];
  /** How many ifs, loops and functions it stands in. */
  depth: number;
  /** Text of the here-documents that it is given. */
  heredocs: Traced[];
}
