import { feedForward } from './ffns.js';
import { Fields, isRecord, MAX_LAYERS } from './fields.js';
import { attention, compressedAttention, latentAttention, mixerKinds, stateMixer } from './mixers.js';
import type { Layer, Mixer, ModelShape, Tensor } from './shape.js';
import { textConfigOf } from './text-config.js';
import { readVision } from './vision.js';

/** Classes that share embedding and head unless the file says otherwise. */
const TIED_CLASSES = /^(?:gemma|opt|gpt2|mpt|bloom|falcon|cohere|phi3small|gpt_bigcode|starcoder2|minicpm3?$)/;

const maxPositionsOf = (text: Fields): number | null => {
  const own = text.number(
    'max_position_embeddings',
    'max_seq_len',
    'seq_length',
    'n_positions',
    'max_sequence_length',
    'model_max_length',
  );
  if (own === null) return null;
  const scaling = text.part('rope_scaling') ?? text.part('rope_parameters');
  // Gemma 3 states the scaled length already.
  const factor = text.text('model_type')?.startsWith('gemma3') ? null : scaling?.number('factor');
  const type = scaling?.text('rope_type', 'type');
  if (!scaling || !factor || !type || /^(?:default|mrope|llama3|su|longrope|proportional)$/.test(type)) return own;
  // vLLM multiplies the original length for yarn and the stated one for linear and dynamic scaling (transformers_utils/config.py).
  const original = scaling.number('original_max_position_embeddings');
  return type === 'yarn' || type === 'deepseek_yarn' ? (original ?? own) * factor : own * factor;
};

/**
 * Elements of the cosine and sine tables: every position times the rotary width. Linear scaling lengthens the table (Gemma 3:
 * a million positions), and layers with a rotation of their own have a second one. Llama 4's ten million positions make
 * 2.5 GiB of it (model_executor/layers/rotary_embedding).
 */
const rotaryElementsOf = (text: Fields, headDim: number): number => {
  const stated = text.number('max_position_embeddings') ?? 0;
  const scaling = text.part('rope_scaling') ?? text.part('rope_parameters');
  const isLinear = /^(?:linear|dynamic)$/.test(scaling?.text('rope_type', 'type') ?? '');
  const positions = isLinear ? stated * (scaling?.number('factor') ?? 1) : (maxPositionsOf(text) ?? stated);
  const local = text.text('model_type')?.startsWith('gemma3') ? stated : 0;
  const width =
    (text.number('qk_rope_head_dim') ?? headDim) * (text.number('partial_rotary_factor', 'rotary_pct') ?? 1);
  return Math.min(positions + local, 2 ** 27) * Math.min(width, 1024);
};

/** The same layers, equal ones being one object. */
const interned = (layers: Layer[]): Layer[] => {
  const known = new Map<string, Layer>();
  return layers.map(layer => {
    const key = JSON.stringify(layer);
    const first = known.get(key);
    if (first) return first;
    known.set(key, layer);
    return layer;
  });
};

/** Nemotron-Super and its kind: every block chooses its own attention and width. */
const blockLayer = (
  block: Record<string, unknown>,
  text: Fields,
  hidden: number,
  heads: number,
  headDim: number,
): Layer => {
  const mixerPart = isRecord(block.attention) ? new Fields(block.attention) : null;
  const ffnPart = isRecord(block.ffn) ? new Fields(block.ffn) : null;
  const group = mixerPart?.number('n_heads_in_group');
  const built =
    group && mixerPart?.flag('no_op') !== true
      ? attention(text, {
          hidden,
          heads,
          kvHeads: heads / group,
          headDim,
          valueDim: headDim,
          window: null,
          chunk: null,
          ownsKv: true,
          cross: false,
          keyIsValue: false,
        })
      : { mixer: { kind: 'none' } as Mixer, tensors: [] as Tensor[] };
  const multiplier = ffnPart?.flag('no_op') === true ? null : (ffnPart?.number('ffn_mult') ?? null);
  // DeciLM: two thirds of mult x hidden, twice, raised to a multiple of 256.
  const width = multiplier === null ? 0 : Math.ceil(Math.floor((2 * multiplier * hidden) / 3) / 256) * 256;
  const dense = feedForward(new Fields({ intermediate_size: width }), 'llama', hidden, 0, 1);
  return { mixer: built.mixer, ffn: dense.ffn, tensors: [...built.tensors, ...(width ? dense.tensors : [])] };
};

/**
 * The architecture told by a parsed config.json, in any of the spellings that published models use. Null when the file
 * does not hold what every transformer has (layers, hidden size, vocabulary): unknown, never guessed.
 */
