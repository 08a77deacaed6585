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
 * Memory of the CUDA graphs on one rank: a few MiB for every graph, growing with the hidden size. Fitted on logged captures
 * (0.8 - 1.2 GiB for 102 graphs at hidden 2048 - 5376, 1.1 - 1.7 at TP 2 - 4, 0.27 in V0, 0.23 in runner V2); runs of
 * the same settings differ by up to 2x, and vLLM's own estimate does too, hence the width.
 */
export const graphsOf = (shape: ModelShape, settings: Settings): Amount => {
  const count = graphCount(settings);
  if (count === 0) return amount(0, 0, 0);
  const runner = settings.engine === 'V0' ? 0.65 : settings.runner === 'V2' ? 0.4 : 1;
  const parallel = settings.tensorParallel > 1 ? 1.1 : 1;
  // Large mixtures of experts over many ranks: 2 - 5 GiB seen beside 1.1.
  const large = isMoe(shape) && settings.tensorParallel >= 4;
  const gib =
    (0.05 * Math.min(1, count / 20) + count * (0.0045 + 1.15e-6 * shape.hidden)) *
    parallel *
    runner *
    (large ? 1.4 : 1);
  // 0.11 logs the change of free memory over the capture, which also returns cached blocks: down to less than nothing seen.
  const netFigure = since(settings.version, '0.11.0') && !since(settings.version, '0.12.0');
  if (netFigure) return amount(0.3 * gib, 0, 2.2 * gib);
  return amount(
    gib,
    // V2's full graphs share their buffers: 0.04 GiB seen beside 0.23.
    gib * (settings.runner === 'V2' ? 0.1 : 0.35),
    gib * (large || (settings.engine === 'V1' && !since(settings.version, '0.10.0')) ? 3.5 : 2),
  );
};
