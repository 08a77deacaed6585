import { type Line, span, widthOf } from '../lines.js';

/** The words that decide: sizes with their unit, counts with theirs, and the names of errors and flags. */
const DECISIVE =
  /\d[\d,]{0,15}(?:\.\d{1,6})?\s?(?:GiB|MiB|KiB|GB|MB|bytes|tokens|dummy requests|seqs|%)|\b[A-Z][A-Za-z]{2,40}Error\b|out of memory|Killed|SIGKILL|exit code:? -?\d{1,3}|--[a-z][a-z-]{2,40}/gi;

/** A line of a log with its decisive words marked by style. Its words stay as they are. */
export const marked = (text: string): Line => {
  const row: Line = [];
  let at = 0;
  for (const match of text.matchAll(DECISIVE)) {
    if (match.index > at) row.push(span(text.slice(at, match.index)));
    // A number stays on one row with its unit.
    row.push(span(match[0].replace(/(\d)\s(?=[a-z%])/i, '$1\u00A0'), 'mark'));
    at = match.index + match[0].length;
  }
  if (at < text.length) row.push(span(text.slice(at)));
  return row;
};

/** Where there are no styles: below each row that has marked words a row that points at them, as compilers do. */
export const withCarets = (rows: Line[]): Line[] =>
  rows.flatMap(row => {
    if (!row.some(({ tone }) => tone === 'mark')) return [row];
    const carets = row.map(({ text, tone }) => (tone === 'mark' ? '^' : ' ').repeat(widthOf(text))).join('');
    return [row, [span(carets.trimEnd(), 'mark')]];
  });
