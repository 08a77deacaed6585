import { describe, expect, it } from 'vitest';
import type { FactValues } from '../../src/facts/types.js';
import type { Phase } from '../../src/log/types.js';
import { idsOf, launchOf, planOf } from './build.js';

const CARD: Partial<FactValues> = { vllmVersion: '0.11.0', gpuTotalGiB: 79.25, gpuMemoryUtilization: 0.9 };
const UP = 'raise-gpu-memory-utilization';
const DOWN = 'lower-gpu-memory-utilization';

/** What the phase of the failure says about the share: up, down, or neither. */
const TABLE: [string, string, Phase, Partial<FactValues>, 'up' | 'down' | 'neither'][] = [
  ['start-up check', 'gpu-memory-occupied', 'device-init', { freeAtStartGiB: 60, desiredGiB: 71.33 }, 'down'],
  ['loading', 'weights-exceed-gpu', 'load', {}, 'neither'],
  ['repacking', 'quant-load-overhead', 'load', {}, 'neither'],
  ['encoder in the profile run', 'vlm-encoder-profile', 'profile', {}, 'neither'],
  ['batch in the profile run', 'batched-tokens-peak', 'profile', {}, 'neither'],
  ['experts in the profile run', 'moe-peak', 'profile', {}, 'neither'],
  ['no memory for cache blocks', 'gpu-util-too-low', 'kv-cache', {}, 'up'],
  ['KV check', 'kv-cache-too-small', 'kv-cache', { kvNeededGiB: 12, kvAvailableGiB: 10 }, 'up'],
  ['state blocks', 'hybrid-state-cache', 'kv-cache', {}, 'up'],
  ['graph capture', 'cuda-graph-memory', 'graph-capture', {}, 'down'],
  ['warm-up after the cache', 'max-num-seqs-default', 'sampler-warmup', {}, 'down'],
  ['serving', 'serving-peak', 'serving', { requestedGiB: 2, freeGiB: 1 }, 'down'],
  ['beside a trainer', 'colocated-training', 'serving', {}, 'down'],
  ['unified memory', 'unified-memory', 'device-init', { freeAtStartGiB: 50, unifiedMemory: true }, 'down'],
];

describe('utilisation', () => {
  it.each(TABLE)('%s (%s in %s): %s %s', (_name, cause, phase, facts, direction) => {
    const plan = planOf({ causes: [cause], phase, facts: { ...CARD, ...facts }, launch: launchOf({}) });
    expect(idsOf(plan).includes(UP)).toBe(direction === 'up');
    expect(idsOf(plan).includes(DOWN)).toBe(direction === 'down');
  });

  it('is not raised above 0.95', () => {
    const facts = { ...CARD, gpuMemoryUtilization: 0.95 };
    expect(idsOf(planOf({ causes: ['gpu-util-too-low'], phase: 'kv-cache', facts }))).not.toContain(UP);
  });

  it.each([0.5, 0.7, 0.9, 0.94])('raised from %s stays within 0.95', from => {
    const facts = { ...CARD, gpuMemoryUtilization: from };
    const fix = planOf({ causes: ['gpu-util-too-low'], phase: 'kv-cache', facts }).fixes.find(one => one.id === UP)!;
    expect(fix.changes[0]!.to).toBeGreaterThan(from);
    expect(fix.changes[0]!.to).toBeLessThanOrEqual(0.95);
  });

  it('goes down to what is free when the start-up check failed', () => {
    const facts = { ...CARD, gpuTotalGiB: 7.96, gpuMemoryUtilization: 0.99, freeAtStartGiB: 6.77, desiredGiB: 7.88 };
    const [first] = planOf({ causes: ['gpu-memory-occupied'], phase: 'device-init', facts }).fixes;
    expect(first!.id).toBe(DOWN);
    const to = Number(first!.changes[0]!.to);
    expect(to * 7.96).toBeLessThan(6.77);
    expect(to).toBeGreaterThan(0.83);
  });

  it('a card that is nearly full is freed, not shared', () => {
    const facts = { ...CARD, freeAtStartGiB: 0.5, desiredGiB: 71.33 };
    expect(idsOf(planOf({ causes: ['gpu-memory-occupied'], phase: 'device-init', facts }))[0]).toBe('free-gpu');
  });

  it('freeing the card is not called enough where the weights alone are more than the budget', () => {
    const freed = (model: string) => {
      const facts = { ...CARD, gpuName: 'NVIDIA H100 80GB HBM3', freeAtStartGiB: 0.5, desiredGiB: 71.33, model };
      const { fixes } = planOf({ causes: ['gpu-memory-occupied'], phase: 'device-init', facts });
      return fixes.find(fix => fix.id === 'free-gpu')?.sufficient;
    };
    expect(freed('Qwen/Qwen3-8B')).toBe(true);
    expect(freed('meta-llama/Llama-3.1-70B-Instruct')).toBe(false);
  });
});

