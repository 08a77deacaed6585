import { replaceText } from '../args/slot.js';
import type { EnvSetting } from '../reading.js';
import { type Edit, lineEnd, lineStart, nextLine } from '../text/edits.js';
import type { Traced } from '../text/traced.js';
import type { RawWord, Statement } from './syntax.js';

/** The first and the last word of a statement that has words. */
export const endsOf = ({ words }: Statement): { first: RawWord; last: RawWord } => ({
  first: words[0]!,
  last: words.at(-1)!,
});

/** `NAME=value` as one word, as a setting: another value is put in the place of its own. */
export const wordSetting = (
  name: string,
  value: Traced,
  word: RawWord,
  remove: (text: string) => Edit[],
): EnvSetting => {
  const place = { start: word.start + name.length + 1, end: word.end };
  return {
    name,
    value: value.text,
    at: word.start,
    set: (_text, wanted) =>
      value.length
        ? replaceText({ ...place, text: value, bare: word.bare }, wanted)
        : [{ ...place, text: word.bare.encode(wanted) }],
    remove,
  };
};

/** Takes a statement away; one that is alone on its line goes with the line. */
export const removeStatement = (text: string, statement: Statement): Edit[] => {
  const { first, last } = endsOf(statement);
  const from = lineStart(text, first.start);
  const rest = text.slice(last.end, lineEnd(text, last.end));
  return text.slice(from, first.start).trim() === '' && rest.trim() === ''
    ? [{ start: from, end: nextLine(text, last.end), text: '' }]
    : [{ start: first.start, end: last.end + /^[ \t]*(?:;|&&)?[ \t]*/.exec(rest)![0].length, text: '' }];
};

/** Takes a word away with what separates it from the next one, also the line's continuation. */
export const removeWord = (text: string, { start, end }: { start: number; end: number }): Edit[] => {
  const rest = text.slice(end, end + 400);
  return [{ start, end: end + /^[ \t]*(?:\\\r?\n)?[ \t]*/.exec(rest)![0].length, text: '' }];
};
