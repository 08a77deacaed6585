import { fitting, type Line, lineWidth, type Span, span, type Tone, widthOf } from './lines.js';

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

/** `wrap` for a plain text. */
export const paragraph = (text: string, columns: number, tone: Tone = 'plain', indent = 0): Line[] =>
  text === '' ? [] : wrap([span(' '.repeat(indent)), span(text, tone)], columns, indent);
