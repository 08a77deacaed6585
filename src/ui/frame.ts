import { say } from '../common/text.js';
import { reachedStep, STEPS, stepOf } from '../session/record.js';
import { type Action, actionOf, bindingOf } from './input/keys.js';
import { BLANK, cell, type Line, line, lineWidth, padTo, paragraph, span, spread, truncate } from './lines.js';
import { screenOf } from './screens/index.js';
import { MOVES } from './screens/screen.js';
import { isSimulatedSession } from './state/selectors.js';
import type { WizardState } from './state/wizard-state.js';
import { STR, tell } from './strings.js';

/** Columns and rows of the terminal. */
export interface Size {
  columns: number;
  rows: number;
}

/** Narrower or lower than this, content is cut rather than the frame broken. */
const LEAST: Size = { columns: 20, rows: 6 };

const header = (state: WizardState, columns: number): Line[] => {
  const { lang, record } = state;
  const step = stepOf(record);
  const reached = STEPS.indexOf(reachedStep(record));
  const simulated = isSimulatedSession(state);
  const right: Line = simulated ? [span(` ${say(STR.simulated, lang)} `, 'warn')] : [];
  const names: Line = STEPS.flatMap((name, i): Line => {
    const title = say(STR.steps[name], lang);
    const joint = i === 0 ? [] : [span(' ─ ', 'dim')];
    if (name === step) return [...joint, span(`▸${title}`, 'accent')];
    return [...joint, span(title, i <= reached ? 'plain' : 'dim')];
  });
  const full: Line = [span(` ${say(STR.title, lang)}`, 'strong'), span('    '), ...names];
  if (lineWidth(full) + lineWidth(right) + 1 <= columns) return [spread(full, right, columns)];
  if (lineWidth(names) + lineWidth(right) + 2 <= columns) return [spread([span(' '), ...names], right, columns)];
  const place = tell(STR.stepOf, lang, {
    n: STEPS.indexOf(step) + 1,
    all: STEPS.length,
    name: say(STR.steps[step], lang),
  });
  return [spread([span(` ${place}`, 'accent')], right, columns)];
};

/** Keys that every screen has are shown last, and only while there is room. */
const footer = (state: WizardState, columns: number, scrollable: boolean): Line => {
  const { lang } = state;
  const screen = screenOf(state);
  const inField = screen.field?.(state) != null;
  const actions = screen.actions(state);
  const labels = screen.labels?.(state) ?? {};
  // Moves are one hint, and none where everything is seen.
  const moves = labels.down === STR.labels.scroll && !scrollable ? [] : ['down'];
  const shown = actions.filter(action => !(MOVES as readonly Action[]).includes(action) || moves.includes(action));
  const reachable = (action: Action) => bindingOf(action).keys.some(key => actionOf(key, [action], inField) !== null);
  const all: Action[] = [...shown.filter(reachable), ...(inField ? [] : (['help', 'quit'] as const))];
  const hints = all.map((action): Line => {
    const { shown: name } = bindingOf(action);
    const label = labels[action] ?? bindingOf(action).label;
    return [span(name, 'strong'), span(` ${say(label, lang)}`, 'dim')];
  });
  if (inField) hints.push([span('Ctrl+C', 'strong'), span(` ${say(bindingOf('quit').label, lang)}`, 'dim')]);
  const row: Line = [span(' ')];
  for (const hint of hints) {
    const joint = row.length > 1 ? 3 : 0;
    if (lineWidth(row) + joint + lineWidth(hint) > columns - 1) continue;
    if (joint) row.push(span(' · ', 'dim'));
    row.push(...hint);
  }
  return row;
};

