import { say, type Text } from '../../common/text.js';
import { gib, thousands } from '../../common/units.js';
import { currentRound } from '../../session/record.js';
import { cell, type Line, span } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR } from '../strings.js';
import { clock } from './clock.js';

const grouped = (value: number | null | undefined): string => (value == null ? '' : thousands(value));

/** Before the fix and after it as a small table; a dash where nothing was measured. Nothing before it is proven. */
export const comparison = (state: WizardState, columns: number): Line[] => {
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
