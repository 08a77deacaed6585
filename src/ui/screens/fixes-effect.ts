import { type Lang, say } from '../../common/text.js';
import { gib } from '../../common/units.js';
import type { ProposedFix } from '../../plan/types.js';
import type { Preview } from '../../session/preview.js';
import type { Answer } from '../../session/types.js';
import { BLANK, type Line, line, span, spread, type Tone } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { changeText, launchChanges } from '../widgets/change.js';
import { diffRows } from '../widgets/diff.js';
import { memoryBar } from '../widgets/memory-bar.js';
import { rebuiltNote } from '../widgets/rebuilt.js';
import { paragraph } from '../wrapping.js';

/** GiB that a fix frees, as a range where that is what one has to know. */
export const savingText = ({ gib: value, low, high }: NonNullable<ProposedFix['savesGiB']>): string =>
  high - low > 0.05 ? `${gib(low)}–${gib(high)}` : gib(value);

/** Only where something fails can a fix be enough. */
export const isFailure = (state: WizardState): boolean => state.answer?.verdict === 'oom';

/** Whether the chosen fixes are enough together, as far as that can be told. */
const verdictOf = ({ fixes, enough }: Preview, state: WizardState): { text: string; tone: Tone } => {
  const { lang } = state;
  if (fixes.length === 0 || !isFailure(state)) return { text: '', tone: 'plain' };
  if (enough === null) return { text: `? ${say(STR.fixes.selectedMaybe, lang)}`, tone: 'warn' };
  return enough
    ? { text: `✓ ${say(STR.fixes.selectedEnough, lang)}`, tone: 'good' }
    : { text: `✗ ${say(STR.fixes.selectedNot, lang)}`, tone: 'bad' };
};

const headRow = (preview: Preview, state: WizardState, columns: number): Line => {
  const { lang } = state;
  const saves = preview.savesGiB ? ` · ${tell(STR.fixes.saves, lang, { gib: savingText(preview.savesGiB) })}` : '';
  const verdict = verdictOf(preview, state);
  const count = tell(STR.fixes.selectedCount, lang, { n: preview.fixes.length });
  return spread([span(`${count}${saves}`)], [span(verdict.text, verdict.tone)], columns);
};

/** What changes in the command; without a command, what to add to one. */
const changeRows = (
  preview: Preview,
  { launch }: Answer,
  lang: Lang,
  columns: number,
  changesOnly: boolean,
): Line[] => {
  if (launch && preview.command) return diffRows(launch.text, preview.command, columns, changesOnly);
  if (launch) return [line(say(STR.fixes.unchanged, lang), 'dim')];
  return [
    ...paragraph(say(STR.fixes.noCommand, lang), columns, 'warn'),
    ...launchChanges(preview.fixes).map(change => line(`+ ${changeText(change, lang)}`, 'good')),
  ];
};

const barRows = (preview: Preview, answer: Answer, state: WizardState, columns: number): Line[] =>
  memoryBar(preview.budget ?? answer.budget, state.lang, columns, {
    gpu: say(preview.budget ? STR.budget.predicted : STR.budget.now, state.lang),
    spoken: state.spoken,
  });

const noteRows = (state: WizardState, columns: number): Line[] => {
  const rebuilt = rebuiltNote(state);
  return rebuilt ? paragraph(rebuilt, columns, 'warn') : [];
};

/** The selected set in at most `rows` rows: is it enough, what becomes of memory and command. */
export const effectRows = (state: WizardState, columns: number, rows: number): Line[] => {
  const { lang, preview, answer } = state;
  if (!preview || !answer) return [];
  const head = headRow(preview, state, columns);
  const changes = changeRows(preview, answer, lang, columns, true);
  const bar = barRows(preview, answer, state, columns);
  // Under a low ceiling the command matters more than the picture, and the bar more than its legend.
  const room = rows - 1 - changes.length;
  const picture = bar.length <= room ? bar : room >= 2 ? bar.slice(0, 2) : [];
  return [head, ...picture, ...noteRows(state, columns), ...changes].slice(0, rows);
};

/** The same in full, with the whole command. */
export const wholeEffectRows = (state: WizardState, columns: number): Line[] => {
  const { lang, preview, answer } = state;
  if (!preview || !answer) return [];
  return [
    headRow(preview, state, columns),
    ...barRows(preview, answer, state, columns),
    ...noteRows(state, columns),
    BLANK,
    line(say(STR.fixes.yourCommand, lang), 'strong'),
    ...changeRows(preview, answer, lang, columns, false),
  ];
};
