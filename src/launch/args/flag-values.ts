import { type Problem, problem } from '../problems.js';
import type { Word } from '../shell/words.js';
import { Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import { asFlag, isFlagWord } from './flag-words.js';
import type { FlagKind } from './flags.js';
import { typeValue } from './values.js';

/** Most words that belong to JSON which the shell tore apart. */
const MAX_TORN = 20;

/**
 * The words behind a flag that are its values, from the index `from` on. `takes`: how many it wants; `guess`: nobody
 * knows, then what follows and is no flag is one.
 */
export const valuesBehind = (words: Word[], from: number, takes: FlagKind['takes'] | 'guess'): Word[] => {
  const next = words[from];
  if (!next) return [];
  const follows = !isFlagWord(next);
  switch (takes) {
    case 'many': {
      let end = from;
      while (words[end] && !isFlagWord(words[end]!)) end++;
      return words.slice(from, end);
    }
    case 'one':
      // `-1` and what begins with a dash and is no flag.
      return follows || (next.text.text.startsWith('-') && asFlag(next) === null) ? [next] : [];
    case 'guess':
      return follows ? [next] : [];
    default:
      return follows && /^(?:true|false|0|1|none)$/i.test(next.text.text) ? [next] : [];
  }
};

const depthOf = (text: string): number => (text.match(/[{[]/g)?.length ?? 0) - (text.match(/[}\]]/g)?.length ?? 0);

/** Neighbouring words as one, a blank between them. */
const joinWords = (words: Word[]): Word => {
  const pieces = words.flatMap((word, i) => {
    const { text } = word;
    return i === 0 || !text.length ? [text] : [text.as(' ', 0, 1, text.context(0)), text];
  });
  return {
    ...words[0]!,
    text: Traced.join(pieces),
    end: words.at(-1)!.end,
    unresolved: words.flatMap(word => word.unresolved),
  };
};

/** JSON that a missing quote lets the shell tear apart (`{'image': 2}`), as one word, and of how many; null where it is whole. */
export const tornJson = (words: Word[], at: number): { whole: Word; count: number } | null => {
  const first = words[at]!;
  const text = first.text.text;
  if ((first.quoted && !text.startsWith('{')) || !/^[{[]/.test(text)) return null;
  let depth = depthOf(text);
  if (depth <= 0) return null;
  for (let count = 2; count <= MAX_TORN + 1; count++) {
    const word = words[at + count - 1];
    if (!word || isFlagWord(word)) return null;
    depth += depthOf(word.text.text);
    if (depth <= 0) return { whole: joinWords(words.slice(at, at + count)), count };
  }
  return null;
};

const TYPOGRAPHIC_QUOTES = /[“”„‟]/g;

interface Typed {
  value: ArgValue;
  problem: Problem | null;
}

/** The typed value of a flag's texts (at least one), which stand in `words`; with what is wrong about it. */
export const typedValue = (name: string, words: Word[], texts: Traced[], kind: FlagKind | null): Typed => {
  if (texts.length > 1) return { value: texts.map(text => typeValue(text.text, null).value), problem: null };
  const { text } = texts[0]!;
  const at = words[0]!.start;
  const result = typeValue(text, kind);
  const isOpen = words.some(word => word.unresolved.length > 0);
  if (!result.invalidJson || isOpen) return { value: result.value, problem: null };
  const straight = typeValue(text.replace(TYPOGRAPHIC_QUOTES, '"'), kind);
  return straight.invalidJson
    ? { value: text, problem: problem('invalid-json', at, { name, text }) }
    : { value: straight.value, problem: problem('typographic-quotes', at, { text }) };
};
