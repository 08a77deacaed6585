import { around } from '../amount.js';
import type { Quantisation } from '../model/quantisation.js';
import type { ModelShape } from '../model/shape.js';
import type { Settings } from '../settings.js';
import type { Amount } from '../types.js';
import { type Stage, stagesOf } from './stages.js';
import { weightsOf } from './weights.js';

/**
 * Weights of a stage when the size of the checkpoint's tensors is known: the computed division among ranks, scaled to the
 * real size. Where the storage format is not understood the size alone is divided. A size that has nothing to do with the
 * computed one (several formats in one folder, quantisation while loading) is not believed.
 */
export const weightsFromCheckpoint = (
  shape: ModelShape,
  quantisation: Quantisation | null,
  settings: Settings,
  stage: Stage,
  checkpointGiB: number,
): Amount | null => {
  const ranks = settings.tensorParallel * settings.pipelineParallel;
  if (!quantisation) return around(checkpointGiB / ranks, 0.05, 0.15, 0.05);
  const computed = weightsOf(shape, quantisation, settings, stage);
  const alone: Settings = {
    ...settings,
    tensorParallel: 1,
    pipelineParallel: 1,
    dataParallel: 1,
    loraRank: null,
    cpuOffloadGiB: 0,
  };
  const whole = weightsOf({ ...shape, rotaryElements: 0 }, quantisation, alone, stagesOf(shape, 1)[0]!).gib;
  const ratio = checkpointGiB / whole;
  if (ratio < 0.88 || ratio > 1.14) return computed;
  return around(computed.gib * ratio, 0.006, 0.012, 0.03);
};
