import type { TextField } from '../input/text-field.js';
import { type Line, line, padTo, span, truncate, widthOf } from '../lines.js';

/** A field as one row of at most `columns`: the part around the cursor, the cursor as an inverted cell. */
export const fieldRow = (field: TextField, columns: number, placeholder = ''): Line => {
  if (field.text === '') return truncate([span(' ', 'cursor'), span(placeholder, 'dim')], columns);
  const chars = [...field.text];
  // Narrow enough for a row of wide characters too.
  const room = Math.max(4, columns - 2);
  let from = 0;
  while (widthOf(chars.slice(from, field.cursor + 1).join('')) > room && from < field.cursor) from++;
  const before = chars.slice(from, field.cursor).join('');
  const at = chars[field.cursor] ?? ' ';
  const after = chars.slice(field.cursor + 1).join('');
  return truncate([span(from > 0 ? '…' : ''), span(before), span(at, 'cursor'), span(after)], columns);
};

/** The same in a frame: three rows. */
export const fieldBox = (field: TextField, columns: number, placeholder: string): Line[] => {
  const width = Math.max(4, columns - 4);
  const row = truncate(fieldRow(field, columns - 4, placeholder), width);
  return [
    line(`╭${'─'.repeat(width + 2)}╮`, 'accent'),
    [span('│ ', 'accent'), ...padTo(row, width), span(' │', 'accent')],
    line(`╰${'─'.repeat(width + 2)}╯`, 'accent'),
  ];
};
