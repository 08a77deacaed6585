import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amount } from '../../src/budget/amount.js';
import { computeBudget, pictureOf, solver } from '../../src/budget/index.js';
import { closing } from '../../src/budget/reconcile.js';
import type { Budget, PerGpuBudget } from '../../src/budget/types.js';
import type { FactName } from '../../src/facts/types.js';
import { factsOf, inputOf } from './helpers.js';

const budgetOf = (known: Partial<Record<FactName, unknown>>, log: Partial<Record<FactName, unknown>>): Budget => {
  const input = inputOf(known);
  return computeBudget({ ...input, facts: { ...input.facts, ...factsOf(log, 'log') } })!;
};

describe('parts under a sum that was measured', () => {
  it('share a small difference by the room in their ranges', () => {
    const [a, b] = closing([amount(2, 1, 3), amount(1, 0.5, 1.5)], amount(3.6, 3.6, 3.6));
    expect(a!.gib).toBeCloseTo(2.4);
    expect(b!.gib).toBeCloseTo(1.2);
    expect(a!.low).toBeCloseTo(2.1);
  });

  it('a large one refutes the least certain alone', () => {
    const [a, b] = closing([amount(6, 5, 7), amount(0.5, 0.2, 1.2)], amount(2.5, 2.5, 2.5));
    expect(a).toMatchObject({ gib: 2, low: 1.3, high: 2.3 });
    expect(b).toMatchObject({ gib: 0.5, low: 0.2, high: 1.2 });
  });

  it('are never less than nothing', () => {
    for (const part of closing([amount(1, 0.5, 2), amount(1, 0.9, 1.1)], amount(-1, -1, -1))) expect(part.gib).toBe(0);
  });
});

describe('a vision model whose log tells its pool in tokens', () => {
  const known = { model: 'Qwen/Qwen2.5-VL-7B-Instruct', vllmVersion: '0.8.3', tensorParallelSize: 1 };
  const log = {
    gpuTotalGiB: 23.64,
    gpuMemoryUtilization: 0.9,
    maxModelLen: 8192,
    weightsGiB: 15.63,
    kvTokens: 58_224,
    maxConcurrency: 7.11,
    graphsGiB: 0.55,
  };

  it('has a cache of so many tokens, and a peak that leaves room for it', () => {
    const { perGpu, maxModelLenThatFits } = budgetOf(known, log);
    // 28 layers x 4 heads x 128 x 2 x 2 bytes a token.
    expect(perGpu.kvCacheGiB!.gib).toBeCloseTo((58_224 * 57_344) / 2 ** 30, 2);
    expect(perGpu.activationGiB!.gib + perGpu.nonTorchGiB!.gib).toBeCloseTo(23.64 * 0.9 - 15.63 - 3.11, 1);
    expect(maxModelLenThatFits).toBeGreaterThan(50_000);
  });

  it('tells the same from the concurrency alone', () => {
    const { kvTokens: _, ...without } = log;
    expect(budgetOf(known, without).perGpu.kvCacheGiB!.gib).toBeCloseTo(3.11, 1);
  });

  it('has some cache where graphs were captured, whatever the formulas say', () => {
    const { kvTokens: _, maxConcurrency: __, ...without } = log;
    const { perGpu } = budgetOf(known, { ...without, weightsGiB: 19 });
    expect(perGpu.kvCacheGiB!.gib).toBeGreaterThan(0);
  });

  it('a pool that cannot be beside the weights shows another cache than assumed', () => {
    expect(budgetOf(known, { ...log, kvTokens: 580_000, maxConcurrency: 70 }).perGpu.kvCacheGiB!.gib).toBeLessThan(5);
  });

  it('a changed start never gets more than its budget', () => {
    const input = inputOf(known);
    const facts = { ...input.facts, ...factsOf(log, 'log') };
    const less = solver({ ...input, facts }).budgetWith([{ flag: '--max-num-seqs', to: 1 }])!.perGpu;
    expect(less.kvCacheGiB!.gib).toBeLessThan(23.64 * 0.9 - 15.6);
    expect(less.kvCacheGiB!.gib).toBeGreaterThanOrEqual(3.1);
  });
});

