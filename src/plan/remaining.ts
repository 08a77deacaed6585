import type { Budget } from '../budget/types.js';
import type { Situation } from './situation.js';
import { budgetWith } from './solver.js';
import type { Capacity, ProposedFix } from './types.js';

/**
 * Requests of the whole context that fit at once, told so that they do not contradict the longest context: that one is
 * counted at the low end of the range, and where it is shorter than the length in force, not one whole request is safe.
 */
export const safeConcurrency = (budget: Budget | null, length: unknown): number | null => {
  const concurrency = budget?.maxConcurrency ?? null;
  const longest = budget?.maxModelLenThatFits ?? null;
  if (concurrency === null || longest === null || typeof length !== 'number' || longest >= length) return concurrency;
  return Math.min(concurrency, Math.floor((longest / length) * 10) / 10);
};

/** What the server can do with these fixes, by the budget; null where it cannot tell. */
export const remaining = (s: Situation, fixes: Pick<ProposedFix, 'changes'>[]): Capacity => {
  const changes = fixes.flatMap(fix => fix.changes);
  const budget = budgetWith(s, changes);
  const seqs = changes.findLast(change => change.flag === '--max-num-seqs')?.to;
  const length = changes.findLast(change => change.flag === '--max-model-len')?.to ?? s.facts.maxModelLen?.value;
  return {
    maxModelLen: budget?.maxModelLenThatFits ?? null,
    maxNumSeqs: typeof seqs === 'number' ? seqs : (s.facts.maxNumSeqs?.value ?? s.defaults?.maxNumSeqs?.value ?? null),
    kvTokens: budget?.kvTokens ?? null,
    maxConcurrency: safeConcurrency(budget, length),
  };
};
