import { type Lang, say, type Text } from '../../common/text.js';
import type { RetestLoad, RetestVia } from '../../retest/types.js';
import { currentRound, maskedNames } from '../../session/record.js';
import { BLANK, cell, type Line, line, span } from '../lines.js';
import { commandToTry } from '../state/selectors.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { howToApply } from '../widgets/apply.js';
import { commandBlock } from '../widgets/diff.js';
import { fieldRow } from '../widgets/field.js';
import { rebuiltNote } from '../widgets/rebuilt.js';
import { remains } from '../widgets/remains.js';
import { paragraph } from '../wrapping.js';
import { type Area, fromRow, type View } from './screen.js';

/** Saved sessions hold no secrets: such a command cannot be started before it is entered again. */
export const isMasked = (command: string) => /\*\*\*/.test(command);

/** Where a re-test would run. */
export const viaOf = (state: WizardState): RetestVia => state.screens.retest.via;

const labelCell = (label: Text, { lang }: WizardState): Line => [...cell(` ${say(label, lang)}`, 13, 'dim'), span(' ')];

/** A text behind its label, its further rows below its beginning. */
const labelled = (label: Text, text: string, state: WizardState, columns: number): Line[] => {
  const [first, ...rest] = paragraph(text, columns - 14);
  return [[...labelCell(label, state), ...(first ?? [])], ...rest.map((row): Line => [span(' '.repeat(14)), ...row])];
};

/** A reason from elsewhere as a sentence of its own. */
const sentence = (text: string, lang: Lang): string => {
  const [first = '', ...rest] = text.trim();
  if (first === '') return '';
  const whole = first.toUpperCase() + rest.join('');
  return /[.!?。！？]$/.test(whole) ? whole : `${whole}${lang === 'en' ? '.' : '。'}`;
};

/** Whether Enter would start it. */
const startable = (state: WizardState): boolean => {
  const command = commandToTry(state);
  return command !== null && viaOf(state) !== 'manual' && !isMasked(command);
};

/** What to do by hand, above a command that may be long: where, how it is applied, and where its output goes. */
const byHand = (state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  return [
    ...labelled(STR.retest.where, say(STR.retest.vias.manual, lang), state, columns),
    ...paragraph(say(howToApply(state) ?? STR.retest.manualAsk, lang), columns - 1, 'strong', 1),
    ...paragraph(say(STR.retest.manualPaste, lang), columns - 1, 'accent', 1),
    BLANK,
  ];
};

/** How the last start ended, and what is still there of it. */
const lastStart = (state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const attempt = currentRound(state.record)?.attempt;
  if (!attempt) return [];
  const again = attempt.outcome === 'proven' ? STR.retest.onceMore : STR.retest.again;
  const said = [
    say(STR.retest.outcomes[attempt.outcome], lang),
    sentence(attempt.why ? say(attempt.why, lang) : attempt.reason, lang),
    startable(state) ? say(again, lang) : '',
  ];
  return [
    ...paragraph(said.filter(Boolean).join(' '), columns - 1, 'warn', 1),
    ...remains(attempt, state, columns),
    BLANK,
  ];
};

const loadText = ({ concurrent, promptTokens }: RetestLoad, lang: Lang): string =>
  promptTokens === null
    ? tell(STR.retest.loadLongest, lang, { n: concurrent })
    : tell(STR.retest.loadOf, lang, { n: concurrent, tokens: promptTokens });

/** The user's own load: as it is, or being typed. */
const loadRows = (state: WizardState, columns: number): Line[] => {
  const { plan, load } = state.screens.retest;
  if (load) return [[...labelCell(STR.retest.load, state), ...fieldRow(load, columns - 15, '4x2000')]];
  const none = state.spoken ? STR.retest.oneRequest : STR.retest.noLoad;
  return labelled(
    STR.retest.load,
    plan?.load ? loadText(plan.load, state.lang) : say(none, state.lang),
    state,
    columns,
  );
};

/** What starting it here means: where, with which load, for how long, and that nothing starts by itself. */
const startedHere = (state: WizardState, columns: number): Line[] => {
  const { lang, spoken } = state;
  const { plan } = state.screens.retest;
  const minutes = Math.round((plan?.timeoutMs ?? 0) / 60_000);
  const howLong = tell(spoken ? STR.retest.howLongSpoken : STR.retest.howLong, lang, { minutes });
  return [
    ...labelled(STR.retest.where, say(STR.retest.vias[plan?.via ?? viaOf(state)], lang), state, columns),
    ...loadRows(state, columns),
    ...paragraph(howLong, columns - 1, 'plain', 1),
    ...paragraph(say(STR.retest.touches, lang), columns - 1, 'plain', 1),
    BLANK,
    ...paragraph(say(spoken ? STR.retest.notBeforeYes : STR.retest.notBefore, lang), columns - 1, 'strong', 1),
  ];
};

/** The re-test before anything is started: the last start, the command, and what starting it means. */
export const retestView = (state: WizardState, area: Area): View => {
  const { columns } = area;
  const { lang, preview } = state;
  const command = commandToTry(state);
  const warn = (text: string): Line[] => paragraph(text, columns - 1, 'warn', 1);
  const body = lastStart(state, columns);
  const view: View = { top: [], body, focus: fromRow(state.screens.retest.top, area), bottom: [] };
  if (command === null) {
    body.push(...warn(say(STR.retest.noCommand, lang)));
    return view;
  }
  const isByHand = viaOf(state) === 'manual';
  if (state.screens.retest.plan?.simulated) body.push(...warn(say(STR.simulatedLong, lang)), BLANK);
  body.push(...(isByHand ? byHand(state, columns) : [line(` ${say(STR.retest.what, lang)}`, 'strong')]));
  const rebuilt = rebuiltNote(state);
  if (rebuilt) body.push(...warn(rebuilt));
  body.push(...commandBlock(command, columns - 1, 3), BLANK);
  if (!preview?.command)
    body.push(...warn(say(preview?.fixes.length ? STR.retest.unchangedWarning : STR.fixes.nothing, lang)));
  if (isMasked(command)) body.push(...warn(tell(STR.retest.masked, lang, { names: maskedNames(command).join(', ') })));
  if (!isByHand) body.push(...startedHere(state, columns));
  return view;
};
