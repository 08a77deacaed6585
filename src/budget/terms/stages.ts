import type { Layer, ModelShape } from '../model/shape.js';

/** The layers of one pipeline stage. */
export interface Stage {
  layers: Layer[];
  /** Layers that keep something in the KV cache: the stage's own and, on the last, the drafter's. */
  cached: Layer[];
  isFirst: boolean;
  isLast: boolean;
}

/**
 * Layers of every pipeline stage: L // PP each, the remainder one each to the stages before the last, counted backwards
 * (vllm/distributed/utils.py get_pp_indices).
 */
export const stagesOf = (shape: ModelShape, pipelineParallel: number): Stage[] => {
  const count = Math.min(pipelineParallel, shape.layers.length);
  const sizes: number[] = Array.from({ length: count }, () => Math.floor(shape.layers.length / count));
  const rest = shape.layers.length % count;
  for (let i = 2; i < rest + 2; i++) sizes[(count - i + count) % count]! += 1;
  let start = 0;
  return sizes.map((size, i) => {
    const layers = shape.layers.slice(start, start + size);
    start += size;
    const isLast = i === count - 1;
    return {
      layers,
      cached: isLast && shape.drafter ? [...layers, ...shape.drafter.layers] : layers,
      isFirst: i === 0,
      isLast,
    };
  });
};
