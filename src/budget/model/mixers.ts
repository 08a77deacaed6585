import type { Fields } from './fields.js';
import type { Mixer, Tensor } from './shape.js';

/** A kind of layer before its sizes are filled in. */
export type MixerKind = 'full' | 'sliding' | 'chunked' | 'state' | 'cross' | 'compressed' | 'none';

export const tensor = (
  name: string,
  role: Tensor['role'],
  out: number,
  columns: number,
  split: Tensor['split'] = 'even',
  copies = 1,
): Tensor => ({ name, role, out, in: columns, copies, split });

const KIND_NAMES: Record<string, MixerKind> = {
  full_attention: 'full',
  attention: 'full',
  deepseek_sparse_attention: 'full',
  global: 'full',
  sliding_attention: 'sliding',
  local: 'sliding',
  chunked_attention: 'chunked',
  linear_attention: 'state',
  mamba: 'state',
  mamba2: 'state',
  conv: 'state',
  short_conv: 'state',
  recurrent: 'state',
  moe: 'none',
  mlp: 'none',
};

const numbersIn = (list: unknown[] | null): number[] | null =>
  list?.every(item => typeof item === 'number') ? (list as number[]) : null;

/** The kind of every layer, from whichever of the many ways in which configs write it. */
export const mixerKinds = (text: Fields, count: number, modelType: string): MixerKind[] => {
  const each = (kind: (i: number) => MixerKind) => Array.from({ length: count }, (_, i) => kind(i));

  const named = text.list('layer_types', 'layers_block_type', 'block_types');
  if (named && named.length >= count) return each(i => KIND_NAMES[String(named[i])] ?? 'full');

  const pattern = text.text('hybrid_override_pattern');
  if (pattern && pattern.length >= count)
    return each(i => (pattern[i] === '*' ? 'full' : pattern[i] === 'M' ? 'state' : 'none'));

  const interval = text.number('full_attention_interval');
  if (interval) return each(i => ((i + 1) % interval === 0 ? 'full' : 'state'));

  const linear = text.part('linear_attn_config');
  const full = numbersIn(linear?.list('full_attn_layers') ?? null);
  if (full) {
    // Kimi counts layers from 1, GLM from 0: the list of the other layers tells which.
    const first = (numbersIn(linear?.list('kda_layers') ?? null) ?? []).includes(0) ? 0 : 1;
    const set = new Set(full);
    return each(i => (set.has(i + first) ? 'full' : 'state'));
  }

  const attentionTypes = numbersIn(text.list('attn_type_list'));
  if (attentionTypes && attentionTypes.length >= count) return each(i => (attentionTypes[i] === 1 ? 'full' : 'state'));

  const attentionIndices = numbersIn(text.list('attn_layer_indices'));
  if (attentionIndices) return each(i => (attentionIndices.includes(i) ? 'full' : 'state'));

  const period = text.number('attn_layer_period');
  if (period) return each(i => (i % period === (text.number('attn_layer_offset') ?? 0) ? 'full' : 'state'));

  const cross = numbersIn(text.list('cross_attention_layers'));
  if (cross) return each(i => (cross.includes(i) ? 'cross' : 'full'));

  if (text.list('compress_ratios')) return each(() => 'compressed');

  if (text.number('attention_chunk_size') && modelType.startsWith('llama4')) {
    const rope = numbersIn(text.list('no_rope_layers'));
    return each(i => ((rope ? rope[i] === 1 : (i + 1) % 4 !== 0) ? 'chunked' : 'full'));
  }

  const local = numbersIn(text.list('hybrid_layer_pattern'));
  if (local && local.length >= count) return each(i => (local[i] === 1 ? 'sliding' : 'full'));

  if (modelType.startsWith('mamba') || modelType === 'falcon_mamba') return each(() => 'state');

  if (!text.number('sliding_window') || text.flag('use_sliding_window') === false) return each(() => 'full');
  const letters = text.text('sliding_window_pattern');
  if (letters) return each(i => (letters[i % letters.length] === 'L' ? 'sliding' : 'full'));
  const every = text.number('sliding_window_pattern') ?? (modelType.startsWith('gemma3') ? 6 : null);
  if (every) return each(i => ((i + 1) % every === 0 ? 'full' : 'sliding'));
  if (modelType === 'gemma2') return each(i => (i % 2 === 0 ? 'sliding' : 'full'));
  const from = text.flag('use_sliding_window') ? (text.number('max_window_layers') ?? 0) : 0;
  return each(i => (i >= from ? 'sliding' : 'full'));
};

interface Built {
  mixer: Mixer;
  tensors: Tensor[];
}

