import { Fields } from './fields.js';
import type { Vision } from './shape.js';

const familyOf = (rootType: string, visionType: string, architecture: string): Vision['family'] => {
  const all = `${rootType} ${visionType} ${architecture}`.toLowerCase();
  if (/qwen2_5_(?:vl|omni)/.test(all)) return 'qwen2.5';
  if (/qwen2_vl/.test(all)) return 'qwen2';
  if (/qwen3|qwen4|glm5_next/.test(all)) return 'qwen3';
  if (/mllama/.test(all)) return 'mllama';
  if (/llama4/.test(all)) return 'llama4';
  if (/intern_?vi|internvl/.test(all)) return 'internvit';
  if (/pixtral|mistral3/.test(all)) return 'pixtral';
  if (/siglip|gemma/.test(all)) return 'siglip';
  if (/clip|llava|phi3_v/.test(all)) return 'clip';
  return 'other';
};

/**
 * Tokens that the largest image becomes in the language model. Qwen: the published processors allow 12 845 056 pixels
 * (28 x 28 a token) and 16 777 216 (32 x 32): 16384 tokens either way. Rules per model: vLLM's
 * get_num_image_tokens in vllm/model_executor/models/*.py@0.33.0.
 */
const imageTokensOf = (
  family: Vision['family'],
  root: Fields,
  vision: Fields,
  patch: number,
  merge: number,
): number | null => {
  const size = vision.number('image_size') ?? vision.number('force_image_size') ?? root.number('force_image_size');
  const side = size && patch ? Math.floor(size / patch) : null;
  if (family === 'qwen2' || family === 'qwen2.5' || family === 'qwen3') return 16384;
  if (family === 'internvit') {
    const tiles = root.number('max_dynamic_patch') ?? 12;
    const perTile =
      size && patch ? Math.round((size / patch) ** 2 * (root.number('downsample_ratio') ?? 0.5) ** 2) : 256;
    return (tiles + (tiles > 1 ? 1 : 0)) * perTile;
  }
  if (family === 'pixtral' && side) {
    const rows = Math.ceil(side / merge);
    return rows * rows + rows;
  }
  if (family === 'llama4' && side) {
    const perTile = Math.round(side ** 2 * (vision.number('pixel_shuffle_ratio') ?? 0.5) ** 2);
    return 17 * perTile + 3;
  }
  if (family === 'mllama') return side ? (side ** 2 + 1) * (vision.number('max_num_tiles') ?? 4) : null;
  const fixed = root.number('mm_tokens_per_image', 'vision_soft_tokens_per_image');
  if (fixed) return fixed;
  if (!side) return null;
  const grids = root.list('image_grid_pinpoints');
  const tiles = Math.max(
    0,
    ...(grids ?? []).map(g => (Array.isArray(g) && size ? (Number(g[0]) / size) * (Number(g[1]) / size) : 0)),
  );
  return Math.round((tiles + 1) * side ** 2);
};

/** The vision tower of a config.json; null for a text model or when its sizes are not told. */
export const readVision = (rootData: Record<string, unknown>, textHidden: number): Vision | null => {
  const root = new Fields(rootData);
  const holder = root.part('thinker_config') ?? root;
  const vision = holder.part('vision_config', 'visual', 'vision_encoder');
  if (!vision) return null;
  const family = familyOf(
    root.text('model_type') ?? '',
    vision.text('model_type') ?? '',
    String(root.list('architectures')?.[0] ?? ''),
  );
  const layers = vision.number('depth', 'num_hidden_layers', 'layers', 'vt_num_hidden_layers') ?? 0;
  const hidden =
    (family === 'qwen2' ? vision.number('embed_dim') : null) ??
    vision.number('hidden_size', 'embed_dim', 'width', 'vt_hidden_size') ??
    0;
  if (!layers || !hidden) return null;
  const ratio = vision.number('mlp_ratio') ?? 4;
  const intermediate = vision.number('intermediate_size', 'vt_intermediate_size') ?? Math.round(hidden * ratio);
  const patchField = vision.raw('patch_size');
  const patch =
    (Array.isArray(patchField) ? Number(patchField[0]) : vision.number('patch_size', 'spatial_patch_size')) || 14;
  const merge =
    vision.number('spatial_merge_size') ??
    root.number('spatial_merge_size') ??
    (family === 'internvit' || family === 'llama4' ? 2 : 1);
  const temporalPatch = vision.number('temporal_patch_size') ?? 1;
  const gated = family === 'qwen2.5' || family === 'pixtral';
  const deepstackLevels = vision.list('deepstack_visual_indexes')?.length ?? 0;
  const channels = vision.number('in_channels', 'in_chans', 'num_channels') ?? 3;
  const globalLayers = vision.number('num_global_layers') ?? 0;
  const depth = layers + globalLayers;
  const merged = hidden * merge ** 2;
  const projector = family.startsWith('qwen')
    ? (1 + deepstackLevels) * (merged ** 2 + merged * textHidden)
    : family === 'pixtral'
      ? merged * hidden + hidden * textHidden + textHidden ** 2
      : family === 'internvit'
        ? merged * textHidden + textHidden ** 2
        : family === 'mllama'
          ? (vision.number('vision_output_dim') ?? hidden) * textHidden
          : family === 'siglip'
            ? hidden * textHidden
            : (vision.number('projector_output_dim') ?? hidden) * textHidden +
              (family === 'clip' ? textHidden ** 2 : 0);
  return {
    family,
    layers,
    hidden,
    intermediate,
    heads: vision.number('num_heads', 'num_attention_heads', 'attention_heads', 'vt_num_attention_heads') ?? 16,
    patch,
    merge,
    temporalPatch,
    imageSize: vision.number('image_size'),
    imageTokens: imageTokensOf(family, holder, vision, patch, merge),
    hasVideo: family.startsWith('qwen') || family === 'internvit',
    deepstackLevels,
    attentionParams: depth * 4 * hidden ** 2,
    mlpParams: depth * (gated ? 3 : 2) * hidden * intermediate,
    otherParams: projector + hidden * channels * patch ** 2 * temporalPatch,
  };
};
