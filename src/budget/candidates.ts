import type { Text } from '../common/text.js';
import { GIB, MIB } from '../common/units.js';
import type { Phase } from '../log/types.js';
import { counted, type ModelShape, type Tensor } from './model/shape.js';
import type { Prediction } from './predict.js';
import type { Settings } from './settings.js';
import { paddedVocab } from './terms/weights.js';

/** A tensor that a start or a request makes. */
export interface Candidate {
  tensor: Text;
  dimensions: number[];
  bytes: number;
  scaledBy: string[];
  phases: Phase[];
  /** How often this very tensor is the one that fails: breaks ties between equal sizes. */
  weight: number;
}

const PROFILE: Phase[] = ['profile', 'sampler-warmup', 'graph-capture', 'serving'];

const make = (
  en: string,
  zh: string,
  dimensions: number[],
  bytes: number,
  scaledBy: string[],
  phases: Phase[],
  weight = 0.5,
): Candidate => ({ tensor: { en, zh }, dimensions: dimensions.map(Math.round), bytes, scaledBy, phases, weight });

/** Buffers of sampling: rows of the profile or of a batch times the vocabulary. */
const samplerTensors = (shape: ModelShape, settings: Settings): Candidate[] => {
  const rows = Math.min(settings.maxNumSeqs * (1 + settings.speculativeTokens), settings.maxNumBatchedTokens);
  const logits = [rows, shape.vocab];
  const sequences = ['--max-num-seqs'];
  return [
    make('float32 logits of all sequences', '所有序列的 float32 logits', logits, 4, sequences, PROFILE, 0.9),
    make('16-bit logits of all sequences', '所有序列的 16 位 logits', logits, 2, sequences, PROFILE, 0.7),
    make('indices of the sorted logits (int64)', '排序后 logits 的索引（int64）', logits, 8, sequences, PROFILE, 0.7),
    make(
      'penalty counters of the sampler',
      '采样器的惩罚计数',
      [settings.maxNumSeqs, shape.vocab],
      4,
      sequences,
      ['load', 'profile'],
      0.4,
    ),
    make(
      'logits of a whole batch of prompt tokens (prompt_logprobs)',
      '整批提示词 token 的 logits（prompt_logprobs）',
      [settings.maxNumBatchedTokens, shape.vocab],
      4,
      ['--max-num-batched-tokens', 'prompt_logprobs'],
      ['serving', 'profile'],
      0.5,
    ),
  ];
};

/** Activations of one pass over a full batch. */
const forwardTensors = (shape: ModelShape, settings: Settings): Candidate[] => {
  const { maxNumBatchedTokens: tokens, tensorParallel: tp, dtypeBytes } = settings;
  const flags = ['--max-num-batched-tokens', '--tensor-parallel-size'];
  const found: Candidate[] = [
    make(
      'hidden states of a full batch',
      '整批 token 的隐藏状态',
      [tokens, shape.hidden],
      dtypeBytes,
      ['--max-num-batched-tokens'],
      PROFILE,
      0.5,
    ),
  ];
  const widths = new Set(
    shape.layers.map(({ ffn }) => Math.max(ffn.width, ffn.sharedWidth)).filter(width => width > 0),
  );
  for (const width of widths) {
    found.push(
      make(
        'output of the MLP (gate and up)',
        'MLP 的 gate/up 输出',
        [tokens, (2 * width) / tp],
        dtypeBytes,
        flags,
        PROFILE,
        0.8,
      ),
    );
    found.push(make('activated MLP output', 'MLP 激活后的输出', [tokens, width / tp], dtypeBytes, flags, PROFILE, 0.6));
  }
  const moe = shape.layers.find(({ ffn }) => ffn.experts > 0)?.ffn;
  if (moe) {
    const width = settings.expertParallel ? moe.expertWidth : moe.expertWidth / tp;
    found.push(
      make(
        "experts' gate and up for every routed token",
        '每个路由 token 的专家 gate/up 输出',
        [tokens, moe.topK, 2 * width],
        2,
        flags,
        PROFILE,
        0.8,
      ),
    );
    found.push(
      make(
        "experts' outputs before they are summed",
        '求和前的专家输出',
        [tokens, moe.topK, moe.expertIn],
        2,
        ['--max-num-batched-tokens'],
        PROFILE,
        0.8,
      ),
    );
    found.push(
      make("experts' activated widths", '专家激活后的中间结果', [tokens, moe.topK, width], 2, flags, PROFILE, 0.6),
    );
  }
  const attention = shape.layers.map(({ mixer }) => mixer).find(mixer => mixer.kind === 'attention');
  if (attention?.kind === 'attention') {
    const heads = attention.heads / tp + 2 * Math.max(1, attention.kvHeads / tp);
    found.push(
      make(
        'queries, keys and values of a full batch',
        '整批 token 的 QKV',
        [tokens, heads, attention.headDim],
        dtypeBytes,
        flags,
        PROFILE,
        0.5,
      ),
    );
    found.push(
      make(
        'attention scores over the whole length (no flash attention)',
        '全长注意力分数（未使用 flash attention）',
        [attention.heads / tp, settings.maxModelLen, settings.maxModelLen],
        dtypeBytes,
        ['--max-model-len', '--attention-backend'],
        ['profile', 'serving'],
        0.4,
      ),
    );
  }
  return found;
};

