import { fewerLoras, lowerLoraRank, noSpeculation, requestSize } from './adapters.js';
import { segmentsOff, segmentsOn } from './allocator.js';
import { batchedTokensThatFit, maxNumSeqsThatFits } from './batch.js';
import { graphSizesJson, largestGraph, noGraphs } from './graphs.js';
import { halveIfSet, hostMemory, lessOffload, lessSwap, moreSwap, offIfOn, oneLoader, shmSize } from './host.js';
import { otherAttentionBackend, otherMoeBackend, visibleGpus } from './kernels.js';
import { cpuKvGib, kvCache8bit, kvCacheBytes } from './kv.js';
import { maxModelLenThatFits } from './length.js';
import { imageSize, mmLimit, noModalities, textOnly } from './multimodal.js';
import { whatOthersHold } from './others.js';
import { layerPartition, pipelineParallel, tensorParallel } from './parallel.js';
import type { Strategy } from './types.js';
import { utilisationDown, utilisationUp } from './utilisation.js';
import { imageOfTarget, targetRelease } from './version.js';
import { halfPrecision, neededGpu, offloadGib, quantisedCheckpoint } from './weights.js';

/** The strategies that knowledge/fixes may name: the only place where the planner knows what a value means. */
export const STRATEGIES: Readonly<Record<string, Strategy>> = {
  'less-offload': lessOffload,
  'no-graphs': noGraphs,
  'max-model-len-that-fits': maxModelLenThatFits,
  'max-num-seqs-that-fits': maxNumSeqsThatFits,
  'batched-tokens-that-fit': batchedTokensThatFit,
  'utilisation-up': utilisationUp,
  'utilisation-down': utilisationDown,
  'kv-cache-bytes': kvCacheBytes,
  'kv-cache-8bit': kvCache8bit,
  'cpu-kv-gib': cpuKvGib,
  'largest-graph': largestGraph,
  'graph-sizes-json': graphSizesJson,
  'tensor-parallel': tensorParallel,
  'pipeline-parallel': pipelineParallel,
  'layer-partition': layerPartition,
  'quantised-checkpoint': quantisedCheckpoint,
  'half-precision': halfPrecision,
  'offload-gib': offloadGib,
  'needed-gpu': neededGpu,
  'mm-limit': mmLimit,
  'no-modalities': noModalities,
  'text-only': textOnly,
  'image-size': imageSize,
  'target-release': targetRelease,
  'image-of-target': imageOfTarget,
  'segments-on': segmentsOn,
  'segments-off': segmentsOff,
  'other-attention-backend': otherAttentionBackend,
  'other-moe-backend': otherMoeBackend,
  'visible-gpus': visibleGpus,
  'what-others-hold': whatOthersHold,
  'fewer-loras': fewerLoras,
  'lower-lora-rank': lowerLoraRank,
  'no-speculation': noSpeculation,
  'request-size': requestSize,
  'shm-size': shmSize,
  'less-swap': lessSwap,
  'more-swap': moreSwap,
  'host-memory': hostMemory,
  'off-if-on': offIfOn,
  'halve-if-set': halveIfSet,
  'one-loader': oneLoader,
};
