import type { Situation } from './situation.js';
import { budgetWith } from './solver.js';
import type { Capacity, ProposedFix } from './types.js';

/** What the server can do with these fixes, by the budget; null where it cannot tell. */
export const remaining = (s: Situation, fixes: Pick<ProposedFix, 'changes'>[]): Capacity => {
  const changes = fixes.flatMap(fix => fix.changes);
  const budget = budgetWith(s, changes);
  const seqs = changes.findLast(change => change.flag === '--max-num-seqs')?.to;
  return {
    maxModelLen: budget?.maxModelLenThatFits ?? null,
    maxNumSeqs: typeof seqs === 'number' ? seqs : (s.facts.maxNumSeqs?.value ?? s.defaults?.maxNumSeqs?.value ?? null),
    kvTokens: budget?.kvTokens ?? null,
    maxConcurrency: budget?.maxConcurrency ?? null,
  };
};
