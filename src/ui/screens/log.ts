import { maskSecrets } from '../../common/mask.js';
import { type Lang, say, type Text } from '../../common/text.js';
import { MIB, thousands } from '../../common/units.js';
import { phaseName } from '../../log/phase-words.js';
import { type AskedQuestion, currentRound, QUESTIONS } from '../../session/record.js';
import type { Answer } from '../../session/types.js';
import { type Action, bindingOf } from '../input/keys.js';
import { emptyField } from '../input/text-field.js';
import { BLANK, cell, type Line, line, span, spread, truncate } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { choiceRows } from '../widgets/choices.js';
import { fieldBox } from '../widgets/field.js';
import { marked } from '../widgets/marked.js';
import { paragraph } from '../wrapping.js';
import { litRows, objection } from './log-says.js';
import { WAYS } from './log-ways.js';
import { moved, type Screen } from './screen.js';

/** `900 B`, `12 KiB`, `3.4 MiB` */
const size = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < MIB ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / MIB).toFixed(1)} MiB`;
};

const questionText: Record<AskedQuestion, Text> = {
  'why-so-much': STR.log.whySoMuch,
  'will-it-fit': STR.log.willItFit,
  'save-memory': STR.log.saveMemory,
};

const keyRow = (action: Action, lang: Lang, label?: Text): Line => [
  ...cell(`  ${bindingOf(action).shown}`, 12, 'strong'),
  span(say(label ?? bindingOf(action).label, lang)),
];

const hasText = (state: WizardState) => currentRound(state.record) !== null;
const fieldOpen = (state: WizardState) =>
  state.busy === null && state.screens.log.menu === null && (!hasText(state) || state.screens.log.adding);

/** The list that is open: the questions, or the logs that were found on this machine. */
const list = (state: WizardState): { title: Text; rows: Text[]; focus: number } | null => {
  const { menu, found } = state.screens.log;
  if (menu !== null)
    return { title: STR.log.nothingCrashed, rows: QUESTIONS.map(question => questionText[question]), focus: menu };
  if (!found || found.logs.length === 0) return null;
  return { title: STR.log.found, rows: found.logs.map(({ shown }) => ({ en: shown, zh: shown })), focus: found.focus };
};

const listRows = ({ title, rows, focus }: NonNullable<ReturnType<typeof list>>, lang: Lang): Line[] => [
  line(` ${say(title, lang)}`, 'strong'),
  ...choiceRows(rows, focus, lang),
];

const fieldHere = ({ screens, lang }: WizardState, columns: number): Line[] =>
  fieldBox(screens.log.field, columns, say(STR.log.placeholder, lang));

/** Nothing was read yet: the field, what else there is to press, and what was found or where logs are. */
const askingRows = (state: WizardState, columns: number, room: number): Line[] => {
  const { lang, machine } = state;
  const choice = list(state);
  const rows: Line[] = [
    line(` ${say(STR.log.ask, lang)}`, 'strong'),
    ...fieldHere(state, columns),
    keyRow('machine', lang),
    keyRow('nothing', lang, STR.log.nothingHint),
  ];
  if (machine?.shown) rows.push(BLANK, ...paragraph(machine.shown, columns - 1, 'dim', 1));
  if (choice) rows.push(BLANK, ...listRows(choice, lang));
  else if (room >= 13)
    rows.push(
      BLANK,
      line(` ${say(STR.log.where, lang)}`, 'strong'),
      ...WAYS.map(({ kind, command }) =>
        truncate([...cell(`  ${say(kind, lang)}`, 14, 'dim'), span(command)], columns),
      ),
    );
  return rows;
};

/** How much was read and from where; or the question, where there was nothing to read. */
const headRow = ({ record, screens, lang }: WizardState, columns: number): Line => {
  const round = currentRound(record);
  if (round && !round.reading && record.question) return line(` ${say(questionText[record.question], lang)}`, 'strong');
  const { lines = 0, bytes = 0 } = screens.log.progress ?? round?.reading ?? {};
  const counted = tell(STR.log.counted, lang, { lines: thousands(lines), size: size(bytes) });
  return spread([span(` ${counted}`, 'strong')], [span(truncateName(round?.input ?? '', columns), 'dim')], columns);
};

/** The line that proves the failure, where the cause is known. */
const proofRow = ({ verdict, causes, proof }: Answer, lang: Lang, columns: number): Line[] => {
  const first = (causes[0]?.because ?? proof).find(({ line: at }) => at !== null);
  if (!first || verdict !== 'oom') return [];
  const at = span(`${say(STR.line, lang)} ${first.line}`, 'dim');
  return [spread([span('  › ', 'accent'), ...marked(maskSecrets(first.text.trim()))], [at], columns)];
};

/** Something was read, or is being read: what it says so far. */
const readRows = (state: WizardState, columns: number): Line[] => {
  const { lang, screens, answer, busy } = state;
  const round = currentRound(state.record);
  const reading = screens.log.progress?.reading ?? round?.reading ?? null;
  const run = reading?.runs[reading.judged];
  const rows: Line[] = [headRow(state, columns), BLANK, line(` ${say(STR.log.says, lang)}`, 'strong')];
  rows.push(...litRows(busy === null && answer ? answer.facts : (run?.facts ?? {}), lang, columns));
  const phase = run && phaseName(run.phase);
  if (phase && answer?.verdict !== 'healthy') {
    const failed = answer?.verdict === 'oom' || answer?.verdict === 'not-oom';
    const label = say(failed ? STR.log.failedIn : STR.log.cameTo, lang);
    rows.push([...cell(`  ${label}`, 14, 'dim'), span(say(phase, lang))]);
  }
  if (reading && answer && busy === null && round?.reading) {
    const said = objection(reading, answer, lang, columns - 1);
    rows.push(
      ...proofRow(answer, lang, columns),
      ...(said.length ? [BLANK, ...said] : []),
      BLANK,
      line(` ${say(STR.log.pasteMore, lang)}`, 'dim'),
    );
  }
  const choice = list(state);
  if (choice) rows.push(BLANK, ...listRows(choice, lang));
  else if (screens.log.adding) rows.push(...fieldHere(state, columns));
  return rows;
};

/** The first screen: takes a log, a command or a question, and says what the text that it took says. */
export const logScreen: Screen = {
  view(state, area) {
    const columns = Math.min(area.columns, 100);
    const { menu, progress, adding } = state.screens.log;
    const choice = list(state);
    const isAsking = !progress && (fieldOpen(state) || (state.busy !== null && !hasText(state)));
    const body =
      choice && menu !== null
        ? listRows(choice, state.lang)
        : isAsking
          ? askingRows(state, columns, area.rows)
          : readRows(state, columns);
    // The list ends the body, and so does the field of what is added.
    const atEnd = adding && !isAsking ? body.length - 1 : null;
    const shown = choice ? body.length - choice.rows.length + choice.focus : atEnd;
    return { top: [], body, focus: shown === null ? null : [shown, shown], bottom: [] };
  },

  actions(state) {
    if (list(state)) return ['next', 'down', 'up', 'back'];
    if (state.busy) return ['back'];
    if (fieldOpen(state)) {
      const typed = state.screens.log.field.text !== '';
      const enter = typed ? (['next', 'complete'] as const) : [];
      const clear = typed ? (['startOver'] as const) : [];
      return state.screens.log.adding ? [...enter, 'back', ...clear] : [...enter, 'machine', 'nothing', ...clear];
    }
    return ['next', 'add', 'startOver', 'machine', 'nothing'];
  },

  labels(state) {
    const { menu, found } = state.screens.log;
    if (menu !== null || (fieldOpen(state) && !found))
      return { next: menu === null ? STR.labels.read : STR.labels.choose };
    if (found) return { next: STR.labels.read };
    return { next: STR.labels.facts };
  },

  field: state => (fieldOpen(state) ? state.screens.log.field : null),
  onField: (field, wizard) => wizard.setScreen('log', { field }),

  act(action, wizard) {
    const state = wizard.get();
    const { menu, found, field, adding } = state.screens.log;
    const choice = list(state);
    if (choice && (action === 'up' || action === 'down')) {
      const focus = moved(action, choice.focus, choice.rows.length)!;
      wizard.setScreen('log', menu === null ? { found: { ...found!, focus } } : { menu: focus });
      return;
    }
    switch (action) {
      case 'next':
        if (menu !== null) void wizard.ask(QUESTIONS[menu]!);
        else if (fieldOpen(state) && field.text.trim() !== '') void wizard.enterText(field.text);
        else if (choice && found) {
          const { source } = found.logs[found.focus]!;
          wizard.setScreen('log', { found: null });
          void wizard.openSources([source]);
        } else if (hasText(state) && !adding) wizard.forward();
        break;
      case 'back':
        if (menu !== null) wizard.setScreen('log', { menu: null });
        else if (found) wizard.setScreen('log', { found: null });
        else if (adding) wizard.setScreen('log', { adding: false, field: emptyField });
        break;
      case 'machine':
        void wizard.probe();
        break;
      case 'nothing':
        wizard.setScreen('log', { menu: 0 });
        break;
      case 'add':
        wizard.setScreen('log', { adding: true });
        break;
      case 'complete':
        void wizard.completePath();
        break;
      case 'startOver':
        wizard.startOver();
        break;
    }
  },
};

/** The end of a long name: files differ there. */
const truncateName = (name: string, columns: number): string => {
  const most = Math.max(8, columns >> 1);
  return name.length > most ? `…${name.slice(1 - most)}` : name;
};
