import stringWidth from 'string-width';
import { stripControls } from '../common/sanitize.js';

/** What a piece of text means; the theme decides how it looks. */
export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'bad' | 'warn' | 'accent' | 'mark' | 'cursor';

/** A piece of text in one tone. */
export interface Span {
  text: string;
  tone: Tone;
}

/** One row of the screen. Screens are lists of rows, so nothing is ever taller or wider than it was measured. */
export type Line = Span[];

/** A span of text from anywhere: control sequences removed, tabs and line breaks made blanks. */
export const span = (text: string, tone: Tone = 'plain'): Span => ({
  text: stripControls(text).replace(/[\t\r\n]/g, ' '),
  tone,
});

/** A row of one text. */
export const line = (text: string, tone: Tone = 'plain'): Line => [span(text, tone)];
/** An empty row. */
export const BLANK: Line = [];

/** Columns that a text takes on the screen. */
export const widthOf = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text));
/** Columns that a row takes on the screen. */
export const lineWidth = (row: Line): number => row.reduce((sum, { text }) => sum + widthOf(text), 0);

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The longest beginning of `text` that fits in `columns`. */
const fitting = (text: string, columns: number): string => {
  if (/^[\x20-\x7e]*$/.test(text)) return text.slice(0, columns);
  let fits = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > columns) break;
    fits += segment;
  }
  return fits;
};

/** The row cut to `columns`, with `…` where something is missing. */
export const truncate = (row: Line, columns: number): Line => {
  if (lineWidth(row) <= columns) return row;
  const cut: Line = [];
  let left = Math.max(0, columns - 1);
  for (const piece of row) {
    const fits = fitting(piece.text, left);
    cut.push({ ...piece, text: fits });
    left -= widthOf(fits);
    if (fits !== piece.text) break;
  }
  return columns > 0 ? [...cut, { text: '…', tone: 'dim' }] : [];
};

/** The row filled with blanks to `columns`. */
export const padTo = (row: Line, columns: number): Line => {
  const missing = columns - lineWidth(row);
  return missing > 0 ? [...row, { text: ' '.repeat(missing), tone: 'plain' }] : row;
};

/** A text cut or filled to exactly `columns`. */
export const cell = (text: string, columns: number, tone: Tone = 'plain'): Line =>
  padTo(truncate([span(text, tone)], columns), columns);

/** Punctuation that must not stand at the beginning of a row. */
const CLOSING = /^[，。、；：！？）】」』》”’…,.;:!?)\]]/u;
const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u;

/** Pieces between which a row may break: words, blanks, and each wide character with the punctuation behind it. */
const pieces = (text: string): string[] => {
  const result: string[] = [];
  let word = '';
  const flush = () => {
    if (word) result.push(word);
    word = '';
  };
  for (const char of text) {
    if (char === ' ') {
      flush();
      result.push(' ');
    } else if (WIDE.test(char)) {
      if (CLOSING.test(char)) {
        if (word) word += char;
        else if (result.length && result.at(-1) !== ' ') result[result.length - 1] += char;
        else word = char;
        flush();
      } else {
        flush();
        result.push(char);
      }
    } else if (CLOSING.test(char) && !word && result.length && WIDE.test(result.at(-1)!)) {
      result[result.length - 1] += char;
    } else word += char;
  }
  flush();
  return result;
};

/** What must stay on one row: a word or a blank, in as many tones as its letters have. */
type Piece = Span[];

/** The pieces of a row; a word that goes over from one span to the next stays one piece. */
const piecesOf = (row: Line): Piece[] => {
  const result: Piece[] = [];
  let joins = false;
  for (const { text, tone } of row) {
    pieces(text).forEach((piece, i) => {
      const last = result.at(-1);
      if (i === 0 && joins && last && piece !== ' ' && !WIDE.test(piece)) last.push({ text: piece, tone });
      else result.push([{ text: piece, tone }]);
    });
    if (text !== '') joins = !text.endsWith(' ') && !WIDE.test(text.at(-1)!);
  }
  return result;
};

/** Rows of at most `columns`, broken between words; further rows begin with `indent` blanks. Nothing is lost. */
export const wrap = (row: Line, columns: number, indent = 0): Line[] => {
  const width = Math.max(1, columns);
  const hanging = Math.min(indent, width >> 1);
  const rows: Line[] = [];
  let current: Line = [];
  let used = 0;
  const put = (text: string, tone: Tone) => {
    const last = current.at(-1);
    if (last && last.tone === tone) current[current.length - 1] = { tone, text: last.text + text };
    else current.push({ text, tone });
    used += widthOf(text);
  };
  const next = () => {
    rows.push(current);
    current = hanging ? [{ text: ' '.repeat(hanging), tone: 'plain' }] : [];
    used = hanging;
  };
  for (const piece of piecesOf(row)) {
    const whole = lineWidth(piece);
    if (piece.length === 1 && piece[0]!.text === ' ') {
      if (used < width && (used > hanging || rows.length === 0)) put(' ', piece[0]!.tone);
      continue;
    }
    if (used + whole > width && used > hanging && whole <= width - hanging) next();
    for (const { text, tone } of piece) {
      let rest = text;
      while (rest !== '') {
        if (used >= width) next();
        const fits = fitting(rest, width - used) || [...rest][0]!;
        if (used + widthOf(fits) > width && used > hanging) {
          next();
          continue;
        }
        put(fits, tone);
        rest = rest.slice(fits.length);
      }
    }
  }
  rows.push(current);
  return rows;
};

/** Rows filled with whole items, `gap` blanks between them. */
export const packed = (items: Line[], columns: number, gap = 3): Line[] => {
  const rows: Line[] = [];
  for (const item of items) {
    const last = rows.at(-1);
    if (last && lineWidth(last) + gap + lineWidth(item) <= columns)
      last.push({ text: ' '.repeat(gap), tone: 'plain' }, ...item);
    else rows.push([...truncate(item, columns)]);
  }
  return rows;
};

/** `wrap` for a plain text. */
export const paragraph = (text: string, columns: number, tone: Tone = 'plain', indent = 0): Line[] =>
  text === '' ? [] : wrap([span(' '.repeat(indent)), span(text, tone)], columns, indent);

/** Two blocks side by side. */
export const beside = (left: Line[], right: Line[], leftColumns: number, gap = 3): Line[] =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [
    ...padTo(truncate(left[i] ?? [], leftColumns), leftColumns + gap),
    ...(right[i] ?? []),
  ]);

/** A row with one text at each end. */
export const spread = (left: Line, right: Line, columns: number): Line => {
  const room = columns - lineWidth(right) - 1;
  return room < 8 ? truncate(left, columns) : [...padTo(truncate(left, room), room + 1), ...right];
};

/** The row without its tones: what is said aloud, and what tests read. */
export const textOf = (row: Line): string => row.map(({ text }) => text).join('');
