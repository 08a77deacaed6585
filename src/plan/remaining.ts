import type { Situation } from './situation.js';
import { budgetWith } from './solver.js';
import type { Capacity, ProposedFix } from './types.js';

/** What the server can do with these fixes, by the budget; null where it cannot tell. */
export const remaining = (s: Situation, fixes: Pick<ProposedFix, 'changes'>[]): Capacity => {
  const changes = fixes.flatMap(fix => fix.changes);
  const budget = budgetWith(s, changes);
  const seqs = changes.findLast(change => change.flag === '--max-num-seqs')?.to;
  const length = changes.findLast(change => change.flag === '--max-model-len')?.to ?? s.facts.maxModelLen?.value;
  const maxModelLen = budget?.maxModelLenThatFits ?? null;
  // The length is counted at the low end of the range; a number of whole requests that it cannot hold would contradict it.
  const most = typeof length === 'number' && maxModelLen !== null && maxModelLen < length ? maxModelLen / length : null;
  const concurrency = budget?.maxConcurrency ?? null;
  return {
    maxModelLen,
    maxNumSeqs: typeof seqs === 'number' ? seqs : (s.facts.maxNumSeqs?.value ?? s.defaults?.maxNumSeqs?.value ?? null),
    kvTokens: budget?.kvTokens ?? null,
    maxConcurrency:
      concurrency !== null && most !== null ? Math.floor(Math.min(concurrency, most) * 100) / 100 : concurrency,
  };
};