describe('whatever part of a start the log states', () => {
  const PARTS: [keyof PerGpuBudget, FactName][] = [
    ['weightsGiB', 'weightsGiB'],
    ['activationGiB', 'activationGiB'],
    ['nonTorchGiB', 'nonTorchGiB'],
    ['graphsGiB', 'graphsGiB'],
    ['kvCacheGiB', 'kvCacheGiB'],
  ];
  const share = fc.double({ min: 0.01, max: 1, noNaN: true });
  const start = fc.record({
    model: fc.constantFrom(
      'Qwen/Qwen3-8B',
      'google/gemma-3-27b-it',
      'openai/gpt-oss-20b',
      'Qwen/Qwen2.5-VL-7B-Instruct',
    ),
    vllmVersion: fc.constantFrom('0.8.3', '0.10.2', '0.16.0', '0.19.0', '0.21.0', '0.26.0', undefined),
    gpuTotalGiB: fc.constantFrom(23.6, 44.4, 79.19),
    shares: fc.tuple(share, share, share, share, share),
    stated: fc.subarray(PARTS),
    combinedFigure: fc.boolean(),
  });

  it('measured parts stay, the others close the identity, and nothing is negative but a pool that cannot be', () => {
    fc.assert(
      fc.property(start, ({ shares, stated, combinedFigure, ...known }) => {
        const total = known.gpuTotalGiB * 0.9;
        const sum = shares.reduce((all, part) => all + part, 0);
        const truth = Object.fromEntries(PARTS.map(([key], i) => [key, (shares[i]! / sum) * total]));
        const log: Partial<Record<FactName, unknown>> = { gpuMemoryUtilization: 0.9 };
        // Where the graphs are not charged they come on top.
        if (budgetOf({ tensorParallelSize: 1, ...known }, log).graphsCounted === false)
          truth.kvCacheGiB! += truth.graphsGiB!;
        for (const [key, name] of stated) log[name] = truth[key];
        const consumed = combinedFigure && !log.weightsGiB && !log.nonTorchGiB;
        if (consumed) log.consumedGiB = truth.weightsGiB! + truth.nonTorchGiB!;
        const budget = budgetOf({ tensorParallelSize: 1, ...known }, log);
        const { perGpu } = budget;
        for (const [key, name] of stated) expect(perGpu[key]).toMatchObject({ gib: log[name], from: 'log' });
        if (consumed)
          expect(perGpu.weightsGiB!.gib + perGpu.nonTorchGiB!.gib).toBeCloseTo(log.consumedGiB as number, 1);
        const inside = PARTS.map(([key]) => key).filter(key => key !== 'graphsGiB' || budget.graphsCounted !== false);
        if (known.vllmVersion !== undefined) {
          const closes = inside.reduce((all, key) => all + perGpu[key]!.gib, 0);
          expect(Math.abs(closes - perGpu.budgetGiB!.gib)).toBeLessThan(0.06);
        }
        for (const [key, part] of Object.entries(perGpu)) {
          if (!part) continue;
          expect(part.low).toBeLessThanOrEqual(part.gib);
          expect(part.high).toBeGreaterThanOrEqual(part.gib);
          if (key !== 'kvCacheGiB') expect(part.low).toBeGreaterThanOrEqual(0);
        }
        // Less than nothing: only as a forecast, where no line shows that there was a cache.
        if (log.kvCacheGiB || log.graphsGiB) expect(perGpu.kvCacheGiB!.gib).toBeGreaterThanOrEqual(0);
        for (const segment of pictureOf(budget).segments) expect(segment.gib).toBeGreaterThan(0);
      }),
      { seed: 17, numRuns: 300 },
    );
  });
});
