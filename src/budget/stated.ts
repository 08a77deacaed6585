import type { Facts } from '../facts/types.js';
import { minus } from './amount.js';
import { type Measured, measuredOf } from './measured.js';
import { missingOf } from './missing.js';
import type { Subject } from './subject.js';
import type { Amount, Budget, PerGpuBudget } from './types.js';

/** GiB missing as the failure's own figures tell it: need and room of the cache, the start-up check, the failed allocation. */
export const statedShort = (facts: Facts): number | null => {
  const gaps = [
    facts.kvNeededGiB && facts.kvAvailableGiB ? facts.kvNeededGiB.value - facts.kvAvailableGiB.value : null,
    facts.desiredGiB && facts.freeAtStartGiB ? facts.desiredGiB.value - facts.freeAtStartGiB.value : null,
    facts.requestedGiB && facts.freeGiB ? facts.requestedGiB.value - facts.freeGiB.value : null,
    facts.kvCacheGiB && facts.kvCacheGiB.value <= 0 ? -facts.kvCacheGiB.value : null,
  ].filter(gap => gap !== null);
  return gaps.length > 0 ? Math.max(0, ...gaps) : null;
};

/** The identity that vLLM computes with, where all its parts are stated: what the budget leaves is the KV cache. */
const remainder = (budget: Amount | null, measured: Measured): Amount | null => {
  const { weights, activation, nonTorch, consumed, peakWithWeights, graphsEstimate } = measured;
  if (!budget) return null;
  const graphs = graphsEstimate && !measured.activationHoldsGraphs ? [graphsEstimate] : [];
  if (consumed && activation) return minus(budget, [consumed, activation, ...graphs]);
  if (peakWithWeights && nonTorch) return minus(budget, [peakWithWeights, nonTorch, ...graphs]);
  return weights && activation && nonTorch ? minus(budget, [weights, activation, nonTorch, ...graphs]) : null;
};

/** What the log alone tells, when nothing is known about the model. */
export const statedOnly = (subject: Subject): Budget | null => {
  const { facts, gpu } = subject;
  const measured = measuredOf(facts, facts.vllmVersion?.value ?? null);
  const utilisation = facts.gpuMemoryUtilization?.value;
  const budget =
    measured.budget ??
    (gpu.totalGiB && utilisation !== undefined
      ? {
          gib: gpu.totalGiB.gib * utilisation,
          low: gpu.totalGiB.low * utilisation,
          high: gpu.totalGiB.high * utilisation,
          from: gpu.totalGiB.from,
        }
      : null);
  const perGpu: PerGpuBudget = {
    totalGiB: gpu.totalGiB,
    budgetGiB: budget,
    weightsGiB: measured.weights,
    activationGiB: measured.activation,
    nonTorchGiB: measured.nonTorch,
    graphsGiB: measured.graphs,
    kvCacheGiB: measured.kv ?? remainder(budget, measured),
    otherProcessesGiB: measured.others,
    outsideGiB: null,
  };
  if (Object.values(perGpu).every(part => part === null)) return null;
  return {
    perGpu,
    kvTokens: facts.kvTokens?.value ?? null,
    maxConcurrency: facts.maxConcurrency?.value ?? null,
    maxModelLenThatFits: facts.estimatedMaxModelLen?.value ?? null,
    shortGiB: statedShort(facts),
    missing: missingOf(subject),
  };
};
