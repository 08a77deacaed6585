import type { FactSource, Facts } from '../facts/types.js';
import { atLeastNothing, measured as logged, minus } from './amount.js';
import { since } from './eras.js';
import type { Amount } from './types.js';

/** What the log, the probe or the user states about the parts of the budget; null: not stated. */
export interface Measured {
  budget: Amount | null;
  weights: Amount | null;
  activation: Amount | null;
  nonTorch: Amount | null;
  /** Weights and non-torch in one figure (0.27.0 and later). */
  consumed: Amount | null;
  /** Weights and activation peak in one figure (0.6.4). */
  peakWithWeights: Amount | null;
  graphs: Amount | null;
  graphsEstimate: Amount | null;
  kv: Amount | null;
  others: Amount | null;
  /** The stated activation peak contains the graphs' estimate (0.27.0 and later) and that could not be taken out. */
  activationHoldsGraphs: boolean;
}

const SOURCES: Partial<Record<FactSource, Amount['from']>> = { log: 'log', probe: 'probe', user: 'user' };

const amountOf = (fact: { value: number; from: FactSource } | undefined): Amount | null =>
  fact && Number.isFinite(fact.value) ? logged(fact.value, SOURCES[fact.from] ?? 'default') : null;

/** A part of the budget. vLLM prints a little less than nothing where memory was given back meanwhile: no part is negative. */
const partOf = (fact: { value: number; from: FactSource } | undefined): Amount | null => {
  const part = amountOf(fact);
  return part && atLeastNothing(part);
};

/** The stated parts, brought to one meaning over the releases. */
export const measuredOf = (facts: Facts, version: string | null): Measured => {
  const stated = partOf(facts.activationGiB);
  const estimate = partOf(facts.graphsEstimatedGiB);
  const holds = stated !== null && version !== null && since(version, '0.27.0');
  const activation =
    holds && estimate
      ? {
          ...stated,
          gib: Math.max(0, stated.gib - estimate.gib),
          low: Math.max(0, stated.low - estimate.high),
          high: stated.high - estimate.low,
        }
      : stated;
  const weights = partOf(facts.weightsGiB);
  const consumed = partOf(facts.consumedGiB);
  const peakWithWeights = partOf(facts.peakTorchGiB);
  return {
    budget: amountOf(facts.budgetGiB) ?? amountOf(facts.desiredGiB),
    weights,
    activation: activation ?? (peakWithWeights && weights ? atLeastNothing(minus(peakWithWeights, [weights])) : null),
    nonTorch: partOf(facts.nonTorchGiB) ?? (consumed && weights ? atLeastNothing(minus(consumed, [weights])) : null),
    consumed,
    peakWithWeights,
    graphs: partOf(facts.graphsGiB),
    graphsEstimate: estimate,
    kv: amountOf(facts.kvCacheGiB) ?? amountOf(facts.kvAvailableGiB),
    others: partOf(facts.otherProcessesGiB),
    activationHoldsGraphs: holds && estimate === null,
  };
};
