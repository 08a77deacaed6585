import { since } from '../eras.js';
import type { ModelShape } from '../model/shape.js';
import type { Settings } from '../settings.js';
import { type LayerCache, layerCaches } from './kv-specs.js';
import type { Stage } from './stages.js';

/** How a pool of KV memory is cut into blocks, and what a request takes from it. */
export interface KvLayout {
  /** Bytes that one block costs over all layers of a group. */
  blockBytes: number;
  /** Blocks that a request of `length` tokens needs, over all groups. */
  blocksFor(length: number): number;
  /** Tokens in a block (the smallest, where groups differ). */
  blockTokens: number;
  groups: number;
}

interface Group {
  layers: number;
  page: number;
  block: number;
  kind: LayerCache['kind'];
  blocksFor(length: number): number;
}

const byKey = (caches: LayerCache[]): Map<string, LayerCache[]> => {
  const buckets = new Map<string, LayerCache[]>();
  for (const cache of caches) buckets.set(cache.key, [...(buckets.get(cache.key) ?? []), cache]);
  return buckets;
};

/** Bytes of one block over all the layers. */
const pagesOf = (caches: LayerCache[]): number => sum(caches.map(cache => cache.count * cache.page));

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Layers per group: the smallest bucket, unless the largest is hardly larger (v1/core/kv_cache_utils.py: 1.25 from 0.12.0, 1.5 from 0.18.0). */
const groupSize = (counts: number[], version: string): number => {
  const min = Math.min(...counts);
  const max = Math.max(...counts);
  const factor = since(version, '0.18.0') ? 1.5 : since(version, '0.12.0') ? 1.25 : 1;
  return max < factor * min ? max : min;
};

/**
 * Hybrids of attention and recurrent state: the block is enlarged until the attention page holds the state, then the
 * state is padded to the page (v1/worker, platforms/interface.py: aligned to 16 tokens).
 */
const enlargedBlock = (caches: LayerCache[], settings: Settings): number | null => {
  const state = Math.max(0, ...caches.filter(cache => cache.kind === 'state').map(cache => cache.page));
  const attention = caches.filter(cache => cache.kind !== 'state');
  if (state === 0 || attention.length === 0) return null;
  const perToken = Math.max(...attention.map(cache => cache.page / cache.block));
  const align = Math.max(16, settings.blockSize);
  return align * Math.ceil(state / (align * perToken));
};

/** Groups with pages of different sizes are brought to the largest: a smaller page takes more tokens where the ratio is whole. */
const unified = (buckets: LayerCache[][]): Group[] => {
  const page = Math.max(...buckets.map(bucket => bucket[0]!.page));
  return buckets.map(bucket => {
    const [first] = bucket as [LayerCache];
    const ratio = page / first.page;
    const grows = first.kind !== 'state' && Number.isInteger(ratio) && ratio > 1;
    const block = grows ? first.block * ratio : first.block;
    return {
      layers: sum(bucket.map(cache => cache.count)),
      page,
      block,
      kind: first.kind,
      blocksFor: grows ? length => Math.ceil(first.blocksFor(length) / ratio) : first.blocksFor,
    };
  });
};

/**
 * The layout of the KV cache of one rank: v1/core/kv_cache_utils.py (kv_cache_planning.py from 0.33.0); V0:
 * vllm/worker/cache_engine.py. Null where the rule is not known.
 */
