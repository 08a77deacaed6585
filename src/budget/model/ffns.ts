import type { Fields } from './fields.js';
import { tensor } from './mixers.js';
import type { Ffn, Tensor } from './shape.js';

/** Model types whose MLP has no gate: two matrices instead of three. */
const UNGATED =
  /^(?:opt|phi|phi-msft|gpt2|gpt_neox|gptj|gpt_bigcode|bloom|mpt|falcon|starcoder2|nemotron|nemotron_h|stablelm_alpha|persimmon|codegen)$/;

const NO_FFN: Ffn = {
  kind: 'none',
  gated: true,
  width: 0,
  experts: 0,
  topK: 0,
  expertWidth: 0,
  expertIn: 0,
  sharedWidth: 0,
};

interface Built {
  ffn: Ffn;
  tensors: Tensor[];
}

const isGated = (text: Fields, modelType: string): boolean =>
  !UNGATED.test(modelType) && !/relu2/.test(text.text('mlp_hidden_act', 'hidden_act') ?? '');

const expertCount = (text: Fields): number =>
  text.number('num_experts', 'num_local_experts', 'n_routed_experts', 'moe_num_experts') ?? 0;

/** Whether layer i has routed experts; `letter` is its sign in a hybrid pattern ('E', '-', ...). */
const hasExperts = (text: Fields, i: number): boolean => {
  if (expertCount(text) === 0 || text.flag('enable_moe_block') === false) return false;
  const kinds = text.list('mlp_layer_types');
  if (kinds && i < kinds.length) return kinds[i] === 'sparse';
  const blocks = text.list('layers_block_type');
  if (blocks?.some(block => block === 'moe')) return blocks[i] === 'moe';
  const pattern = text.text('hybrid_override_pattern');
  if (pattern && i < pattern.length) return pattern[i] === 'E';
  const frequencies = text.list('moe_layer_freq');
  if (frequencies && i < frequencies.length) return frequencies[i] === 1;
  const first = text.number('first_k_dense_replace', 'moe_layer_start_index') ?? 0;
  if (i < first) return false;
  if (text.list('mlp_only_layers')?.includes(i)) return false;
  const step = text.number('decoder_sparse_step', 'interleave_moe_layer_step', 'moe_layer_freq') || 1;
  if (step > 1) return (i + 1) % step === 0;
  const period = text.number('expert_layer_period');
  return period ? i % period === (text.number('expert_layer_offset') ?? 0) : true;
};

/** Whether layer i has a feed-forward part at all: in Mamba hybrids mixers and feed-forward parts take turns. */
const hasFfn = (text: Fields, i: number): boolean => {
  const pattern = text.text('hybrid_override_pattern');
  if (pattern && i < pattern.length) return pattern[i] === '-' || pattern[i] === 'E';
  const blocks = text.list('layers_block_type');
  if (blocks?.some(block => block === 'moe' || block === 'mlp')) return blocks[i] === 'moe' || blocks[i] === 'mlp';
  return true;
};

/** Width of the dense MLP of layer i. */
const denseWidth = (text: Fields, hidden: number, i: number, layerCount: number): number => {
  const perLayer = text.list('intermediate_size');
  if (perLayer && typeof perLayer[i] === 'number') return perLayer[i] as number;
  const moe = expertCount(text) > 0;
  const width =
    (moe ? text.number('intermediate_size_mlp', 'dense_intermediate_size') : null) ??
    text.number(
      'intermediate_size',
      'ffn_hidden_size',
      'ffn_dim',
      'ff_intermediate_size',
      'n_inner',
      'shared_intermediate_size',
    ) ??
    Math.round((text.number('expansion_ratio') ?? 4) * hidden);
  // Gemma 4: layers that borrow keys and values have an MLP of twice the width.
  const shared = text.number('num_kv_shared_layers') ?? 0;
  // Molmo states the fused width of gate and up.
  if (text.text('model_type') === 'molmo') return width / 2;
  return text.flag('use_double_wide_mlp') && i >= layerCount - shared ? width * 2 : width;
};

const expertWidthOf = (text: Fields): number =>
  text.number('moe_intermediate_size', 'expert_intermediate_size', 'intermediate_size', 'ffn_dim') ?? 0;

const sharedWidthOf = (text: Fields, modelType: string, expertWidth: number): number => {
  const direct = text.number('shared_expert_intermediate_size', 'moe_shared_expert_intermediate_size');
  if (direct !== null) return direct;
  const count = text.number('n_shared_experts', 'num_shared_experts', 'moe_num_shared_experts');
  if (count !== null) return count * expertWidth;
  if (modelType.startsWith('llama4')) return expertWidth;
  return modelType.startsWith('granitemoe') ? (text.number('shared_intermediate_size') ?? 0) : 0;
};

/** The feed-forward part of layer i: dense, mixture of experts (with shared experts), or none. */
export const feedForward = (text: Fields, modelType: string, hidden: number, i: number, layerCount: number): Built => {
  if (!hasFfn(text, i)) return { ffn: NO_FFN, tensors: [] };
  const gated = isGated(text, modelType);
  const dense = (name: string, role: Tensor['role'], width: number): Tensor[] =>
    width === 0
      ? []
      : [
          ...(gated ? [tensor(`${name}.gate_proj`, role, width, hidden)] : []),
          tensor(`${name}.up_proj`, role, width, hidden),
          tensor(`${name}.down_proj`, role, hidden, width),
        ];
  if (!hasExperts(text, i)) {
    const width = denseWidth(text, hidden, i, layerCount);
    return { ffn: { ...NO_FFN, kind: 'mlp', gated, width }, tensors: dense('mlp', 'mlp', width) };
  }
  const experts = expertCount(text);
  const expertWidth = expertWidthOf(text);
  const expertIn = text.number('moe_latent_size', 'routed_expert_hidden_size') ?? hidden;
  const sharedWidth = sharedWidthOf(text, modelType, expertWidth);
  // Gemma 4 keeps its dense MLP beside the experts.
  const width = text.flag('enable_moe_block') ? denseWidth(text, hidden, i, layerCount) : 0;
  return {
    ffn: {
      kind: 'moe',
      gated,
      width,
      experts,
      topK:
        text.number(
          'num_experts_per_tok',
          'num_experts_per_token',
          'experts_per_token',
          'top_k_experts',
          'moe_topk',
          'moe_top_k',
        ) ?? 1,
      expertWidth,
      expertIn,
      sharedWidth,
    },
    tensors: [
      tensor('mlp.gate', 'router', experts, hidden, 'none'),
      ...(gated ? [tensor('mlp.experts.gate_proj', 'expert', expertWidth, expertIn, 'even', experts)] : []),
      tensor('mlp.experts.up_proj', 'expert', expertWidth, expertIn, 'even', experts),
      tensor('mlp.experts.down_proj', 'expert', expertIn, expertWidth, 'even', experts),
      ...(expertIn === hidden
        ? []
        : [
            tensor('mlp.latent_in', 'shared', expertIn, hidden, 'none'),
            tensor('mlp.latent_out', 'shared', hidden, expertIn, 'none'),
          ]),
      ...dense('mlp.shared_experts', 'shared', sharedWidth),
      ...dense('mlp', 'mlp', width),
    ],
  };
};
