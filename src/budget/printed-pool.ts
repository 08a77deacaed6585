import { GIB } from '../common/units.js';
import type { Facts } from '../facts/types.js';
import { amount } from './amount.js';
import type { Settings } from './settings.js';
import { type KvLayout, poolFrom } from './terms/kv-pool.js';
import type { Amount } from './types.js';

const positive = (fact: { value: number } | undefined): number | null => (fact && fact.value > 0 ? fact.value : null);

/**
 * A pool that was told in blocks, tokens or requests only: the log's number times the bytes that the model needs for one.
 * The number is measured, the bytes are computed: a formula with a tight range.
 */
export const printedPool = (facts: Facts, settings: Settings, layout: KvLayout): Amount | null => {
  const bytes = poolFrom(layout, settings, {
    blocks: positive(facts.gpuBlocks),
    tokens: positive(facts.kvTokens),
    concurrency: facts.maxModelLen ? positive(facts.maxConcurrency) : null,
  });
  if (bytes === null) return null;
  const gib = bytes / GIB;
  const error = Math.max(0.01 * gib, 0.01);
  return amount(gib, Math.max(0, gib - error), gib + error);
};

/** The start came past the sizing of its cache: it printed what the pool holds, or captured graphs, which comes later. */
export const hasPool = (facts: Facts): boolean =>
  [facts.gpuBlocks, facts.kvTokens, facts.maxConcurrency, facts.graphsGiB].some(
    fact => fact?.from === 'log' && fact.value > 0,
  );
