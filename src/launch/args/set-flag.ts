import type { Word } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import type { ArgValue } from '../types.js';
import type { TypedFlag } from './flag-words.js';
import { replaceValue, type Slot } from './slot.js';
import { valueText } from './values.js';

/** A flag as it stands in the text, with its values. */
interface WrittenFlag {
  word: Word;
  /** Words behind it; none where the value stands behind its `=`, and for a switch. */
  values: Word[];
  /** The place of its one value. */
  slot: Slot | null;
  negated: boolean;
  /** The name as typed, without dashes and members. */
  head: string;
}

/** The place of a word's text, or of a part of it. */
export const slotOf = (word: Word, text = word.text): Slot => ({
  text,
  start: word.start,
  end: word.end,
  bare: word.bare,
});

/** The place of the value behind a flag's `=`. */
export const slotBehindEquals = (word: Word, value: NonNullable<TypedFlag['value']>): Slot => {
  const equals = word.text.text.indexOf('=');
  return { ...slotOf(word, value), start: equals < 0 ? word.start : word.text.end(equals) };
};

/** Gives a flag another value where it stands: in its place, as further words, as the negated name of a switch. */
export const setFlag = (written: WrittenFlag, text: string, wanted: ArgValue): Edit[] => {
  const { word, values, slot, negated } = written;
  if (slot) return replaceValue(slot, typeof wanted === 'boolean' && negated ? !wanted : wanted);
  if (values.length > 1) return setSeveral(values, text, Array.isArray(wanted) ? wanted : [wanted]);
  if (typeof wanted === 'boolean') return wanted === negated ? rename(written) : [];
  return word.layout.insertAfter(text, word, { flag: valueText(wanted), value: null, joined: false });
};

/** Values are replaced one by one; what is too many goes, what is missing is added behind the last. */
const setSeveral = (values: Word[], text: string, items: ArgValue[]): Edit[] => {
  const replaced = values.flatMap((value, i) => (i < items.length ? replaceValue(slotOf(value), items[i]!) : []));
  const removed = values.slice(items.length).flatMap(value => value.layout.remove(text, [value]));
  const last = values.at(-1)!;
  const added = items
    .slice(values.length)
    .flatMap(item => last.layout.insertAfter(text, last, { flag: valueText(item), value: null, joined: false }));
  return [...replaced, ...removed, ...added];
};

/** `--x` becomes `--no-x`, and the other way round. */
const rename = ({ word, negated, head }: WrittenFlag): Edit[] => {
  const typed = word.text.text.replace(/^[^A-Za-z]+/, '');
  const place = word.text.place(word.text.length - typed.length, word.text.length);
  if (!place) return [];
  const name = negated ? head.replace(/^no[-_]/, '') : `${head.includes('_') ? 'no_' : 'no-'}${head}`;
  return [{ start: place.start, end: place.end, text: name }];
};
