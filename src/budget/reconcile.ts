import { amount, minus } from './amount.js';
import type { Measured } from './measured.js';
import type { Amount } from './types.js';

/** The parts that vLLM subtracts from its budget before the KV cache is sized. Null: not computable. */
export interface Terms {
  weights: Amount | null;
  activation: Amount;
  nonTorch: Amount;
  graphs: Amount;
}

const total = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

/**
 * Computed parts brought to a sum that was measured, the least certain first. A difference that their ranges hold is shared
 * in proportion to the room in each; a larger one refutes the first, and the next only where the first would fall below
 * nothing. What one part may be, the others' ranges and the sum say.
 */
export const closing = (parts: Amount[], sum: Amount): Amount[] => {
  const slack = sum.gib - total(parts.map(part => part.gib));
  const rooms = parts.map(part => (slack > 0 ? part.high - part.gib : part.gib - Math.max(0, part.low)));
  const whole = total(rooms);
  let rest = slack;
  const values = parts.map((part, i) => {
    const share = Math.abs(slack) <= whole ? (whole > 0 ? (slack * rooms[i]!) / whole : 0) : Math.max(rest, -part.gib);
    rest -= share;
    return Math.max(0, part.gib + share);
  });
  const free = parts.map((part, i) => {
    const refuted = values[i]! < part.low - 1e-9 || values[i]! > part.high + 1e-9;
    return refuted ? { low: 0, high: Number.POSITIVE_INFINITY } : { low: Math.max(0, part.low), high: part.high };
  });
  return parts.map((_, i) => {
    const others = free.filter((_, j) => j !== i);
    const low = Math.max(free[i]!.low, sum.low - total(others.map(other => other.high)));
    const high = Math.min(free[i]!.high, sum.high - total(others.map(other => other.low)));
    return amount(values[i]!, low, high, parts.length === 1 ? sum.from : 'formula');
  });
};

/** What was measured in place of what was computed; figures that hold two parts in one bind both. */
export const settled = (computed: Terms, measured: Measured, graphsCounted: boolean): Terms => {
  const terms: Terms = {
    weights: measured.weights ?? computed.weights,
    activation: measured.activation ?? computed.activation,
    nonTorch: measured.nonTorch ?? computed.nonTorch,
    graphs: measured.graphs ?? (graphsCounted ? measured.graphsEstimate : null) ?? computed.graphs,
  };
  const bind = (name: 'nonTorch' | 'activation', sum: Amount | null) => {
    if (!sum || (measured.weights && measured[name])) return;
    const { weights } = terms;
    if (measured[name] || !weights) [terms.weights] = closing([weights ?? sum], minus(sum, [terms[name]])) as [Amount];
    else [terms[name], terms.weights] = closing([terms[name], weights], sum) as [Amount, Amount];
  };
  bind('nonTorch', measured.consumed);
  bind('activation', measured.peakWithWeights);
  return terms;
};

/**
 * The parts under a pool that was measured: what nobody stated moves until all parts and the pool are the budget. The order
 * of doubt: the profile run's peak, the graphs, what lies beside torch, the weights. `taken` is budget minus pool.
 */
export const closed = (terms: Terms, measured: Measured, graphsCounted: boolean, taken: Amount): Terms => {
  const { consumed, peakWithWeights } = measured;
  const counted = graphsCounted && !measured.activationHoldsGraphs;
  const charged = counted ? (measured.graphsEstimate ?? terms.graphs) : null;
  const fixed: Record<keyof Terms, boolean> = {
    activation: Boolean(measured.activation ?? peakWithWeights),
    graphs: !counted || Boolean(measured.graphsEstimate ?? measured.graphs),
    nonTorch: Boolean(measured.nonTorch ?? consumed),
    weights: Boolean(measured.weights ?? consumed ?? peakWithWeights),
  };
  const names = ['activation', 'graphs', 'nonTorch', 'weights'] as const;
  const stated = names.flatMap(name => (fixed[name] && name !== 'graphs' ? (terms[name] ?? []) : []));
  const rest = minus(taken, [...stated, ...(fixed.graphs && charged ? [charged] : [])]);
  const open = names.filter(name => !fixed[name]);
  const computed = open.map(name => terms[name]).filter(term => term !== null);
  // Weights that could not be computed are what everything else leaves.
  if (computed.length < open.length) {
    const weights = minus(rest, computed);
    return weights.gib > 0 ? { ...terms, weights: { ...weights, low: Math.max(0, weights.low) } } : terms;
  }
  const moved = closing(computed, rest);
  return { ...terms, ...Object.fromEntries(open.map((name, i) => [name, moved[i]])) };
};
