import { GIB } from '../common/units.js';
import type { Computed } from './compute.js';
import type { Prediction } from './predict.js';
import { needFor } from './terms/kv-pool.js';
import type { PerGpuBudget } from './types.js';

/** Whether a start succeeds, and which of its hurdles decides. */
export interface Verdict {
  fits: boolean | null;
  /**
   * `weights`: larger than the card; `budget`: nothing left for the cache; `length`: not one request of max_model_len;
   * `card`: the budget and what lies outside it are more than the card; `open`: the limit lies
   * inside the range; `unknown`: a fact is missing.
   */
  because: 'fits' | 'weights' | 'budget' | 'length' | 'card' | 'open' | 'unknown';
}

/** One hurdle: true passed for certain, false failed for certain, null within the range. */
const between = (low: number, high: number, need: number): boolean | null =>
  low >= need ? true : high < need ? false : null;

const judge = (prediction: Prediction, perGpu: PerGpuBudget): Verdict => {
  const { totalGiB: total, weightsGiB: weights, kvCacheGiB: kv, budgetGiB: budget, outsideGiB: outside } = perGpu;
  if (total && weights && weights.low > total.high) return { fits: false, because: 'weights' };
  if (!kv) return { fits: null, because: 'unknown' };
  if (kv.high <= 0) return { fits: false, because: 'budget' };
  const { layout, settings } = prediction;
  const length = settings.autoLen ? 1 : settings.maxModelLen;
  const need = layout ? needFor(layout, settings, length) / GIB : null;
  if (need !== null && between(kv.low, kv.high, need) === false) return { fits: false, because: 'length' };
  if (total && budget && outside && settings.kvCacheMemoryBytes === null) {
    const graphs = settings.graphsCounted ? null : perGpu.graphsGiB;
    if (budget.low + outside.low + Math.max(0, graphs?.low ?? 0) > total.high) return { fits: false, because: 'card' };
    if (budget.gib + outside.gib + Math.max(0, graphs?.gib ?? 0) > total.gib) return { fits: null, because: 'card' };
  }
  if (need === null) return { fits: kv.low > 0.5 ? true : null, because: kv.low > 0.5 ? 'fits' : 'unknown' };
  return between(kv.low, kv.high, need) ? { fits: true, because: 'fits' } : { fits: null, because: 'open' };
};

/** The judgement under every release that it may be; null where they differ. */
export const verdictOf = (computed: Computed): Verdict => {
  const { budget, predictions } = computed;
  const [first, ...rest] = predictions.map(prediction => judge(prediction, budget!.perGpu));
  if (!first) return { fits: null, because: 'unknown' };
  return rest.every(other => other.fits === first.fits) ? first : { fits: null, because: 'open' };
};
