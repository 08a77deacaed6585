import type { Text } from '../common/text.js';
import { GIB, MIB } from '../common/units.js';
import type { Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import type { Phase } from '../log/types.js';
import { type Frame, madeBy } from './at-work.js';
import { type Candidate, candidatesOf, weightTensors } from './candidates.js';
import { compute } from './compute.js';
import type { Prediction } from './predict.js';

/** A tensor that is as large as the allocation that failed. */
export interface Suspect {
  /** What it is. */
  tensor: Text;
  /** Its shape and element size in words: `[1024, 151936] x 4 bytes`. */
  dimensions: string;
  gib: number;
  /** The argument that makes it smaller, and the one after that; empty: none does. */
  scaledBy: string[];
  /** Phases in which it is made. */
  phases: Phase[];
  /** 0..1: agreement of the size, and whether it belongs to the phase of the failure. */
  score: number;
}

/**
 * What torch asks the driver for: from 1 to 10 MiB a block of 20 MiB, above in steps of 2 MiB (c10/cuda/CUDACachingAllocator.cpp
 * get_allocation_size).
 */
export const allocated = (bytes: number): number => {
  if (bytes <= MIB) return 2 * MIB;
  return bytes < 10 * MIB ? 20 * MIB : Math.ceil(bytes / (2 * MIB)) * 2 * MIB;
};

/** Sizes are printed with two decimals, of GiB from 1 GiB and of MiB below it. */
const tolerance = (gib: number): number => (gib >= 1 ? 0.0051 : 0.0051 / 1024);

/** torch_npu adds 32 bytes to every size before it rounds (c10_npu NPUCachingAllocator.cpp round_size). */
const NPU_PADDING = 32;

/** The function names the tensor, the size only its rows. */
const BY_FUNCTION = 0.9;

/** A single weight as ranks hold it, where the log does not tell how many ranks there are: the match tells it. */
const dividedWeights = (prediction: Prediction): Candidate[] =>
  [2, 4, 8, 16].flatMap(tensorParallel =>
    weightTensors(prediction.shape, { ...prediction.settings, tensorParallel })
      // Of the storage forms only what the model's own may be: 4 and 32 bit make too many coincidences.
      .filter(({ bytes }) => bytes === 1 || bytes === 2)
      .map(candidate => ({
        ...candidate,
        tensor: {
          en: `${candidate.tensor.en}, at tensor-parallel size ${tensorParallel}`,
          zh: `${candidate.tensor.zh}，张量并行数为 ${tensorParallel} 时`,
        },
        weight: 0.2,
      })),
  );

const product = (numbers: number[]): number => numbers.reduce((a, b) => a * b, 1);

/**
 * Which tensors have the size of an allocation that failed, best first. Pure; empty when the model is unknown or nothing
 * has that size. A match says what the buffer may be, never that it must be: sizes coincide.
 */
export const suspectsOf = (input: {
  requestedGiB: number;
  facts: Facts;
  launch: Launch | null;
  modelConfig: unknown;
  phase?: Phase;
  /** The traceback of the failed allocation, innermost last. */
  frames?: Frame[];
}): Suspect[] => {
  const { requestedGiB, phase, facts, frames = [] } = input;
  // Everything from 1 to 10 MiB asks for 20 MiB: no size to recognise anything by.
  if (requestedGiB <= 20.5 / 1024) return [];
  const { predictions } = compute(input);
  const suspects = new Map<string, Suspect>();
  const ranksKnown = facts.tensorParallelSize !== undefined || input.launch !== null;
  const padding = facts.platform?.value === 'npu' ? NPU_PADDING : 0;
  for (const prediction of predictions) {
    const made = madeBy(frames, prediction, requestedGiB * GIB);
    if (made) suspects.set(made.tensor.en, { ...made, gib: requestedGiB, score: BY_FUNCTION });
    const divided = !ranksKnown && phase === 'load' ? dividedWeights(prediction) : [];
    for (const candidate of [...candidatesOf(prediction), ...divided]) {
      const gib = allocated(product(candidate.dimensions) * candidate.bytes + padding) / GIB;
      // The cache's own size is known to a hundredth of the pool, not to a byte.
      const slack =
        candidate.phases[0] === 'kv-cache' && candidate.dimensions.length === 1 ? 0.02 * gib : tolerance(requestedGiB);
      if (Math.abs(gib - requestedGiB) > slack) continue;
      const inPhase = phase === undefined || phase === 'unknown' ? 0.75 : candidate.phases.includes(phase) ? 1 : 0.35;
      const score = Math.round(100 * inPhase * (0.5 + candidate.weight / 2)) / 100;
      const dimensions = `[${candidate.dimensions.join(', ')}] x ${candidate.bytes} ${candidate.bytes === 1 ? 'byte' : 'bytes'}`;
      const key = `${candidate.tensor.en} ${dimensions}`;
      if (!suspects.has(key))
        suspects.set(key, {
          tensor: candidate.tensor,
          dimensions,
          gib,
          scaledBy: candidate.scaledBy,
          phases: candidate.phases,
          score,
        });
    }
  }
  return [...suspects.values()]
    .sort((a, b) => b.score - a.score || a.dimensions.localeCompare(b.dimensions))
    .slice(0, 6);
};
