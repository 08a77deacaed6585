import { say } from '../../common/text.js';
import { currentRound, maskedNames } from '../../session/record.js';
import { BLANK, type Line, line, span } from '../lines.js';
import { claim } from '../state/claim.js';
import { commandToTry } from '../state/selectors.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { howToApply } from '../widgets/apply.js';
import { changeText, launchChanges } from '../widgets/change.js';
import { comparison } from '../widgets/comparison.js';
import { commandBlock, diffRows } from '../widgets/diff.js';
import { memoryBar } from '../widgets/memory-bar.js';
import { remains } from '../widgets/remains.js';
import { paragraph } from '../wrapping.js';
import { fromRow, MOVES, readOn, type Screen } from './screen.js';

/** Only what came up here can be searched further from. */
const canSearch = (state: WizardState): boolean =>
  currentRound(state.record)?.attempt?.outcome === 'proven' && state.screens.retest.via !== 'manual';

/** What is claimed, and what speaks against taking it as it is. */
const claimRows = (state: WizardState, columns: number): Line[] => {
  const { lang, record } = state;
  const { text, tone } = claim(state);
  const attempt = currentRound(record)?.attempt;
  const missing = maskedNames(commandToTry(state) ?? '').join(', ');
  return [
    ...paragraph(`${tone === 'good' ? '✓' : '!'} ${say(text, lang)}`, columns - 1, tone, 1),
    ...remains(attempt, state, columns),
    ...(missing ? paragraph(`! ${tell(STR.result.missing, lang, { names: missing })}`, columns - 1, 'warn', 1) : []),
    ...(attempt?.simulated ? paragraph(say(STR.simulatedLong, lang), columns - 1, 'dim', 1) : []),
  ];
};

/** The command, what changed in it, and how it is applied; without one, what to add to one's own. */
const commandRows = (state: WizardState, columns: number): Line[] => {
  const { lang, preview, answer } = state;
  const command = commandToTry(state);
  if (command === null)
    return [
      line(` ${say(STR.fixes.noCommand, lang)}`, 'warn'),
      ...launchChanges(preview?.fixes ?? []).map(change => line(`   + ${changeText(change, lang)}`, 'good')),
      BLANK,
    ];
  const how = currentRound(state.record)?.attempt?.outcome === 'proven' ? null : howToApply(state);
  const original = state.first?.launch?.text ?? answer?.launch?.text ?? null;
  const changed =
    original === null || original === command
      ? []
      : [
          line(` ${say(STR.result.changed, lang)}`, 'strong'),
          ...diffRows(original, command, columns - 4, true).map((row): Line => [span('   '), ...row]),
          BLANK,
        ];
  return [
    ...(how ? [...paragraph(say(how, lang), columns - 1, 'plain', 1), BLANK] : []),
    line(` ${say(STR.result.command, lang)}`, 'strong'),
    ...commandBlock(command, columns - 1, 3),
    BLANK,
    ...changed,
  ];
};

const memoryRows = (state: WizardState, columns: number): Line[] => {
  const { lang, proven, preview, answer, spoken } = state;
  const when = proven ? '' : ` · ${say(preview?.budget ? STR.budget.predicted : STR.budget.now, lang)}`;
  const gpu = `${say(STR.diagnosis.memory, lang)}${when}`;
  const bar = memoryBar(proven?.budget ?? preview?.budget ?? answer?.budget ?? null, lang, columns - 2, {
    gpu,
    spoken,
  });
  return bar.length ? [BLANK, ...bar.map((row): Line => [span(' '), ...row])] : [];
};

/** Every attempt with its fixes and what became of it, where there was more than one. */
const attemptRows = ({ record, lang }: WizardState, columns: number): Line[] => {
  const tried = record.rounds.flatMap(({ attempt, selected }) => (attempt ? [{ attempt, selected }] : []));
  if (tried.length < 2) return [];
  const rows = tried.flatMap(({ attempt, selected }, i) => {
    const fixes = selected?.join(', ') || '–';
    return paragraph(`${i + 1}. ${fixes}: ${say(STR.retest.outcomes[attempt.outcome], lang)}`, columns - 1, 'plain', 3);
  });
  return [BLANK, line(` ${say(STR.result.attempts, lang)}`, 'strong'), ...rows];
};

/** What was claimed and how well it is proven, the command, what changed, memory; and the ways to take it along. */
export const resultScreen: Screen = {
  view(state, area) {
    const { columns } = area;
    const compared = comparison(state, columns);
    const steps = state.preview?.fixes.flatMap(fix => fix.steps) ?? [];
    const body = [
      ...claimRows(state, columns),
      BLANK,
      ...(compared.length ? [...compared, BLANK] : []),
      ...commandRows(state, columns),
      ...steps.flatMap((step, i) => paragraph(`${i + 1}. ${say(step, state.lang)}`, columns - 1, 'plain', 3)),
      ...memoryRows(state, columns),
      ...attemptRows(state, columns),
    ];
    return { top: [], body, focus: fromRow(state.screens.result.top, area), bottom: [] };
  },

  actions(state) {
    if (commandToTry(state) === null) return ['report', ...MOVES, 'back'];
    return ['copy', 'write', 'report', ...(canSearch(state) ? (['bisect'] as const) : []), ...MOVES, 'back'];
  },

  labels: () => ({ down: STR.labels.scroll }),

  act(action, wizard) {
    const to = readOn(action, wizard.get().screens.result.top, resultScreen, wizard);
    if (to !== null) wizard.setScreen('result', { top: to });
    else if (action === 'bisect') wizard.setScreen('result', { bisect: 0 });
    else if (action === 'copy') wizard.copyCommand();
    else if (action === 'write') wizard.writeCommand();
    else if (action === 'report') wizard.writeReport();
    else if (action === 'back') wizard.back();
  },
};
