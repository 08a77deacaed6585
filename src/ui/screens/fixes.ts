import { type Lang, say } from '../../common/text.js';
import type { ProposedFix } from '../../plan/types.js';
import { BLANK, beside, type Line, line, span, spread, type Tone, truncate } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { colon, STR, tell } from '../strings.js';
import { changeText } from '../widgets/change.js';
import { pointer, toneOf } from '../widgets/choices.js';
import { paragraph, wrap } from '../wrapping.js';
import { effectRows, isFailure, savingText, wholeEffectRows } from './fixes-effect.js';
import { EMPTY_VIEW, fromRow, leftOf, MOVES, moved, readOn, type Screen } from './screen.js';

/** On a narrower screen the titles need the room of what a fix saves. In columns. */
const ROOM_FOR_SAVINGS = 70;

/** Whether it would be enough alone; nothing where that cannot be told. */
const enough = (fix: ProposedFix, lang: Lang): { text: string; tone: Tone } => {
  if (fix.sufficient === null) return { text: '', tone: 'dim' };
  if (!fix.sufficient) return { text: say(STR.fixes.notEnough, lang), tone: 'warn' };
  return { text: say(STR.fixes.enoughAlone, lang), tone: 'good' };
};

/** How it is known that a fix is enough. */
const proof = (fix: ProposedFix, lang: Lang): string =>
  fix.sufficient && fix.clearedBy
    ? say({ log: STR.fixes.byLog, prediction: STR.fixes.byPrediction, retest: STR.fixes.byRetest }[fix.clearedBy], lang)
    : '';

/** Everything about the fix in focus. */
const detail = (fix: ProposedFix, state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const rows: Line[] = [];
  const put = (text: string, tone: Tone = 'plain') => {
    if (text) rows.push(...paragraph(text, columns, tone, 7));
  };
  put(say(fix.why, lang));
  put(fix.changes.map(change => changeText(change, lang)).join(', '), 'strong');
  const { text, tone } = enough(fix, lang);
  const facts = [
    fix.savesGiB ? tell(STR.fixes.saves, lang, { gib: savingText(fix.savesGiB) }) : '',
    isFailure(state) ? [text || say(STR.fixes.maybe, lang), proof(fix, lang)].filter(Boolean).join(' · ') : '',
    fix.assumed ? say(STR.fixes.assumed, lang) : '',
    fix.validFor ? tell(STR.fixes.checkedFor, lang, { version: fix.validFor }) : '',
  ].filter(Boolean);
  put(facts.join(' · '), isFailure(state) && tone === 'good' ? 'good' : 'dim');
  if (say(fix.costs, lang)) put(`${say(STR.fixes.costs, lang)}${colon(lang)}${say(fix.costs, lang)}`);
  const { helped = null, vain = null, worse = null } = fix.threads ?? {};
  if (helped !== null) put(tell(STR.fixes.threads, lang, { helped, vain: (vain ?? 0) + (worse ?? 0) }), 'dim');
  fix.steps.forEach((step, i) => {
    put(`${i + 1}. ${say(step, lang)}`);
  });
  if (fix.check) put(`${say(STR.fixes.check, lang)}${colon(lang)}${say(fix.check, lang)}`, 'dim');
  return rows;
};

/** A row for each fix; below the one in focus (below each, where all is said aloud) everything about it. */
const fixRows = (
  state: WizardState,
  at: number,
  columns: number,
  showsSavings: boolean,
): { rows: Line[]; focus: [number, number] | null } => {
  const { answer, lang, preview, spoken } = state;
  const selected = new Set(preview?.fixes.map(fix => fix.id));
  const rows: Line[] = [];
  let focus: [number, number] | null = null;
  answer?.fixes.forEach((fix, i) => {
    const here = i === at;
    const from = rows.length;
    const { text, tone } = isFailure(state) ? enough(fix, lang) : { text: '', tone: 'dim' as const };
    const saves = fix.savesGiB ? `${savingText(fix.savesGiB)} GiB${text ? ' · ' : ''}` : '';
    const isSelected = selected.has(fix.id);
    rows.push(
      spread(
        [
          pointer(here),
          span(isSelected ? '[x] ' : '[ ] ', isSelected ? 'good' : 'plain'),
          span(say(fix.title, lang), toneOf(here)),
        ],
        [span(showsSavings ? saves : '', 'dim'), span(text, tone)],
        columns,
      ),
    );
    if (here || spoken) rows.push(...detail(fix, state, columns - 1));
    if (here) focus = [from, rows.length - 1];
  });
  return { rows, focus };
};

