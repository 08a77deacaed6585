import type { Situation } from './situation.js';

/** What the budget can be asked backwards; null: it cannot tell. */
export const solve = {
  largestMaxModelLen: (_s: Situation): number | null => null,
  largestMaxNumSeqs: (_s: Situation): number | null => null,
  largestMaxNumBatchedTokens: (_s: Situation): number | null => null,
  utilisationThatLeaves: (_s: Situation, _missingGiB: number | null): number | null => null,
  smallestTensorParallel: (_s: Situation): number | null => null,
  layers: (_s: Situation): number | null => null,
};
