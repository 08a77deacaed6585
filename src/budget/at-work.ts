import type { Text } from '../common/text.js';
import { GIB } from '../common/units.js';
import type { Phase } from '../log/types.js';
import type { Prediction } from './predict.js';

/** A function of a traceback, as the log tells it. */
export interface Frame {
  file: string;
  function: string;
}

/** A tensor that the function at work makes, as many rows of it as the failed allocation has. */
export interface Made {
  tensor: Text;
  dimensions: string;
  scaledBy: string[];
  phases: Phase[];
}

interface Work {
  /** Functions of vLLM that make nothing else of this size. */
  functions: RegExp;
  made(prediction: Prediction, bytes: number): Made | null;
}

const logits = (tensor: Text, elementBytes: number, scaledBy: string[]) => (prediction: Prediction, bytes: number) => {
  const { shape, settings } = prediction;
  const rows = Math.round(bytes / (shape.vocab * elementBytes));
  // More rows than a batch has tokens: it is something else, or another model.
  if (rows < 1 || rows > settings.maxNumBatchedTokens) return null;
  const dimensions = `[~${rows}, ${shape.vocab}] x ${elementBytes} bytes`;
  return { tensor, dimensions, scaledBy, phases: ['profile', 'serving'] as Phase[] };
};

const cacheOfLayer = ({ shape, layout, perGpu }: Prediction, bytes: number): Made | null => {
  const layers = shape.layers.filter(({ mixer }) => mixer.kind === 'attention' || mixer.kind === 'mla').length;
  if (!layout || layers === 0) return null;
  const tensors = Math.ceil(layers / layout.groups);
  const page = layout.blockBytes / tensors;
  const total = perGpu.totalGiB?.gib;
  if (bytes < page || (total !== undefined && (bytes * tensors) / GIB > total)) return null;
  return {
    tensor: { en: "one layer's KV cache", zh: '一层的 KV 缓存' },
    dimensions: `[~${Math.round(bytes / page)} blocks] x ${Math.round(page)} bytes`,
    scaledBy: ['--gpu-memory-utilization', '--kv-cache-memory-bytes'],
    phases: ['kv-cache'],
  };
};

const WORKS: Work[] = [
  {
    // V0: model_executor/layers/sampler.py; V1: v1/sample/sampler.py, gpu_model_runner.py.
    functions: /^_?(?:get_logprobs|compute_logprobs|gather_logprobs|get_prompt_logprobs_dict)$/,
    made: logits({ en: 'log-probabilities of prompt tokens (float32)', zh: '提示词 token 的对数概率（float32）' }, 4, [
      'prompt_logprobs',
      '--max-num-batched-tokens',
    ]),
  },
  {
    // V0: worker/cache_engine.py; V1: v1/worker/gpu_model_runner.py.
    functions: /^_?allocate_kv_cache(?:_tensors)?$/,
    made: cacheOfLayer,
  },
];

/** Frames that count: what called deeper is no longer at work on this tensor. */
const INNERMOST = 4;

/** What the traceback's innermost function was making when it failed; null: it does not tell, or the size cannot be. */
export const madeBy = (frames: Frame[], prediction: Prediction, bytes: number): Made | null => {
  for (const frame of frames.slice(-INNERMOST).reverse()) {
    const work = WORKS.find(({ functions }) => functions.test(frame.function));
    if (work) return work.made(prediction, bytes);
  }
  return null;
};