describe('what the phase makes useless is told', () => {
  const told = (cause: string, phase: Phase, facts: Partial<FactValues> = {}) =>
    planOf({ causes: [cause], phase, facts: { ...CARD, engine: 'V1', ...facts } }).notHelpful.map(tip => tip.id);

  it.each([
    ['lowering the share while loading', 'weights-exceed-gpu', 'load', DOWN, {}],
    ['lowering the share in the profile run', 'vlm-encoder-profile', 'profile', DOWN, {}],
    ['a shorter context for a V1 peak', 'vlm-encoder-profile', 'profile', 'lower-max-model-len', {}],
    ['no graphs while loading', 'weights-exceed-gpu', 'load', 'enforce-eager', {}],
    [
      'smaller images in graph capture',
      'cuda-graph-memory',
      'graph-capture',
      'limit-mm-pixels',
      { isMultimodal: true },
    ],
    ['a larger share while serving', 'serving-peak', 'serving', UP, {}],
    [
      'expandable segments with little to win',
      'serving-peak',
      'serving',
      'expandable-segments',
      { requestedGiB: 4, reservedUnallocatedGiB: 0.13 },
    ],
  ] as const)('%s', (_name, cause, phase, id, facts) => {
    expect(told(cause, phase, facts)).toContain(id);
  });

  it('with the figures of the case', () => {
    const plan = planOf({
      causes: ['serving-peak'],
      phase: 'serving',
      facts: { ...CARD, requestedGiB: 4, reservedUnallocatedGiB: 0.13 },
    });
    const tip = plan.notHelpful.find(one => one.id === 'expandable-segments')!;
    expect(tip.why.en).toContain('0.13 GiB');
    expect(tip.why.zh).toContain('0.13 GiB');
  });
});

describe('expandable segments', () => {
  const offered = (facts: Partial<FactValues>, env: Record<string, string> = {}) =>
    idsOf(
      planOf({ causes: ['fragmentation'], phase: 'serving', facts: { ...CARD, ...facts }, launch: launchOf({}, env) }),
    );
  const LARGE = { requestedGiB: 1, reservedUnallocatedGiB: 3 };

  it('are offered where much is reserved but unallocated', () => {
    expect(offered(LARGE)[0]).toBe('expandable-segments');
  });
  it('but not below the request or below half a GiB', () => {
    expect(offered({ requestedGiB: 4, reservedUnallocatedGiB: 3 })).not.toContain('expandable-segments');
    expect(offered({ requestedGiB: 0.1, reservedUnallocatedGiB: 0.4 })).not.toContain('expandable-segments');
  });
  it('nor on WSL2, nor when they are on', () => {
    expect(offered({ ...LARGE, isWsl: true })).not.toContain('expandable-segments');
    expect(offered(LARGE, { PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True' })).not.toContain(
      'expandable-segments',
    );
  });
  it('keep the other settings of the allocator', () => {
    const plan = planOf({
      causes: ['fragmentation'],
      phase: 'serving',
      facts: { ...CARD, ...LARGE },
      launch: launchOf({}, { PYTORCH_CUDA_ALLOC_CONF: 'max_split_size_mb:512' }),
    });
    expect(plan.fixes[0]!.changes[0]!.to).toBe('expandable_segments:True,max_split_size_mb:512');
  });
});

describe('what is told', () => {
  it('leaves no placeholder open', () => {
    for (const facts of [{}, { reservedUnallocatedGiB: 0.1 }, { requestedGiB: 1, reservedUnallocatedGiB: 0.1 }])
      for (const phase of ['load', 'profile', 'kv-cache', 'graph-capture', 'serving'] as const)
        for (const cause of ['serving-peak', 'weights-exceed-gpu', 'kv-cache-too-small', 'cuda-graph-memory']) {
          const plan = planOf({ causes: [cause], phase, facts: { ...CARD, gpuMemoryUtilization: 0.96, ...facts } });
          for (const { why } of [...plan.fixes, ...plan.notHelpful])
            expect(`${why.en}${why.zh}`).not.toMatch(/\{\w+\}/);
        }
  });
});
