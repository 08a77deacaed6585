import { since } from '../eras.js';
import { counted, type ModelShape } from '../model/shape.js';
import type { Settings } from '../settings.js';
import type { Stage } from './stages.js';

/** Cache of `count` equal layers on one rank: its kind, bytes for one block of `block` tokens, and how many blocks a request needs. */
export interface LayerCache {
  count: number;
  kind: 'full' | 'sliding' | 'chunked' | 'state';
  page: number;
  /** Tokens that a page holds. */
  block: number;
  /** Layers of the same key share a group. */
  key: string;
  blocksFor(length: number): number;
}

const up = (a: number, b: number): number => Math.ceil(a / b);

/** Bytes that one element of the cache takes, and the bytes of scales per token and KV head. */
const elementOf = (dtype: string): { bytes: number; scales: number } | null => {
  if (dtype === 'auto' || /bfloat16|float16|half/.test(dtype)) return { bytes: 2, scales: 0 };
  if (/per_token_head/.test(dtype)) return /int4/.test(dtype) ? { bytes: 0.5, scales: 8 } : { bytes: 1, scales: 8 };
  if (/nvfp4/.test(dtype)) return { bytes: 0.5625, scales: 0 };
  if (/fp8|int8|float8/.test(dtype)) return { bytes: 1, scales: 0 };
  if (/float32|^float$/.test(dtype)) return { bytes: 4, scales: 0 };
  return null;
};

/** The cache's dtype that a checkpoint wants (ModelOpt, compressed-tensors): honoured by `auto` from about 0.11.1. */
export const kvDtypeOf = (shape: ModelShape, settings: Settings): string => {
  if (settings.kvCacheDtype !== 'auto' || !since(settings.version, '0.11.1')) return settings.kvCacheDtype;
  const config = shape.quantization as Record<string, unknown> | null;
  const inner = (config?.quantization as Record<string, unknown> | undefined) ?? config;
  const scheme = inner?.kv_cache_scheme ?? inner?.kv_cache_quant_algo;
  const wantsFp8 =
    /^fp8$/i.test(String(scheme)) ||
    (typeof scheme === 'object' && scheme !== null && (scheme as { num_bits?: unknown }).num_bits === 8);
  return wantsFp8 ? 'fp8' : 'auto';
};

/** Bytes per token of MLA's latent: 16 bit, fp8, or fp8_ds_mla (sparse models with an fp8 cache, from 0.11.1). */
const latentBytes = (dim: number, dtype: string, sparse: boolean, version: string): number => {
  if (/nvfp4_ds_mla/.test(dtype)) return (dim * 352) / 576;
  if (/fp8_ds_mla/.test(dtype) || (sparse && /fp8/.test(dtype) && since(version, '0.11.1'))) return (dim * 656) / 576;
  return dim * (/fp8/.test(dtype) ? 1 : /float32/.test(dtype) ? 4 : 2);
};

/** Batches in flight at once: with asynchronous scheduling two (from 0.26.0 they enlarge a sliding window's need). */
const batchesInFlight = (settings: Settings): number => {
  if (!since(settings.version, '0.26.0')) return 1;
  const pp = settings.pipelineParallel;
  if (!settings.asyncScheduling) return pp;
  return settings.runner === 'V2' ? pp + 1 : pp > 1 ? pp : 2;
};

/** Bytes of a layer's recurrent state on one rank: vllm/model_executor/layers/mamba/mamba_utils.py@0.33.0. */
const stateBytes = (
  mixer: Extract<ModelShape['layers'][number]['mixer'], { kind: 'state' }>,
  settings: Settings,
  float32: boolean,
): number => {
  const tp = settings.tensorParallel;
  const steps = mixer.kernel - 1 + (mixer.family === 'mamba1' ? 0 : settings.speculativeTokens);
  return (mixer.convChannels / tp) * steps * 2 + (mixer.recurrent / tp) * (float32 ? 4 : 2);
};

/**
 * What every layer of a stage keeps in the KV cache. Null where the rule is not known (an unknown cache dtype,
 * DeepSeek-V4's compressed layout). Pages: vllm/v1/kv_cache_interface.py; V0: vllm/worker/cache_engine.py.
 */
export const layerCaches = (shape: ModelShape, settings: Settings, stage: Stage): LayerCache[] | null => {
  const dtype = kvDtypeOf(shape, settings);
  const element = elementOf(dtype);
  if (!element) return null;
  const { tensorParallel: tp, blockSize, version, engine } = settings;
  const inFlight = batchesInFlight(settings) * settings.maxNumBatchedTokens;
  const local = engine === 'V1' && settings.hybridManager && since(version, '0.9.1');
  const caches: LayerCache[] = [];
  const full = (block: number) => (length: number) => up(up(length, settings.decodeContextParallel), block);
  for (const [{ mixer }, count] of counted(stage.cached)) {
    if (mixer.kind === 'compressed') return null;
    if (mixer.kind === 'mla') {
      const sparse = mixer.indexKeyDim > 0;
      const bytes =
        engine === 'V0' && !since(version, '0.7.1')
          ? 2 * Math.max(1, mixer.heads / tp) * (mixer.nopeDim + mixer.ropeDim) * 2
          : latentBytes(mixer.latentDim + mixer.ropeDim, dtype, sparse, version);
      caches.push({
        count,
        kind: 'full',
        page: blockSize * bytes,
        block: blockSize,
        key: 'mla',
        blocksFor: full(blockSize),
      });
      if (sparse)
        caches.push({
          count,
          kind: 'full',
          page: blockSize * (mixer.indexKeyDim + 4),
          block: blockSize,
          key: 'mla',
          blocksFor: full(blockSize),
        });
    }
    if (mixer.kind === 'attention' && mixer.ownsKv && (!mixer.cross || engine === 'V0')) {
      const heads = Math.max(1, mixer.kvHeads / tp);
      const page = blockSize * heads * ((mixer.headDim + mixer.valueDim) * element.bytes + element.scales);
      const { window, chunk } = mixer;
      if (window !== null && local)
        caches.push({
          count,
          kind: 'sliding',
          page,
          block: blockSize,
          key: `sliding ${window}`,
          blocksFor: length => up(Math.min(window - 1 + inFlight, length), blockSize) + 1,
        });
      else if (chunk !== null && local)
        caches.push({
          count,
          kind: 'chunked',
          page,
          block: blockSize,
          key: `chunked ${chunk}`,
          blocksFor: length => up(Math.min(chunk + inFlight, length), blockSize),
        });
      else caches.push({ count, kind: 'full', page, block: blockSize, key: 'full', blocksFor: full(blockSize) });
    }
    if (mixer.kind === 'state') {
      const extra = settings.speculativeTokens;
      caches.push({
        count,
        kind: 'state',
        page: stateBytes(mixer, settings, shape.stateFloat32),
        block: blockSize,
        key: 'state',
        blocksFor: () => (settings.prefixCaching ? 2 : 1) + extra,
      });
    }
  }
  return caches;
};
