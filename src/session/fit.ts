import type { Verdict } from '../budget/fits.js';
import type { Settings } from '../budget/settings.js';
import type { Solver } from '../budget/solve.js';
import type { Text } from '../common/text.js';
import { mergeFacts } from '../facts/merge.js';
import type { FactName, Facts } from '../facts/types.js';

/** Why a start fits or not: the hurdle that decides, or more ranks than there are cards. */
export type Because = Verdict['because'] | 'gpus';

const FITS: Record<Because, Text> = {
  fits: { en: 'It fits, as far as can be computed.', zh: '按计算放得下。' },
  weights: {
    en: 'It does not fit: the weights alone are larger than the GPU.',
    zh: '放不下：仅模型权重就大于显存。',
  },
  budget: {
    en: 'It does not fit: weights and peak leave nothing for the KV cache.',
    zh: '放不下：模型权重与激活峰值没有给 KV 缓存留下空间。',
  },
  length: {
    en: 'It does not fit: the KV cache does not hold one request of max-model-len.',
    zh: '放不下：KV 缓存容不下一个 max-model-len 长度的请求。',
  },
  card: {
    en: 'It does not fit: the budget and what vLLM needs outside it are more than the GPU has.',
    zh: '放不下：预算加上预算之外的开销超过了显存。',
  },
  gpus: {
    en: 'It cannot start: the parallel sizes ask for more GPUs than there are.',
    zh: '无法启动：并行规模要求的 GPU 数量多于现有数量。',
  },
  open: {
    en: 'It cannot be told for certain: the limit lies inside the range of the computation.',
    zh: '无法确定：界限落在计算的误差范围之内。',
  },
  unknown: { en: 'It cannot be told yet: something is not known.', zh: '还无法判断：缺少信息。' },
};

const CLOSE: Text = {
  en: 'It comes close to all of the GPU: the budget and what lies outside it are about what the card has.',
  zh: '几乎占满显存：预算加上预算之外的开销接近显存总量。',
};

/** Whether a start fits, in a sentence. */
export const fitSentence = (verdict: { fits: boolean | null; because: Because }): Text =>
  verdict.because === 'card' && verdict.fits === null ? CLOSE : FITS[verdict.because];

/** The settings that the release fills in, as defaults under what is known; only where all that is possible agrees. */
export const withDefaults = (facts: Facts, solve: Solver): Facts => {
  const [first, ...others] = solve.base.predictions.map(prediction => prediction.settings);
  if (!first) return facts;
  const filled: [FactName, keyof Settings][] = [
    ['engine', 'engine'],
    ['modelRunner', 'runner'],
    ['gpuMemoryUtilization', 'utilisation'],
    ['maxModelLen', 'maxModelLen'],
    ['maxNumSeqs', 'maxNumSeqs'],
    ['maxNumBatchedTokens', 'maxNumBatchedTokens'],
    ['tensorParallelSize', 'tensorParallel'],
  ];
  const certain = filled.filter(([, key]) => others.every(other => other[key] === first[key]));
  const defaults = Object.fromEntries(certain.map(([name, key]) => [name, { value: first[key], from: 'default' }]));
  return mergeFacts(defaults as Facts, facts);
};
