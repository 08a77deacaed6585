/** Replaces the user's text from `start` to `end`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** The text with the edits made. Edits that overlap an earlier one are left out: the first claim to a place holds. */
export const applyEdits = (text: string, edits: Edit[]): string => {
  const sorted = edits
    .map((edit, order) => ({ ...edit, order }))
    .sort((a, b) => a.start - b.start || a.order - b.order);
  let out = '';
  let at = 0;
  for (const edit of sorted) {
    if (edit.start < at) continue;
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
};

/** Start of the line that holds `offset`. */
export const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** End of the line that holds `offset`, before its line break (`\r` belongs to the break). */
export const lineEnd = (text: string, offset: number): number => {
  const at = text.indexOf('\n', offset);
  const end = at < 0 ? text.length : at;
  return end > offset && text[end - 1] === '\r' ? end - 1 : end;
};

/** Start of the next line: the offset after the line break, or the end of the text. */
export const nextLine = (text: string, offset: number): number => {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at + 1;
};

/** Blanks at the beginning of the line that holds `offset`. */
export const indentAt = (text: string, offset: number): string => {
  const start = lineStart(text, offset);
  let end = start;
  while (text[end] === ' ' || text[end] === '\t') end++;
  return text.slice(start, end);
};

/** The line break that the text uses. */
export const newlineOf = (text: string): string => (/\r\n/.test(text) ? '\r\n' : '\n');

/** 1-based line and column of an offset. */
export const positionOf = (text: string, offset: number): { line: number; column: number } => {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    start = at + 1;
  }
  return { line, column: Math.max(0, offset - start) + 1 };
};

/** What stands between two neighbours of a list (`, ` or `,`), for one more of them; `, ` where they say nothing. */
export const separatorBetween = (
  text: string,
  previous: { end: number } | undefined,
  next: { start: number } | undefined,
): string => {
  const between =
    previous && next && next.start > previous.end && next.start - previous.end < 20
      ? text.slice(previous.end, next.start)
      : '';
  return /^,[ \t]*$/.test(between) ? between : ', ';
};