/** Names of weights as vLLM makes them: fused projections, experts in one tensor. */
export const weightTensors = (shape: ModelShape, settings: Settings): Candidate[] => {
  const { tensorParallel: tp } = settings;
  const flags = ['--tensor-parallel-size', '--quantization'];
  const load: Phase[] = ['load'];
  const found: Candidate[] = [
    make(
      'embedding table or output head',
      '词嵌入表或输出头',
      [paddedVocab(shape.vocab) / tp, shape.hidden],
      2,
      ['--tensor-parallel-size'],
      load,
      0.6,
    ),
  ];
  const seen = new Set<string>();
  const add = (en: string, zh: string, dimensions: number[]) => {
    const key = dimensions.join('x');
    if (seen.has(key)) return;
    seen.add(key);
    for (const [bytes, how] of [
      // Twice the width only where float32 was asked for; narrower forms wherever the storage may be one.
      ...(settings.dtypeBytes === 4 ? [[4, '32 bit'] as const] : []),
      [2, '16 bit'],
      [1, '8 bit'],
      [0.5, '4 bit'],
    ] as const)
      found.push(
        make(
          `${en} (${how})`,
          `${zh}(${how.replace(' bit', ' 位')})`,
          dimensions,
          bytes,
          flags,
          load,
          bytes === 2 ? 0.7 : 0.4,
        ),
      );
  };
  const part = (tensors: Tensor[], name: string) => tensors.find(tensor => tensor.name === name);
  for (const [{ tensors }] of counted(shape.layers)) {
    const up = part(tensors, 'mlp.experts.up_proj');
    const gate = part(tensors, 'mlp.experts.gate_proj');
    if (up) {
      add("one layer's expert weights, gate and up", '一层专家权重（gate 与 up）', [
        up.copies,
        ((gate ? 2 : 1) * up.out) / tp,
        up.in,
      ]);
      add("one layer's expert weights, down", '一层专家权重（down）', [up.copies, up.in, up.out / tp]);
    }
    const [q, k, v, o] = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map(name => part(tensors, name));
    if (q && k && v)
      add("one layer's query, key and value weights", '一层的 QKV 权重', [(q.out + k.out + v.out) / tp, q.in]);
    if (o) add("one layer's attention output weights", '一层的注意力输出权重', [o.out, o.in / tp]);
    const dense = part(tensors, 'mlp.up_proj');
    if (dense) {
      add("one layer's MLP weights, gate and up", '一层 MLP 权重（gate 与 up）', [(2 * dense.out) / tp, dense.in]);
      add("one layer's MLP weights, down or up", '一层 MLP 权重（down 或 up）', [dense.in, dense.out / tp]);
    }
  }
  return found;
};