/** Tips that people will meet elsewhere, each with the reason why it does not help here. */
const notHelpfulRows = ({ answer, lang }: WizardState, columns: number): Line[] => {
  if (!answer?.notHelpful.length) return [];
  return [
    BLANK,
    line(` ${say(STR.fixes.notHelpful, lang)}`, 'strong'),
    ...answer.notHelpful.flatMap(tip => {
      const title = `   ${tip.title ? say(tip.title, lang) : tip.id}${colon(lang)}`;
      return wrap([span(title, 'dim'), span(say(tip.why, lang))], columns - 1, 5);
    }),
  ];
};

/** The fixes to choose from, and what becomes of memory and command with the chosen ones. */
export const fixesScreen: Screen = {
  view(state, { columns, rows }) {
    const { answer, lang, screens } = state;
    if (!answer) return EMPTY_VIEW;
    const left = leftOf(columns);
    const last = answer.fixes.length - 1;
    const at = Math.min(screens.fixes.focus, Math.max(0, last));
    const fixes = fixRows(state, at, left ?? columns, columns >= ROOM_FOR_SAVINGS);
    const body = [
      ...fixes.rows,
      ...(last < 0 ? [line(` ${say(STR.fixes.none, lang)}`)] : []),
      ...notHelpfulRows(state, left ?? columns),
    ];
    // Behind the last fix nothing else can be walked to: what follows it is shown with it.
    const focus: [number, number] | null = fixes.focus && at === last ? [fixes.focus[0], body.length - 1] : fixes.focus;
    if (left !== null) {
      const effect = effectRows(state, columns - left - 4, rows);
      return { top: [], body: beside(body, [], left), focus, bottom: [], side: { rows: effect, at: left + 3 } };
    }
    const room = Math.max(4, Math.floor(rows * 0.42));
    const effect = effectRows(state, columns - 2, room).map((row): Line => truncate([span(' '), ...row], columns));
    return { top: [], body, focus, bottom: [line(state.spoken ? '' : '─'.repeat(columns), 'dim'), ...effect] };
  },

  actions: () => ['next', 'toggle', ...MOVES, 'command', 'advised', 'back'],

  labels: () => ({ next: STR.labels.retest }),

  act(action, wizard) {
    const { answer, screens } = wizard.get();
    if (!answer) return;
    const { focus } = screens.fixes;
    const to = moved(action, focus, Math.max(1, answer.fixes.length), 5);
    if (to !== null) wizard.setScreen('fixes', { focus: to });
    else if (action === 'toggle') {
      const fix = answer.fixes[Math.min(focus, answer.fixes.length - 1)];
      if (fix) wizard.toggleFix(fix.id);
    } else if (action === 'advised') wizard.selectAdvised();
    else if (action === 'command') wizard.setScreen('fixes', { wholeCommand: 0 });
    else if (action === 'next') wizard.forward();
    else if (action === 'back') wizard.back();
  },
};

/** The same fixes with the whole command, however long. */
export const wholeCommandScreen: Screen = {
  view: (state, area) => ({
    ...EMPTY_VIEW,
    body: wholeEffectRows(state, area.columns - 1),
    focus: fromRow(state.screens.fixes.wholeCommand ?? 0, area),
  }),

  actions: () => ['back', 'command', 'next', ...MOVES],

  labels: () => ({ next: STR.labels.retest }),

  act(action, wizard) {
    const top = readOn(action, wizard.get().screens.fixes.wholeCommand ?? 0, wholeCommandScreen, wizard);
    if (top !== null) wizard.setScreen('fixes', { wholeCommand: top });
    else wizard.setScreen('fixes', { wholeCommand: null });
    if (action === 'next') wizard.forward();
  },
};
