/** How a weight is divided among tensor-parallel ranks: evenly, not at all, or by KV heads (replicated below one head a rank). */
export type Split = 'even' | 'none' | 'kv';

/** Part of the model that a weight belongs to: quantisation schemes spare parts, not single weights. */
export type Role = 'attention' | 'state' | 'mlp' | 'shared' | 'expert' | 'router' | 'norm';

/** A weight matrix of one layer: `copies` times `out` rows by `in` columns. */
export interface Tensor {
  name: string;
  role: Role;
  out: number;
  in: number;
  copies: number;
  split: Split;
}

/** What mixes tokens in a layer, as far as memory is concerned. */
export type Mixer =
  | {
      kind: 'attention';
      heads: number;
      kvHeads: number;
      headDim: number;
      valueDim: number;
      /** Sliding window in tokens; null: full attention. */
      window: number | null;
      /** Chunk of chunked local attention (Llama 4); null: none. */
      chunk: number | null;
      /** False: reads another layer's keys and values (Gemma 4's last layers). */
      ownsKv: boolean;
      /** Cross attention to an encoder (Llama 3.2 Vision): no cache per text token. */
      cross: boolean;
    }
  | {
      kind: 'mla';
      heads: number;
      /** Input width of the query's up-projection. */
      queryIn: number;
      latentDim: number;
      nopeDim: number;
      ropeDim: number;
      valueDim: number;
      indexKeyDim: number;
    }
  /** Recurrent state per request: Mamba, gated delta net, Kimi delta attention, short convolution, linear attention. */
  | {
      kind: 'state';
      family: 'gdn' | 'kda' | 'mamba1' | 'mamba2' | 'conv' | 'linear';
      convChannels: number;
      kernel: number;
      recurrent: number;
    }
  /** DeepSeek-V4: one latent entry of 584 bytes for every `ratio` tokens (0: only the sliding window). */
  | { kind: 'compressed'; ratio: number; window: number; indexKeyDim: number }
  | { kind: 'none' };

/** What follows the mixer. Widths are those of the whole model, before tensor parallelism. */
export interface Ffn {
  kind: 'mlp' | 'moe' | 'none';
  gated: boolean;
  /** Width of the dense MLP (0: none); a mixture of experts may have one beside it. */
  width: number;
  experts: number;
  topK: number;
  expertWidth: number;
  /** Input width of the routed experts (the hidden size unless the model works in a latent space). */
  expertIn: number;
  sharedWidth: number;
}

export interface Layer {
  mixer: Mixer;
  ffn: Ffn;
  tensors: Tensor[];
}

/** The vision tower, as far as published configurations tell. */
export interface Vision {
  family: 'qwen2' | 'qwen2.5' | 'qwen3' | 'siglip' | 'clip' | 'pixtral' | 'internvit' | 'llama4' | 'mllama' | 'other';
  layers: number;
  hidden: number;
  intermediate: number;
  heads: number;
  patch: number;
  /** Patches merged to one token along each side. */
  merge: number;
  temporalPatch: number;
  imageSize: number | null;
  /** Tokens that one image of the maximum size becomes in the language model; null: not known. */
  imageTokens: number | null;
  /** Tokens of the largest video item; 0: no video; null: not known. */
  hasVideo: boolean;
  /** Extra feature levels handed to the language model beside the output (Qwen3-VL). */
  deepstackLevels: number;
  attentionParams: number;
  mlpParams: number;
  /** Patch embedding and projector. */
  otherParams: number;
}

/** A second, smaller model that proposes tokens. */
export interface Drafter {
  layers: Layer[];
  /** 16-bit weights, divided among the ranks. */
  elements: number;
  /** How sure the size is, as a fraction. */
  doubt: number;
}

/** The architecture of a model as its config.json tells it: all that memory depends on. */
export interface ModelShape {
  modelType: string;
  architecture: string | null;
  hidden: number;
  vocab: number;
  /** Embedding and output head share one matrix. */
  tied: boolean;
  layers: Layer[];
  /** Context length that vLLM derives from the config when none is asked for. */
  maxPositions: number | null;
  /** Bytes of a weight and of an activation in 16-bit loading (float32 checkpoints load as 16 bit with dtype auto). */
  dtypeBytes: number;
  /** Recurrent states kept in float32 whatever the model's dtype (`mamba_ssm_dtype`). */
  stateFloat32: boolean;
  vision: Vision | null;
  /** Elements of the rotary tables (positions x rotary width), whole on every rank. */
  rotaryElements: number;
  /** Weights beside the layers and embeddings: per-layer embeddings, audio towers, position tables. */
  otherParams: number;
  quantization: unknown;
  /** `fp4` where a checkpoint stores its routed experts narrower than its quantization_config says (DeepSeek-V4). */
  expertDtype: string | null;
  /** Set by the launch, not by the config. */
  drafter: Drafter | null;
}

/** Layers that are the same object with their number: most models have two or three kinds of layers, not eighty. */
export const counted = (layers: readonly Layer[]): [layer: Layer, count: number][] => {
  const counts = new Map<Layer, number>();
  for (const layer of layers) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  return [...counts];
};

export const tensorElements = (tensor: Tensor): number => tensor.out * tensor.in * tensor.copies;

export const isMoe = (shape: ModelShape): boolean => shape.layers.some(layer => layer.ffn.experts > 0);

export const isMla = (shape: ModelShape): boolean => shape.layers.some(layer => layer.mixer.kind === 'mla');

/** Attention layers beside layers with a recurrent state. */
export const isHybrid = (shape: ModelShape): boolean => shape.layers.some(layer => layer.mixer.kind === 'state');

/** Parameters of the text part: layers, embedding, head and final norm; logical weights, before quantisation. */
export const textParams = (shape: ModelShape): number =>
  shape.layers.reduce((sum, layer) => sum + layer.tensors.reduce((s, t) => s + tensorElements(t), 0), 0) +
  shape.vocab * shape.hidden * (shape.tied ? 1 : 2) +
  shape.otherParams +
  shape.hidden;

/**
 * Bytes of keys and values that one token adds over the whole model with a 16-bit cache; sliding layers in full, one copy
 * of MLA's latent, indexer keys and recurrent states not included. Null where a token has no fixed share (DeepSeek-V4).
 */
export const kvBytesPerToken16bit = (shape: ModelShape): number | null => {
  let bytes = 0;
  for (const { mixer } of shape.layers) {
    if (mixer.kind === 'compressed') return null;
    if (mixer.kind === 'mla') bytes += (mixer.latentDim + mixer.ropeDim) * 2;
    if (mixer.kind === 'attention' && mixer.ownsKv && !mixer.cross)
      bytes += mixer.kvHeads * (mixer.headDim + mixer.valueDim) * 2;
  }
  return bytes;
};