export const shapeFromConfig = (config: unknown): ModelShape | null => {
  if (!isRecord(config)) return null;
  const root = new Fields(config);
  const textData = textConfigOf(config);
  const text = new Fields(textData);
  const modelType = (text.text('model_type') ?? root.text('model_type') ?? '').toLowerCase();
  const hidden = text.number('hidden_size', 'd_model', 'n_embd', 'dim');
  const vocab =
    text.number('vocab_size', 'padded_vocab_size', 'embedding_size', 'n_vocab') ?? root.number('vocab_size');
  const blocks = text.list('block_configs');
  const layerCount =
    text.number('num_hidden_layers', 'num_layers', 'n_layers', 'n_layer') ??
    text.list('layers_block_type', 'layer_types')?.length ??
    text.text('hybrid_override_pattern')?.length ??
    null;
  if (!hidden || !vocab || !layerCount || layerCount > MAX_LAYERS) return null;

  const heads = text.number('num_attention_heads', 'n_heads', 'n_head', 'num_heads') ?? 0;
  const attnPart = text.part('attn_config');
  const stated =
    text.number('num_key_value_heads', 'num_kv_heads', 'n_head_kv') ??
    (text.flag('multi_query_attention') ? text.number('multi_query_group_num') : null) ??
    attnPart?.number('kv_n_heads') ??
    null;
  const multiQuery = text.flag('multi_query') === true && text.flag('new_decoder_architecture') !== true;
  const kvHeads = stated ?? (multiQuery ? 1 : heads);
  const headDim = text.number('head_dim', 'attention_head_dim', 'kv_channels') || (heads ? hidden / heads : 0);
  const isLatent = Boolean(text.number('kv_lora_rank')) && text.flag('use_mla') !== false;
  const kinds = mixerKinds(text, layerCount, modelType);
  const state = kinds.includes('state') ? stateMixer(text, hidden) : null;
  if (kinds.includes('state') && !state) return null;
  if (kinds.some(kind => kind !== 'state' && kind !== 'none') && (!heads || (!headDim && !isLatent))) return null;

  const globalHeadDim = text.number('global_head_dim');
  const sharedKvFrom = layerCount - (text.number('num_kv_shared_layers') ?? 0);
  const indexerTypes = text.list('indexer_types');
  const ratios = text.list('compress_ratios');
  const slidingKvHeads = text.number('swa_num_key_value_heads');

  const layerAt = (i: number): Layer => {
    if (blocks && isRecord(blocks[i]))
      return blockLayer(blocks[i] as Record<string, unknown>, text, hidden, heads, headDim);
    const kind = kinds[i]!;
    const { ffn, tensors } = feedForward(text, modelType, hidden, i, layerCount);
    const mix = (): { mixer: Mixer; tensors: Tensor[] } => {
      if (kind === 'none') return { mixer: { kind: 'none' }, tensors: [] };
      if (kind === 'state') return state!;
      if (kind === 'compressed') return compressedAttention(text, hidden, heads, Number(ratios?.[i] ?? 0) || 0);
      if (isLatent)
        return latentAttention(
          text,
          hidden,
          heads,
          text.has('index_head_dim') && (indexerTypes?.[i] ?? 'full') === 'full',
        );
      const isFull = kind === 'full';
      const isSliding = kind === 'sliding';
      const dim = isFull && globalHeadDim ? globalHeadDim : headDim;
      return attention(text, {
        hidden,
        heads: (isSliding ? text.number('swa_num_attention_heads') : null) ?? heads,
        kvHeads:
          isFull && globalHeadDim
            ? (text.number('num_global_key_value_heads') ?? kvHeads)
            : isSliding && slidingKvHeads
              ? slidingKvHeads
              : kvHeads,
        headDim: (isSliding ? text.number('swa_head_dim') : null) ?? dim,
        valueDim: (isSliding ? text.number('swa_v_head_dim') : null) ?? (text.number('v_head_dim') || dim),
        window: isSliding ? text.number('sliding_window') : null,
        chunk: kind === 'chunked' ? text.number('attention_chunk_size') : null,
        ownsKv: i < sharedKvFrom,
        cross: kind === 'cross',
        keyIsValue: isFull && text.flag('attention_k_eq_v') === true,
      });
    };
    const mixed = mix();
    return {
      mixer: mixed.mixer,
      ffn,
      tensors: [
        ...mixed.tensors,
        ...tensors,
        { name: 'norms', role: 'norm', out: 2, in: hidden, copies: 1, split: 'none' },
      ],
    };
  };

  const perLayerInput = text.number('hidden_size_per_layer_input') ?? 0;
  const positions =
    text.flag('learned_pos_emb') || modelType === 'opt' || modelType === 'gpt2'
      ? (maxPositionsOf(text) ?? 0) * hidden
      : 0;
  return {
    modelType,
    architecture: (root.list('architectures')?.[0] as string | undefined) ?? null,
    hidden,
    vocab,
    tied:
      text.flag('tie_word_embeddings') ??
      root.flag('tie_word_embeddings', 'weight_tying') ??
      TIED_CLASSES.test(modelType),
    layers: interned(Array.from({ length: layerCount }, (_, i) => layerAt(i))),
    maxPositions: maxPositionsOf(text),
    dtypeBytes: 2,
    rotaryElements: rotaryElementsOf(text, headDim),
    stateFloat32: /float32/.test(text.text('mamba_ssm_dtype', 'mamba_ssm_cache_dtype') ?? ''),
    vision: readVision(config, hidden),
    otherParams:
      positions +
      (perLayerInput
        ? (text.number('vocab_size_per_layer_input') ?? vocab) * layerCount * perLayerInput +
          layerCount * 3 * hidden * perLayerInput
        : 0),
    drafter: null,
    expertDtype: text.text('expert_dtype') ?? root.text('expert_dtype'),
    quantization: textData.quantization_config ?? config.quantization_config ?? null,
  };
};