/** Multi-head, grouped-query or multi-query attention, full, sliding, chunked or cross. */
export const attention = (
  text: Fields,
  options: {
    hidden: number;
    heads: number;
    kvHeads: number;
    headDim: number;
    valueDim: number;
    window: number | null;
    chunk: number | null;
    ownsKv: boolean;
    cross: boolean;
    keyIsValue: boolean;
  },
): Built => {
  const { hidden, heads, kvHeads, headDim, valueDim, ownsKv } = options;
  const gate = text.flag('attn_output_gate') ?? text.text('model_type') === 'qwen3_next';
  const tensors = [
    tensor('q_proj', 'attention', heads * headDim * (gate ? 2 : 1), hidden),
    ...(ownsKv ? [tensor('k_proj', 'attention', kvHeads * headDim, hidden, 'kv')] : []),
    ...(ownsKv && !options.keyIsValue ? [tensor('v_proj', 'attention', kvHeads * valueDim, hidden, 'kv')] : []),
    tensor('o_proj', 'attention', hidden, heads * valueDim),
  ];
  const { window, chunk, cross } = options;
  return { mixer: { kind: 'attention', heads, kvHeads, headDim, valueDim, window, chunk, ownsKv, cross }, tensors };
};

/** Multi-head latent attention (DeepSeek, Kimi, GLM-5); with an indexer for the sparse form. */
export const latentAttention = (text: Fields, hidden: number, heads: number, hasIndexer: boolean): Built => {
  const latentDim = text.number('kv_lora_rank') ?? 0;
  const queryDim = text.number('q_lora_rank');
  const ropeDim = text.number('qk_rope_head_dim') ?? 0;
  const nopeDim = text.number('qk_nope_head_dim') ?? 0;
  const valueDim = text.number('v_head_dim') || nopeDim;
  const indexKeyDim = text.number('index_head_dim') ?? 0;
  const indexHeads = text.number('index_n_heads') ?? 0;
  const tensors = [
    ...(queryDim
      ? [
          tensor('q_a_proj', 'attention', queryDim, hidden, 'none'),
          tensor('q_b_proj', 'attention', heads * (nopeDim + ropeDim), queryDim),
        ]
      : [tensor('q_proj', 'attention', heads * (nopeDim + ropeDim), hidden)]),
    tensor('kv_a_proj_with_mqa', 'attention', latentDim + ropeDim, hidden, 'none'),
    tensor('kv_b_proj', 'attention', heads * (nopeDim + valueDim), latentDim),
    tensor('o_proj', 'attention', hidden, heads * valueDim),
    ...(text.flag('mla_use_output_gate') ? [tensor('g_proj', 'attention', heads * valueDim, hidden)] : []),
    ...(hasIndexer && indexKeyDim
      ? [
          tensor('indexer.wq_b', 'attention', indexHeads * indexKeyDim, queryDim ?? hidden, 'none'),
          tensor('indexer.wk', 'attention', indexKeyDim, hidden, 'none'),
          tensor('indexer.weights_proj', 'attention', indexHeads, hidden, 'none'),
        ]
      : []),
  ];
  return {
    mixer: {
      kind: 'mla',
      heads,
      queryIn: queryDim ?? hidden,
      latentDim,
      nopeDim,
      ropeDim,
      valueDim,
      indexKeyDim: hasIndexer ? indexKeyDim : 0,
    },
    tensors,
  };
};

/**
 * Layers with a recurrent state. Sizes: vllm/model_executor/layers/mamba/mamba_utils.py@0.33.0; all divided by TP.
 * Null when the config does not tell the sizes.
 */
