import { type Line, span } from '../lines.js';

/** The words that decide: sizes with their unit, counts with theirs, and the names of errors and flags. */
const DECISIVE =
  /\d[\d,]{0,15}(?:\.\d{1,6})?\s?(?:GiB|MiB|KiB|GB|MB|bytes|tokens|dummy requests|seqs|%)|\b[A-Z][A-Za-z]{2,40}Error\b|out of memory|Killed|SIGKILL|exit code:? -?\d{1,3}|--[a-z][a-z-]{2,40}/gi;

/** A line of a log with its decisive words marked: by style, or by brackets where there are no styles. */
export const marked = (text: string, plain: boolean): Line => {
  const row: Line = [];
  let at = 0;
  for (const match of text.matchAll(DECISIVE)) {
    if (match.index > at) row.push(span(text.slice(at, match.index)));
    // A number stays on one row with its unit.
    const words = match[0].replace(/(\d)\s(?=[a-z%])/i, '$1\u00A0');
    row.push(span(plain ? `»${words}«` : words, 'mark'));
    at = match.index + match[0].length;
  }
  if (at < text.length) row.push(span(text.slice(at)));
  return row;
};
