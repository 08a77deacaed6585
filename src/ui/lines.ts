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
export const fitting = (text: string, columns: number): string => {
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