/** One layer's share of the KV cache (V1 makes one tensor a layer or group position). */
const cacheTensors = (prediction: Prediction): Candidate[] => {
  const kv = prediction.perGpu.kvCacheGiB;
  const { layout, shape } = prediction;
  if (!kv || !layout || kv.gib <= 0) return [];
  const layers = shape.layers.filter(({ mixer }) => mixer.kind === 'attention' || mixer.kind === 'mla').length;
  if (layers === 0) return [];
  const bytes = (kv.gib * GIB) / Math.ceil(layers / layout.groups);
  return [
    make(
      "one layer's KV cache",
      '一层的 KV 缓存',
      [bytes],
      1,
      ['--gpu-memory-utilization', '--kv-cache-memory-bytes'],
      ['kv-cache'],
      0.7,
    ),
  ];
};

/** Buffers of the vision tower and fixed workspaces of attention backends. */
const otherTensors = (prediction: Prediction): Candidate[] => {
  const { shape, settings, activation } = prediction;
  const found: Candidate[] = [];
  const { vision } = shape;
  const encoder = activation.encoder;
  if (vision && encoder) {
    const flags = ['--limit-mm-per-prompt', '--mm-processor-kwargs', '--max-num-batched-tokens'];
    const phases: Phase[] = ['profile', 'serving'];
    const add = (en: string, zh: string, dimensions: number[], weight: number) =>
      found.push(make(en, zh, dimensions, 2, flags, phases, weight));
    for (const patches of new Set(encoder.passes)) {
      add("vision tower's MLP output", '视觉塔 MLP 输出', [patches, vision.intermediate], 0.7);
      add("vision tower's hidden states", '视觉塔隐藏状态', [patches, vision.hidden], 0.5);
      add("vision tower's queries, keys and values", '视觉塔 QKV', [patches, 3 * vision.hidden], 0.6);
    }
    const item = encoder.tokensPerItem * vision.merge ** 2;
    add(
      'attention scores of one image in the vision tower (no flash attention)',
      '单张图像在视觉塔中的注意力分数（未使用 flash attention）',
      [vision.heads, item, item],
      0.6,
    );
  }
  if (vision?.family === 'mllama')
    // Five of the tower's layers are kept beside its output for every tile of every sequence.
    found.push(
      make(
        "the vision tower's intermediate layers for all sequences",
        '所有序列的视觉塔中间层输出',
        [settings.maxNumSeqs * 4, 1608, 5 * vision.hidden],
        2,
        ['--max-num-seqs', '--limit-mm-per-prompt'],
        ['profile'],
        0.8,
      ),
    );
  const workspace = (mib: number, en: string, zh: string) =>
    found.push(
      make(
        en,
        zh,
        [mib, MIB],
        1,
        ['VLLM_FLASHINFER_WORKSPACE_BUFFER_SIZE'],
        ['kv-cache', 'graph-capture', 'profile', 'serving'],
        0.6,
      ),
    );
  workspace(394, "FlashInfer's workspace (0.11.1 and later)", 'FlashInfer 工作区（0.11.1 起）');
  workspace(256, "FlashInfer's workspace (up to 0.11.0)", 'FlashInfer 工作区（0.11.0 及之前）');
  found.push(make('rotary position table', '旋转位置编码表', [shape.rotaryElements], 2, [], ['load'], 0.4));
  found.push(
    make(
      'token table of all sequences',
      '所有序列的 token 表',
      [settings.maxNumSeqs, settings.maxModelLen],
      4,
      ['--max-num-seqs', '--max-model-len'],
      ['load', 'profile'],
      0.3,
    ),
  );
  return found;
};

/** Every tensor of a start that is large enough to be the one that failed. */
export const candidatesOf = (prediction: Prediction): Candidate[] => {
  const { shape, settings } = prediction;
  return [
    ...samplerTensors(shape, settings),
    ...forwardTensors(shape, settings),
    ...weightTensors(shape, settings),
    ...cacheTensors(prediction),
    ...otherTensors(prediction),
  ];
};
