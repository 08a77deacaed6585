import { solver } from '../budget/solve.js';
import type { Budget } from '../budget/types.js';
import type { ArgValue } from '../launch/types.js';
import { applyFixes } from '../plan/apply.js';
import { safeConcurrency } from '../plan/remaining.js';
import type { ProposedFix } from '../plan/types.js';
import type { Answer } from './types.js';

/** What a set of fixes would make of the launch: the command, and the memory as far as it can be computed. */
export interface Preview {
  fixes: ProposedFix[];
  /** The changed command; null when there is none or nothing in it changes. */
  command: string | null;
  diff: string | null;
  /** With the changed settings; measured parts are carried over where they still hold. A prediction, never a measurement. */
  budget: Budget | null;
  /** Sum of what the fixes are said to free, with its range; null when none of them says. */
  savesGiB: { gib: number; low: number; high: number } | null;
  /** Whether they are enough: one of them alone, or all of them for what is missing; null: cannot be told. */
  enough: boolean | null;
}

/** GiB that were missing, by the budget or by the failed allocation itself; null when neither tells. */
const shortGiB = (answer: Answer): number | null => {
  const computed = answer.budget?.shortGiB;
  if (computed) return computed;
  const { requestedGiB, freeGiB } = answer.facts;
  return requestedGiB && freeGiB && requestedGiB.value > freeGiB.value ? requestedGiB.value - freeGiB.value : null;
};

/** Pure. */
export const previewFixes = (answer: Answer, ids: readonly string[], modelConfig: unknown): Preview => {
  const fixes = answer.fixes.filter(fix => ids.includes(fix.id));
  const changed = answer.launch ? applyFixes(answer.launch.text, fixes) : null;
  const settings = fixes.flatMap(fix =>
    fix.changes
      .filter(({ where }) => where === 'vllm')
      .map(({ flag, to }) => ({ flag, to: (to ?? null) as ArgValue | null })),
  );
  const { facts, launch } = answer;
  const computed = settings.length > 0 ? solver({ facts, launch, modelConfig }).budgetWith(settings) : null;
  const length = settings.findLast(({ flag }) => flag === '--max-model-len')?.to ?? facts.maxModelLen?.value;
  const budget = computed && { ...computed, maxConcurrency: safeConcurrency(computed, length) };
  const savings = fixes.map(fix => fix.savesGiB).filter(saving => saving !== null);
  const sum = (pick: 'gib' | 'low' | 'high') => savings.reduce((total, saving) => total + saving[pick], 0);
  const low = sum('low');
  const high = sum('high');
  const short = shortGiB(answer);
  // What the figures of the failure clear may still fall short at the next hurdle of the start.
  const shortThen = (budget?.shortGiB ?? 0) > 0;
  const told =
    fixes.some(fix => fix.sufficient === true) || (fixes.length > 1 && short !== null && low >= short)
      ? true
      : short !== null && high < short && fixes.every(fix => fix.sufficient === false)
        ? false
        : null;
  const enough = fixes.length === 0 ? null : !shortThen ? told : told === true ? null : false;
  return {
    fixes,
    command: changed?.command ?? null,
    diff: changed?.diff ?? null,
    budget,
    savesGiB: savings.length ? { gib: sum('gib'), low: sum('low'), high: sum('high') } : null,
    enough,
  };
};
