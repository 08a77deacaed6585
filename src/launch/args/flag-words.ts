import { type Problem, problem } from '../problems.js';
import type { Word } from '../shell/words.js';
import type { Traced } from '../text/traced.js';

/** A word that begins with dashes, as a flag. */
export interface TypedFlag {
  /** Normalised to ASCII dashes: `--max-model-len`. */
  flag: string;
  /** What stands behind its `=`. */
  value: Traced | null;
  problems: Problem[];
}

/** Dashes that word processors put in the place of `--`, alone or behind one of ASCII's. */
const ODD_DASHES = /^(?:[—–−‐‑―]{1,2}|-[—–−‐‑―])(?=[A-Za-z])/;

/** A word as a flag, with the value behind its `=`; null for any other word. */
export const asFlag = (word: Word): TypedFlag | null => {
  const text = word.text.text;
  const odd = ODD_DASHES.exec(text)?.[0];
  const dashes = (odd ?? /^--?(?=[A-Za-z])/.exec(text)?.[0])?.length;
  if (!dashes) return null;
  const name = /^[A-Za-z][\w.-]{0,200}/.exec(text.slice(dashes))?.[0];
  if (!name) return null;
  const rest = text.slice(dashes + name.length);
  if (rest !== '' && !rest.startsWith('=')) return null;
  return {
    flag: (odd ? '--' : text.slice(0, dashes)) + name,
    value: rest === '' ? null : word.text.slice(dashes + name.length + 1),
    problems: odd ? [problem('not-ascii-dash', word.start, { text })] : [],
  };
};

/** A negative number or a lone dash is a value, everything else that begins with a dash is a flag. */
export const isFlagWord = (word: Word): boolean => {
  const text = word.text.text;
  return !/^-[\d.]/.test(text) && (asFlag(word) !== null || /^--?[A-Za-z]/.test(text));
};

/** Splits a list item that holds a flag and its value(s), as vLLM would have to see it. */
export const unglue = (words: Word[], problems: Problem[]): Word[] =>
  words.flatMap(word => {
    const text = word.text.text;
    const glued = /^(--?[A-Za-z][\w.-]{0,100})[ \t]+(?=\S)/.exec(text);
    if (!glued) return [word];
    problems.push(problem('glued-list-item', word.start, { text }));
    const piece = (a: number, b: number): Word => ({ ...word, text: word.text.slice(a, b) });
    return [piece(0, glued[1]!.length), piece(glued[0].length, text.trimEnd().length)];
  });