const helpRows = (state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const screen = screenOf(state);
  const actions: Action[] = [...new Set<Action>([...screen.actions(state), 'help', 'language', 'quit'])];
  const labels = screen.labels?.(state) ?? {};
  const names: Record<string, string> = {
    ' ': 'Space',
    hangup: '',
    up: '↑',
    down: '↓',
    enter: 'Enter',
    escape: 'Esc',
    tab: 'Tab',
    home: 'Home',
    end: 'End',
    pageup: 'PgUp',
    pagedown: 'PgDn',
    delete: 'Del',
  };
  const pretty = (key: string) =>
    names[key] ?? key.replace(/^ctrl\+(.)$/, (_, char: string) => `Ctrl+${char.toUpperCase()}`);
  return [
    line(` ${say(STR.help.title, lang)}`, 'strong'),
    ...actions.map(action =>
      truncate(
        [
          ...cell(`   ${bindingOf(action).keys.map(pretty).filter(Boolean).join(', ')}`, 24, 'strong'),
          span(say(action === 'down' ? { en: 'down', zh: '下移' } : (labels[action] ?? bindingOf(action).label), lang)),
        ],
        columns,
      ),
    ),
    ...(stepOf(state.record) === 'diagnosis'
      ? [BLANK, ...paragraph(say(STR.help.scores, lang), columns - 1, 'plain', 1)]
      : []),
    BLANK,
    line(` ${say(STR.help.everywhere, lang)} ${say(STR.help.close, lang)}`, 'dim'),
  ];
};

/** What is being waited for, how long so far and how to stop it; else the last notice. */
const statusRows = (state: WizardState, columns: number): Line[] => {
  const { lang, busy, notice, overlay } = state;
  if (overlay === 'quit')
    return [
      ...paragraph(say(STR.quit.ask, lang), columns - 1, 'warn', 1),
      ...paragraph(say(STR.quit.stay, lang), columns - 1, 'strong', 1),
    ];
  if (busy) {
    const ms = state.now.getTime() - busy.since.getTime();
    // What is over at once is not announced.
    if (ms < 300) return [];
    const text = tell(STR.waiting, lang, { what: say(busy.what, lang), seconds: Math.floor(ms / 1000) });
    return paragraph(text, columns - 1, 'accent', 1);
  }
  if (!notice) return [];
  const sign = { good: '✓', warn: '!', bad: '✗' }[notice.tone];
  return paragraph(`${sign} ${say(notice.text, lang)}`, columns - 1, notice.tone, 1).slice(0, 4);
};

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
  const roomy = rows >= 12;
  const head: Line[] = [...header(state, columns), ...(roomy ? [line('─'.repeat(columns), 'dim')] : [])];
  const status = statusRows(state, columns);
  const foot: Line[] = [...status, footer(state, columns, false)];
  const footRow = rows - 1;
  const room = rows - head.length - foot.length;
  if (state.overlay === 'help') {
    const body = helpRows(state, columns).slice(0, room);
    return { lines: fill([...head, ...body], foot, rows, columns), scroll };
  }
  const view = screenOf(state).view(state, { columns, rows: room });
  const bodyRoom = Math.max(1, room - view.top.length - view.bottom.length);
  const top = scrolled(scroll, view.focus, bodyRoom, view.body.length);
  let body = view.body.slice(top, top + bodyRoom);
  const hidden = view.body.length - top - body.length;
  if (view.side)
    body = Array.from({ length: Math.max(body.length, view.side.rows.length) }, (_, i) => [
      ...padTo(truncate(body[i] ?? [], view.side!.at), view.side!.at),
      ...(view.side!.rows[i] ?? []),
    ]).slice(0, bodyRoom);
  const marks = [
    top > 0 ? `↑ ${tell(STR.above, lang, { n: top })}` : '',
    hidden > 0 ? `↓ ${tell(STR.more, lang, { n: hidden })}` : '',
  ].filter(Boolean);
  const filled = fill([...head, ...view.top, ...body], [...view.bottom, ...foot], rows, columns);
  // The footer's end tells that there is more; it takes no row of its own.
  if (marks.length) {
    const more = span(`${marks.join('  ')} `, 'accent');
    filled[footRow] = spread(footer(state, columns - lineWidth([more]), true), [more], columns);
  }
  return { lines: filled, scroll: top };
};

const fill = (upper: Line[], lower: Line[], rows: number, columns: number): Line[] => {
  const kept = upper.slice(0, Math.max(0, rows - lower.length));
  const gap = Math.max(0, rows - kept.length - lower.length);
  return [...kept, ...Array<Line>(gap).fill(BLANK), ...lower].slice(0, rows).map(row => truncate(row, columns));
};