export const kvLayout = (shape: ModelShape, settings: Settings, stage: Stage): KvLayout | null => {
  let caches = layerCaches(shape, settings, stage);
  if (!caches) return null;
  const attentionOnly = caches.filter(cache => cache.kind !== 'state');
  if (caches.length === 0) return null;
  if (settings.engine === 'V0' || attentionOnly.length === 0) {
    // V0 keeps recurrent states outside its pool; a pure state model has no blocks per token.
    if (attentionOnly.length === 0) return null;
    return {
      blockBytes: pagesOf(attentionOnly),
      blocksFor: length => Math.ceil(length / settings.blockSize),
      blockTokens: settings.blockSize,
      groups: 1,
    };
  }
  const block = enlargedBlock(caches, settings);
  if (block !== null) {
    const page = Math.max(...attentionOnly.map(cache => (cache.page / cache.block) * block));
    caches = caches.map(cache =>
      cache.kind === 'state'
        ? { ...cache, page, block }
        : {
            ...cache,
            page: (cache.page / cache.block) * block,
            block,
            blocksFor: length => Math.ceil((cache.blocksFor(length) * cache.block) / block),
          },
    );
  }
  const buckets = [...byKey(caches).values()];
  if (buckets.length === 1) {
    const [bucket] = buckets as [LayerCache[]];
    return {
      blockBytes: pagesOf(bucket),
      blocksFor: bucket[0]!.blocksFor,
      blockTokens: bucket[0]!.block,
      groups: 1,
    };
  }
  const groups = unified(buckets);
  const size = groupSize(
    groups.map(group => group.layers),
    settings.version,
  );
  const cut = groups.map(group => ({ ...group, count: Math.ceil(group.layers / size) }));
  return {
    blockBytes: size * groups[0]!.page,
    blocksFor: length => sum(cut.map(group => group.count * group.blocksFor(length))),
    blockTokens: Math.min(...groups.map(group => group.block)),
    groups: sum(cut.map(group => group.count)),
  };
};

/** Blocks in a pool of `bytes`. */
export const blocksIn = (layout: KvLayout, bytes: number): number => Math.max(0, Math.floor(bytes / layout.blockBytes));

/** Bytes that vLLM demands for one request of `length` tokens; the null block counts from 0.29.0. */
export const needFor = (layout: KvLayout, settings: Settings, length: number): number =>
  layout.blockBytes *
  (layout.blocksFor(length) + (since(settings.version, '0.29.0') && settings.engine === 'V1' ? 1 : 0));

/** Requests of max_model_len that fit at once, and the token count, as vLLM prints them. */
export const poolFigures = (
  layout: KvLayout,
  settings: Settings,
  bytes: number,
): { blocks: number; tokens: number; concurrency: number } => {
  const blocks = settings.blocksOverride ?? blocksIn(layout, bytes);
  const concurrency = blocks / layout.blocksFor(settings.maxModelLen);
  const printedFromConcurrency = settings.engine === 'V1' && since(settings.version, '0.20.1');
  const tokens = printedFromConcurrency
    ? Math.floor(concurrency * settings.maxModelLen)
    : Math.floor(blocks / layout.groups) * layout.blockTokens * settings.decodeContextParallel;
  return { blocks, tokens, concurrency };
};

/** The pool in bytes that a printed number of blocks, tokens or requests of max_model_len means; null when none was printed. */
export const poolFrom = (
  layout: KvLayout,
  settings: Settings,
  printed: { blocks: number | null; tokens: number | null; concurrency?: number | null },
): number | null => {
  const { blocks, tokens, concurrency } = printed;
  if (blocks !== null) return blocks * layout.blockBytes;
  const requests = (count: number) => count * layout.blocksFor(settings.maxModelLen) * layout.blockBytes;
  if (tokens === null) return concurrency ? requests(concurrency) : null;
  if (settings.engine === 'V1' && since(settings.version, '0.20.1')) return requests(tokens / settings.maxModelLen);
  return (tokens / (layout.blockTokens * settings.decodeContextParallel)) * layout.groups * layout.blockBytes;
};

/** The largest length whose need fits into `bytes`, by bisection as vLLM does it; 0 when not even one token fits. */
export const longestIn = (layout: KvLayout, settings: Settings, bytes: number, limit: number): number => {
  const fits = (length: number) => needFor(layout, settings, length) <= bytes;
  if (!fits(1)) return 0;
  let low = 1;
  let high = Math.max(1, Math.floor(limit));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
};
