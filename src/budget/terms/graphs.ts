import { amount } from '../amount.js';
import { since } from '../eras.js';
import { isMoe, type ModelShape } from '../model/shape.js';
import type { Settings } from '../settings.js';
import type { Amount } from '../types.js';

/** Graphs captured: every size once for mixed batches (piecewise), and the decode sizes again (full) where both modes run. */
export const graphCount = (settings: Settings): number => {
  if (settings.captureMode === 'none') return 0;
  const sizes = settings.captureSizes.length;
  if (settings.captureMode !== 'both') return sizes;
  const decodeLimit = settings.maxNumSeqs * (1 + settings.speculativeTokens);
  return sizes + settings.captureSizes.filter(size => size <= decodeLimit).length;
};

/**
 * Memory of the CUDA graphs on one rank: a base and a few MiB for every graph, more with collectives in the graph.
 * Fitted on logged captures (0.04 GiB for one size to 1.2 GiB for 102 graphs at TP1; half as much again at TP >= 2);
 * the spread between runs is wide, so is the range.
 */
export const graphsOf = (shape: ModelShape, settings: Settings): Amount => {
  const count = graphCount(settings);
  if (count === 0) return amount(0, 0, 0);
  const perGraph = since(settings.version, '0.11.0') ? 0.007 : 0.006;
  const parallel = settings.tensorParallel > 1 ? 1.5 : 1;
  const gib =
    (0.15 * Math.min(1, count / 20) + perGraph * count) *
    parallel *
    (isMoe(shape) && settings.tensorParallel >= 4 ? 1.4 : 1);
  return amount(gib, gib * 0.25, gib * 2.2);
};