export const stateMixer = (text: Fields, hidden: number): Built | null => {
  const keyHeads = text.number('linear_num_key_heads');
  if (keyHeads !== null) {
    const keys = keyHeads * (text.number('linear_key_head_dim') ?? 128);
    const valueHeads = text.number('linear_num_value_heads') ?? keyHeads;
    const valueDim = text.number('linear_value_head_dim') ?? 128;
    const values = valueHeads * valueDim;
    const kernel = text.number('linear_conv_kernel_dim') ?? 4;
    return {
      mixer: {
        kind: 'state',
        family: 'gdn',
        convChannels: 2 * keys + values,
        kernel,
        recurrent: values * (text.number('linear_key_head_dim') ?? 128),
      },
      tensors: [
        tensor('linear_attn.in_proj_qkvz', 'state', 2 * keys + 2 * values, hidden),
        tensor('linear_attn.in_proj_ba', 'state', 2 * valueHeads, hidden),
        tensor('linear_attn.conv1d', 'norm', 2 * keys + values, kernel),
        tensor('linear_attn.out_proj', 'state', hidden, values),
      ],
    };
  }
  const kda = text.part('linear_attn_config');
  if (kda) {
    const heads = kda.number('num_heads');
    const dim = kda.number('head_dim');
    if (!heads || !dim) return null;
    const width = heads * dim;
    const kernel = kda.number('short_conv_kernel_size') ?? 4;
    return {
      mixer: { kind: 'state', family: 'kda', convChannels: 3 * width, kernel, recurrent: heads * dim * dim },
      tensors: [
        tensor('q_proj', 'state', width, hidden),
        tensor('k_proj', 'state', width, hidden),
        tensor('v_proj', 'state', width, hidden),
        tensor('conv1d', 'norm', 3 * width, kernel),
        tensor('f_a_proj', 'state', dim, hidden, 'none'),
        tensor('f_b_proj', 'state', width, dim),
        tensor('b_proj', 'state', heads, hidden),
        ...(kda.flag('use_full_rank_gate')
          ? [tensor('g_proj', 'state', width, hidden)]
          : [tensor('g_a_proj', 'state', dim, hidden, 'none'), tensor('g_b_proj', 'state', width, dim)]),
        tensor('o_proj', 'state', hidden, width),
      ],
    };
  }
  const mambaHeads = text.number('mamba_num_heads', 'mamba_n_heads');
  if (mambaHeads !== null && mambaHeads > 0) {
    const headDim = text.number('mamba_head_dim', 'mamba_d_head') ?? 64;
    const inner = mambaHeads * headDim;
    const groups = text.number('n_groups', 'mamba_n_groups') ?? 1;
    const state = text.number('ssm_state_size', 'mamba_d_state', 'state_size') ?? 128;
    const kernel = text.number('conv_kernel', 'mamba_d_conv') ?? 4;
    const channels = inner + 2 * groups * state;
    return {
      mixer: { kind: 'state', family: 'mamba2', convChannels: channels, kernel, recurrent: inner * state },
      tensors: [
        tensor('mixer.in_proj', 'state', 2 * inner + 2 * groups * state + mambaHeads, hidden),
        tensor('mixer.conv1d', 'norm', channels, kernel),
        tensor('mixer.out_proj', 'state', hidden, inner),
      ],
    };
  }
  const convDim = text.number('conv_L_cache');
  if (convDim !== null)
    return {
      mixer: {
        kind: 'state',
        family: 'conv',
        convChannels: text.number('conv_dim') ?? hidden,
        kernel: convDim,
        recurrent: 0,
      },
      tensors: [tensor('conv.in_proj', 'state', 3 * hidden, hidden), tensor('conv.out_proj', 'state', hidden, hidden)],
    };
  const stateSize = text.number('mamba_d_state', 'state_size');
  if (stateSize !== null) {
    const inner =
      text.number('intermediate_size_ssm', 'd_inner') ?? (text.number('mamba_expand', 'expand') ?? 2) * hidden;
    const kernel = text.number('mamba_d_conv', 'conv_kernel') ?? 4;
    const rank = text.number('mamba_dt_rank', 'time_step_rank') ?? Math.ceil(hidden / 16);
    return {
      mixer: { kind: 'state', family: 'mamba1', convChannels: inner, kernel, recurrent: inner * stateSize },
      tensors: [
        tensor('mixer.in_proj', 'state', 2 * inner, hidden),
        tensor('mixer.conv1d', 'norm', inner, kernel),
        tensor('mixer.x_proj', 'state', rank + 2 * stateSize, inner),
        tensor('mixer.dt_proj', 'state', inner, rank),
        tensor('mixer.A_log', 'norm', inner, stateSize),
        tensor('mixer.out_proj', 'state', hidden, inner),
      ],
    };
  }
  // MiniMax-01's lightning attention: the layer has the attention's own heads.
  const heads = text.number('num_attention_heads');
  const headDim = text.number('head_dim');
  if (text.list('attn_type_list') && heads && headDim) {
    const width = heads * headDim;
    return {
      mixer: { kind: 'state', family: 'linear', convChannels: 0, kernel: 1, recurrent: heads * headDim * headDim },
      tensors: [
        tensor('qkv_proj', 'state', 3 * width, hidden),
        tensor('output_gate', 'state', width, hidden),
        tensor('out_proj', 'state', hidden, width),
      ],
    };
  }
  return null;
};

/**
 * DeepSeek-V4's compressed attention: one shared latent head of `head_dim`, low-rank query and grouped low-rank output.
 * Shape of the projections: vllm/model_executor/models/deepseek_v4.py@0.33.0.
 */
export const compressedAttention = (text: Fields, hidden: number, heads: number, ratio: number): Built => {
  const dim = text.number('head_dim') ?? 512;
  const queryDim = text.number('q_lora_rank') ?? hidden;
  const outDim = text.number('o_lora_rank') ?? hidden;
  const groups = text.number('o_groups') ?? 1;
  const indexDim = ratio > 0 && ratio <= 4 ? (text.number('index_head_dim') ?? 0) : 0;
  return {
    mixer: { kind: 'compressed', ratio, window: text.number('sliding_window') ?? 128, indexKeyDim: indexDim },
    tensors: [
      tensor('wq_a', 'attention', queryDim, hidden, 'none'),
      tensor('wq_b', 'attention', heads * dim, queryDim),
      tensor('wkv', 'attention', dim, hidden, 'none'),
      tensor('wo_a', 'attention', groups * outDim, (heads * dim) / groups),
      tensor('wo_b', 'attention', hidden, groups * outDim),
      ...(ratio > 0 ? [tensor('compressor', 'attention', (ratio <= 4 ? 4 : 2) * dim, hidden, 'none')] : []),
      ...(indexDim
        ? [
            tensor('indexer.wq_b', 'attention', (text.number('index_n_heads') ?? 0) * indexDim, queryDim, 'none'),
            tensor('indexer.weights_proj', 'attention', text.number('index_n_heads') ?? 0, hidden, 'none'),
            tensor('indexer.compressor', 'attention', 4 * indexDim, hidden, 'none'),
          ]
        : []),
    ],
  };
};
