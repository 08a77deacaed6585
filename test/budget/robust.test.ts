import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeBudget, solver, suspectsOf } from '../../src/budget/index.js';
import { inputOf } from './helpers.js';

const number = fc.oneof(
  fc.integer({ min: -5, max: 10 }),
  fc.double({ min: -1e3, max: 1e7, noNaN: true }),
  fc.constantFrom(0, 1, 2, 4, 8, 64, 4096, 1e9),
);
const facts = fc.record(
  {
    model: fc.constantFrom(
      'Qwen/Qwen3-8B',
      'google/gemma-3-27b-it',
      'Qwen/Qwen3.8-27B',
      'openai/gpt-oss-20b',
      'deepseek-ai/DeepSeek-V4-Flash',
      'x',
      '',
    ),
    vllmVersion: fc.constantFrom('0.4.3', '0.8.3', '0.11.0', '0.19.0', '0.27.1', '0.33.0', 'latest', '9.9.9'),
    gpuName: fc.constantFrom('H100 80GB', 'A100', 'GB10', 'nonsense', ''),
    quantization: fc.constantFrom('fp8', 'awq', 'new', ''),
    kvCacheDtype: fc.constantFrom('auto', 'fp8', 'x'),
    gpuTotalGiB: number,
    tensorParallelSize: number,
    pipelineParallelSize: number,
    gpuMemoryUtilization: number,
    maxModelLen: number,
    maxNumSeqs: number,
    maxNumBatchedTokens: number,
    blockSize: number,
    kvTokens: number,
    gpuBlocks: number,
    weightsGiB: number,
    activationGiB: number,
    consumedGiB: number,
    kvCacheGiB: number,
    speculativeConfig: fc.anything(),
    limitMmPerPrompt: fc.anything(),
    platform: fc.constantFrom('cuda', 'cpu', 'rocm'),
    engine: fc.constantFrom('V0', 'V1'),
  },
  { requiredKeys: [] },
);

describe('whatever the facts say', () => {
  it('nothing throws, and every figure is a number inside its range', () => {
    fc.assert(
      fc.property(facts, values => {
        const budget = computeBudget(inputOf(values));
        for (const [key, part] of Object.entries(budget?.perGpu ?? {}))
          if (part) {
            if (key !== 'kvCacheGiB') expect(part.low).toBeGreaterThanOrEqual(0);
            expect(Number.isFinite(part.gib)).toBe(true);
            expect(part.low).toBeLessThanOrEqual(part.gib);
            expect(part.high).toBeGreaterThanOrEqual(part.gib);
          }
        for (const figure of [budget?.kvTokens, budget?.maxConcurrency, budget?.maxModelLenThatFits, budget?.shortGiB])
          expect(figure == null || Number.isFinite(figure)).toBe(true);
      }),
      { seed: 3, numRuns: 400 },
    );
  });

  it('the solver answers or says that it cannot', () => {
    fc.assert(
      fc.property(facts, values => {
        const s = solver(inputOf(values));
        for (const answer of [
          s.largestMaxModelLen(),
          s.largestMaxNumSeqs(),
          s.smallestTensorParallel(),
          s.utilisationThatLeaves(1),
        ])
          expect(answer === null || (Number.isFinite(answer) && answer >= 0)).toBe(true);
        suspectsOf({ requestedGiB: 1.74, ...inputOf(values) });
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});
