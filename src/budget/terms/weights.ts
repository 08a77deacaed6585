import { GIB } from '../../common/units.js';
import { around, plus } from '../amount.js';
import { since } from '../eras.js';
import type { Quantisation } from '../model/quantisation.js';
import { counted, type Mixer, type ModelShape, type Tensor, tensorElements } from '../model/shape.js';
import type { Settings } from '../settings.js';
import type { Amount } from '../types.js';
import type { Stage } from './stages.js';

/** Vocabulary rows are padded to a multiple of 64 (vocab_parallel_embedding.py DEFAULT_VOCAB_PADDING_SIZE). */
export const paddedVocab = (vocab: number): number => Math.ceil(vocab / 64) * 64;

/** Fraction of a tensor that one rank holds. */
const shareOf = (tensor: Tensor, kvHeads: number, settings: Settings): number => {
  const tp = settings.tensorParallel;
  if (tensor.split === 'none') return 1;
  if (tensor.split === 'kv') return Math.max(1, kvHeads / tp) / Math.max(1, kvHeads);
  // Routed experts are spread over all TP x DP ranks, with expert parallelism whole, without it in slices.
  return tensor.role === 'expert' ? 1 / (tp * settings.dataParallel) : 1 / tp;
};

/**
 * gpt-oss' MXFP4 experts are padded (layers/quantization/mxfp4.py): their width to a multiple of 256; the hidden size to 128
 * up to 0.10.2, later to 256 and under tensor parallelism only. Checked: 65.97 GiB for 120B in 0.10.1, 13.47 and 7.01 for 20B.
 */
const mxfp4Padding = (tensor: Tensor, settings: Settings): number => {
  const pad = (n: number, multiple: number) => (Math.ceil(n / multiple) * multiple) / n;
  const isDown = tensor.name.endsWith('down_proj');
  const width = isDown ? tensor.in : tensor.out;
  const hidden = isDown ? tensor.out : tensor.in;
  const old = !since(settings.version, '0.11.0');
  const hiddenPadding = old ? pad(hidden, 128) : settings.tensorParallel > 1 ? pad(hidden, 256) : 1;
  return pad(width / settings.tensorParallel, 256) * hiddenPadding;
};

/** Bytes of LoRA's buffers for a stage: max_loras x rank x (in + out) for every wrapped linear layer (lora/layers/base_linear.py@0.33.0). */
const loraBytes = (stage: Stage, settings: Settings): number => {
  if (settings.loraRank === null) return 0;
  const { tensorParallel: tp, loraRank, maxLoras } = settings;
  let elements = 0;
  for (const [layer, count] of counted(stage.layers))
    for (const tensor of layer.tensors) {
      if (tensor.role !== 'attention' && tensor.role !== 'mlp') continue;
      const isRow = /(?:o_proj|down_proj|out_proj)$/.test(tensor.name);
      elements += count * (isRow ? tensor.in / tp + tensor.out : tensor.in + tensor.out / tp);
    }
  return elements * loraRank * maxLoras * 2;
};

/** Bytes of the vision tower on one rank: attention whole on every rank where its heads do not divide. */
export const visionBytes = (shape: ModelShape, tp: number): number => {
  const { vision } = shape;
  if (!vision) return 0;
  const divides = vision.heads % tp === 0;
  return (
    2 * (vision.attentionParams / (divides ? tp : 1) + vision.mlpParams / tp + vision.otherParams / (divides ? tp : 1))
  );
};

/** 16-bit copies that MLA makes of its up-projections: absorbed into query and output in 0.7.x, W_UK_T and W_UV from 0.8.0. */
const mlaCopies = (mixer: Mixer, hidden: number, settings: Settings): number => {
  if (mixer.kind !== 'mla' || !since(settings.version, '0.7.1')) return 0;
  const heads = mixer.heads / settings.tensorParallel;
  if (!since(settings.version, '0.8.0')) return heads * mixer.latentDim * (mixer.queryIn + hidden) * 2;
  return heads * (mixer.nopeDim + mixer.valueDim) * mixer.latentDim * 2;
};

/**
 * "Model loading took": the weights of one rank of a pipeline stage, LoRA buffers included. Rule per tensor:
 * vllm/model_executor/layers/linear.py, vocab_parallel_embedding.py; checked on logged starts to about 1 %.
 */
export const weightsOf = (shape: ModelShape, quantisation: Quantisation, settings: Settings, stage: Stage): Amount => {
  const { tensorParallel: tp, pipelineParallel: pp, dtypeBytes } = settings;
  const wide = dtypeBytes / 2;
  let bytes = 0;
  for (const [{ mixer, tensors }, count] of counted(stage.layers)) {
    const kvHeads = mixer.kind === 'attention' ? mixer.kvHeads : 1;
    for (const tensor of tensors) {
      const bits = quantisation.bits(tensor.role);
      const padding = quantisation.method === 'mxfp4' && tensor.role === 'expert' ? mxfp4Padding(tensor, settings) : 1;
      bytes +=
        (count *
          tensorElements(tensor) *
          shareOf(tensor, kvHeads, settings) *
          bits *
          padding *
          (bits === 16 ? wide : 1)) /
        8;
    }
    bytes += count * mlaCopies(mixer, shape.hidden, settings);
  }
  const table = (paddedVocab(shape.vocab) * shape.hidden * 2 * wide) / tp;
  if (stage.isFirst) bytes += table + (shape.otherParams * 2 * wide) / tp + visionBytes(shape, tp);
  if (stage.isLast && (!shape.tied || pp > 1)) bytes += (table * quantisation.headBits) / 16;
  bytes += loraBytes(stage, settings) + shape.rotaryElements * 2;
  const own = around(
    Math.max(0, bytes / GIB - settings.cpuOffloadGiB),
    0.003 + quantisation.doubt,
    0.011 + 1.5 * quantisation.doubt,
    0.03,
  );
  const { drafter } = shape;
  if (!drafter || !stage.isLast) return own;
  const draft = (drafter.elements * 2) / tp / GIB;
  return plus(own, around(draft, drafter.doubt, drafter.doubt, 0.02));
};
