import type { Edit } from './edits.js';

/** What a layout has to know of a word. */
export interface Placed {
  start: number;
  end: number;
}

/** How the words of a command stand in the text: on lines, in a list ... and so how one is added or taken away. */
export interface Layout {
  /** It stands in an `if` or a loop: a new flag belongs elsewhere. */
  readonly conditional: boolean;
  /** Adds a flag after the word `last`. `joined`: `--flag=value` as one word. */
  insertAfter(text: string, last: Placed, flag: NewFlag): Edit[];
  remove(text: string, words: Placed[]): Edit[];
}

/** A flag to be written, before quoting. */
export interface NewFlag {
  flag: string;
  value: string | null;
  joined: boolean;
}
