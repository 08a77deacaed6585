import type { Text } from '../common/text.js';
import type { Diagnosis } from '../diagnosis/types.js';
import { factsFromLaunch } from '../facts/from-launch.js';
import { mergeFacts } from '../facts/merge.js';
import type { FactName, Facts } from '../facts/types.js';
import type { Fix } from '../knowledge/fixes.js';
import { readLaunch } from '../launch/index.js';
import { applyFixes } from './apply.js';
import { finish } from './finish.js';
import { weighFixes } from './order.js';
import { assess, type Situation } from './situation.js';
import { agrees, solverFor } from './solver.js';
import type { ProposedFix } from './types.js';
import { writtenChange } from './written.js';

/** What a start that gets past its first failure stumbles over next, by the budget's verdict. */
const NEXT: Record<string, { cause: string; phase: Diagnosis['phase'] }> = {
  length: { cause: 'kv-cache-too-small', phase: 'kv-cache' },
  budget: { cause: 'gpu-util-too-low', phase: 'kv-cache' },
};

/** Measured at the failed start: no facts of the changed one. */
const OF_THE_FAILURE =
  /^(?:requested|free|allocated|reserved|process|desired|kv|estimated|graphs|activation|nonTorch|weights|budget|gpuBlocks|maxConcurrency|dummy|encoder)/;

const carriedOver = (facts: Facts): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !OF_THE_FAILURE.test(name as FactName))) as Facts;

const diagnosisOf = (next: { cause: string; phase: Diagnosis['phase'] }, now: Diagnosis): Diagnosis => ({
  ...now,
  verdict: 'oom',
  phase: next.phase,
  causes: [
    {
      id: next.cause,
      score: 0.8,
      title: { en: next.cause, zh: next.cause },
      summary: { en: next.cause, zh: next.cause },
      regressedIn: null,
      fixedIn: null,
      because: [],
      against: [],
      fixes: [],
    },
  ],
});

/** The reason of a fix that completes others, with those named. */
const together = (fix: Fix, chosen: ProposedFix[]): Text => {
  const names = chosen.flatMap(one => one.changes.filter(({ where }) => where === 'vllm').map(writtenChange)).join(' ');
  return {
    en: `Goes together with ${names}: once that is past, this is what the start lacks. ${fix.explanation.en}`,
    zh: `与 ${names} 配合使用：通过这一步之后，启动还缺这一项。${fix.explanation.zh}`,
  };
};

/**
 * What the changed start still lacks, when the budget agrees with the log on the first failure and can tell the next:
 * the fix for it, computed for the start with `chosen` applied; null when it fits or cannot be told.
 */
export const nextNeeded = (s: Situation, chosen: ProposedFix[], all: ReadonlyMap<string, Fix>): ProposedFix | null => {
  if (!s.launch || !agrees(s)) return null;
  const applied = applyFixes(s.launch.text, chosen);
  const launch = applied && readLaunch(applied.command);
  if (!launch) return null;
  const input = {
    ...s.input,
    launch,
    facts: mergeFacts(carriedOver(s.input.facts), factsFromLaunch(launch)),
    budget: null,
    reading: null,
    solve: undefined,
  };
  const { fits, because } = solverFor(input).verdict;
  const next = fits === false ? NEXT[because] : undefined;
  if (!next) return null;
  const after = assess({ ...input, budget: solverFor(input).base.budget, diagnosis: diagnosisOf(next, s.diagnosis) });
  const taken = new Set(chosen.flatMap(fix => fix.changes.map(change => change.flag)));
  const found = weighFixes(after, all.values()).find(
    draft =>
      draft.sufficient === true && draft.changes.every(change => change.where === 'vllm' && !taken.has(change.flag)),
  );
  if (!found) return null;
  // Alone it would fail at the first hurdle: its command has the others as well.
  const own = applyFixes(s.launch.text, [...chosen, found]);
  return {
    ...finish({ ...found, candidate: { ...found.candidate, why: together(found.candidate.fix, chosen) } }, after),
    command: own?.command ?? null,
    diff: own?.diff ?? null,
    // Computed for the start that the others change: alone it is not the answer.
    sufficient: false,
  };
};
