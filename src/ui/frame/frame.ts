import { BLANK, beside, type Line, line, lineWidth, span, spread, truncate } from '../lines.js';
import { screenOf } from '../screens/index.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { footerRow } from './footer.js';
import { headerRow } from './header.js';
import { helpRows } from './help.js';
import { statusRows } from './status.js';

/** Columns and rows of the terminal. */
export interface Size {
  columns: number;
  rows: number;
}

/** Narrower or lower than this, content is cut rather than the frame broken. */
const LEAST: Size = { columns: 20, rows: 6 };

/** A lower screen has no row for the rule below the header. */
const ROOM_FOR_RULE = 12;

/** Where the body is scrolled to: as little as shows the rows in focus. */
const scrolled = (before: number, focus: [number, number] | null, room: number, length: number): number => {
  const most = Math.max(0, length - room);
  if (!focus) return Math.min(before, most);
  const [from, to] = focus;
  let top = before;
  if (to >= top + room) top = to - room + 1;
  if (from < top) top = from;
  return Math.max(0, Math.min(top, most));
};

/** The whole screen as rows: exactly `rows` of them, none wider than `columns`. `scroll` is kept by the caller. */
export const frame = (
  state: WizardState,
  { columns: askedColumns, rows: askedRows }: Size,
  scroll: number,
): { lines: Line[]; scroll: number } => {
  const columns = Math.max(LEAST.columns, askedColumns);
  const rows = Math.max(LEAST.rows, askedRows);
  const { lang } = state;
  const rule = rows >= ROOM_FOR_RULE ? [line('─'.repeat(columns), 'dim')] : [];
  const head: Line[] = [headerRow(state, columns), ...rule];
  const status = statusRows(state, columns);
  const foot: Line[] = [...status, footerRow(state, columns, false)];
  const room = rows - head.length - foot.length;
  if (state.overlay === 'help') {
    const body = helpRows(state, columns).slice(0, room);
    return { lines: fill([...head, ...body], foot, rows, columns), scroll };
  }
  const view = screenOf(state).view(state, { columns, rows: room });
  const bodyRoom = Math.max(1, room - view.top.length - view.bottom.length);
  const top = scrolled(scroll, view.focus, bodyRoom, view.body.length);
  const seen = view.body.slice(top, top + bodyRoom);
  const body = view.side ? beside(seen, view.side.rows, view.side.at, 0).slice(0, bodyRoom) : seen;
  const hidden = view.body.length - top - seen.length;
  const marks = [
    top > 0 ? `↑ ${tell(STR.above, lang, { n: top })}` : '',
    hidden > 0 ? `↓ ${tell(STR.more, lang, { n: hidden })}` : '',
  ].filter(Boolean);
  const filled = fill([...head, ...view.top, ...body], [...view.bottom, ...foot], rows, columns);
  // The footer's end tells that there is more; it takes no row of its own.
  if (marks.length) {
    const more = span(`${marks.join('  ')} `, 'accent');
    filled[rows - 1] = spread(footerRow(state, columns - lineWidth([more]), true), [more], columns);
  }
  return { lines: filled, scroll: top };
};

/** Both parts at their ends of the screen, cut or with empty rows between them. */
const fill = (upper: Line[], lower: Line[], rows: number, columns: number): Line[] => {
  const kept = upper.slice(0, Math.max(0, rows - lower.length));
  const gap = Math.max(0, rows - kept.length - lower.length);
  return [...kept, ...Array<Line>(gap).fill(BLANK), ...lower].slice(0, rows).map(row => truncate(row, columns));
};
