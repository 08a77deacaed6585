import { say, type Text } from '../../common/text.js';
import { gib, thousands } from '../../common/units.js';
import { currentRound, maskedNames } from '../../session/record.js';
import { BLANK, cell, type Line, line, span } from '../lines.js';
import { commandToTry } from '../state/selectors.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { howToApply } from '../widgets/apply.js';
import { changeText } from '../widgets/change.js';
import { clock } from '../widgets/clock.js';
import { commandBlock, diffRows } from '../widgets/diff.js';
import { memoryBar } from '../widgets/memory-bar.js';
import { remains } from '../widgets/remains.js';
import { paragraph } from '../wrapping.js';
import { fromRow, MOVES, readOn, type Screen } from './screen.js';

const grouped = (value: number | null | undefined): string => (value == null ? '' : thousands(value));

/** Before and after as a small table; a dash where nothing was measured. */
const comparison = (state: WizardState, columns: number): Line[] => {
  const { record, lang } = state;
  const attempt = currentRound(record)?.attempt;
  if (attempt?.outcome !== 'proven') return [];
  const first = state.first?.facts ?? {};
  const then = state.proven?.facts ?? {};
  const amount = (value: number | undefined) => (value === undefined ? '' : `${gib(value)} GiB`);
  const rows: [Text, string, string][] = [
    [STR.result.outcome, record.question === null ? say(STR.result.failed, lang) : '', say(STR.result.came, lang)],
    [STR.result.kvCache, amount(first.kvCacheGiB?.value), amount(then.kvCacheGiB?.value)],
    [STR.result.kvTokens, grouped(first.kvTokens?.value), grouped(then.kvTokens?.value)],
    [STR.result.concurrency, first.maxConcurrency?.value.toFixed(1) ?? '', then.maxConcurrency?.value.toFixed(1) ?? ''],
    [STR.result.startup, '', attempt.startupMs === null ? '' : clock(attempt.startupMs)],
    [STR.retest.load, '', attempt.load ? `${attempt.load.answered} / ${attempt.load.sent}` : ''],
    [STR.result.peak, '', attempt.peakGiB === null ? '' : amount(attempt.peakGiB)],
  ];
  const wide = Math.min(34, columns >> 1);
  const cells = (label: string, a: string, b: string): Line => [
    ...cell(`   ${label}`, wide, 'dim'),
    ...cell(a, 13),
    span(b, 'good'),
  ];
  return [
    cells('', say(STR.result.before, lang), say(STR.result.after, lang)),
    ...rows
      .filter(([, before, after]) => before !== '' || after !== '')
      .map(([label, before, after]) => cells(say(label, lang), before || '–', after || '–')),
  ];
};

const unproven = ({ preview, answer }: WizardState): Text => {
  if (!preview || preview.fixes.length === 0) return STR.result.nothing;
  if (answer?.verdict !== 'oom') return STR.result.predicted;
  if (preview.enough === null) return STR.result.open;
  return preview.enough ? STR.result.predicted : STR.result.short;
};

/** What is claimed, in the words that the proof allows. */
export const claim = (state: WizardState): { text: { en: string; zh: string }; tone: 'good' | 'warn' } => {
  const attempt = currentRound(state.record)?.attempt;
  if (attempt?.outcome !== 'proven') return { text: unproven(state), tone: 'warn' };
  if (attempt.simulated) return { text: STR.result.provenSimulated, tone: 'warn' };
  if (attempt.via === 'manual') return { text: STR.result.provenManual, tone: 'good' };
  return { text: STR.result.proven, tone: 'good' };
};

/** Only what came up here can be searched further from. */
const canSearch = (state: WizardState): boolean =>
  currentRound(state.record)?.attempt?.outcome === 'proven' && state.screens.retest.via !== 'manual';

/** What was claimed and how well it is proven, the command, what changed, memory; and the ways to take it along. */
export const resultScreen: Screen = {
  view(state, area) {
    const { columns } = area;
    const { lang, record, preview, answer } = state;
    const { text, tone } = claim(state);
    const command = commandToTry(state);
    const body: Line[] = [...paragraph(`${tone === 'good' ? '✓' : '!'} ${say(text, lang)}`, columns - 1, tone, 1)];
    const attempt = currentRound(record)?.attempt;
    body.push(...remains(attempt, state, columns));
    const missing = command === null ? [] : maskedNames(command);
    if (missing.length)
      body.push(
        ...paragraph(`! ${tell(STR.result.missing, lang, { names: missing.join(', ') })}`, columns - 1, 'warn', 1),
      );
    if (attempt?.simulated) body.push(...paragraph(say(STR.simulatedLong, lang), columns - 1, 'dim', 1));
    body.push(BLANK, ...comparison(state, columns));
    const original = state.first?.launch?.text ?? answer?.launch?.text ?? null;
    if (body.at(-1) !== BLANK) body.push(BLANK);
    if (command !== null) {
      const how = howToApply(state);
      if (how && attempt?.outcome !== 'proven') body.push(...paragraph(say(how, lang), columns - 1, 'plain', 1), BLANK);
      body.push(line(` ${say(STR.result.command, lang)}`, 'strong'), ...commandBlock(command, columns - 1, 3), BLANK);
      if (original !== null && original !== command)
        body.push(
          line(` ${say(STR.result.changed, lang)}`, 'strong'),
          ...diffRows(original, command, columns - 4, true).map((row): Line => [span('   '), ...row]),
          BLANK,
        );
    } else if (preview) {
      body.push(line(` ${say(STR.fixes.noCommand, lang)}`, 'warn'));
      for (const fix of preview.fixes)
        for (const change of fix.changes) body.push(line(`   + ${changeText(change, lang)}`, 'good'));
      body.push(BLANK);
    }
    const steps = preview?.fixes.flatMap(fix => fix.steps) ?? [];
    steps.forEach((step, i) => {
      body.push(...paragraph(`${i + 1}. ${say(step, lang)}`, columns - 1, 'plain', 3));
    });
    const bar = memoryBar(state.proven?.budget ?? preview?.budget ?? answer?.budget ?? null, lang, columns - 2, {
      gpu: `${say(STR.diagnosis.memory, lang)}${state.proven ? '' : ` · ${say(preview?.budget ? STR.budget.predicted : STR.budget.now, lang)}`}`,
      spoken: state.spoken,
    });
    if (bar.length) body.push(BLANK, ...bar.map((row): Line => [span(' '), ...row]));
    const tried = record.rounds.filter(round => round.attempt);
    if (tried.length > 1) {
      body.push(BLANK, line(` ${say(STR.result.attempts, lang)}`, 'strong'));
      tried.forEach((round, i) => {
        const fixes = round.selected?.join(', ');
        body.push(
          ...paragraph(
            `${i + 1}. ${fixes || '–'}: ${say(STR.retest.outcomes[round.attempt!.outcome], lang)}`,
            columns - 1,
            'plain',
            3,
          ),
        );
      });
    }
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
