import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amount, minus } from '../../src/budget/amount.js';
import { computeBudget, derivedFacts, pictureOf, solver, suspectsOf } from '../../src/budget/index.js';
import type { PerGpuBudget } from '../../src/budget/types.js';
import { inputOf } from './helpers.js';

const H100 = { gpuName: 'H100 80GB', gpuTotalGiB: 79.19 };
const QWEN = { model: 'Qwen/Qwen3-14B', maxModelLen: 8192, gpuMemoryUtilization: 0.95, ...H100 };

describe('budget', () => {
  it.each([
    ['0.16.0', 41.94],
    ['0.17.0', 45.34],
  ])('Qwen3-14B on an H100 under %s leaves %f GiB', (vllmVersion, logged) => {
    const kv = computeBudget(inputOf({ ...QWEN, vllmVersion }))!.perGpu.kvCacheGiB!;
    expect(Math.abs(kv.gib - logged)).toBeLessThan(0.1);
    expect(kv.low).toBeLessThanOrEqual(logged);
    expect(kv.high).toBeGreaterThanOrEqual(logged);
  });

  it('closes: the parts add up to the budget', () => {
    const { perGpu, graphsCounted } = computeBudget(inputOf({ ...QWEN, vllmVersion: '0.21.0' }))!;
    const parts: (keyof PerGpuBudget)[] = ['weightsGiB', 'activationGiB', 'nonTorchGiB', 'graphsGiB', 'kvCacheGiB'];
    expect(graphsCounted).toBe(true);
    expect(parts.reduce((sum, key) => sum + perGpu[key]!.gib, 0)).toBeCloseTo(perGpu.budgetGiB!.gib, 6);
  });

  it('what the log measured beats what formulas say', () => {
    const budget = computeBudget({
      facts: {
        ...inputOf({ ...QWEN, vllmVersion: '0.16.0' }).facts,
        weightsGiB: { value: 27.6, from: 'log' },
        activationGiB: { value: 6.1, from: 'log' },
      },
      launch: null,
      modelConfig: null,
    })!;
    expect(budget.perGpu.weightsGiB).toMatchObject({ gib: 27.6, from: 'log' });
    expect(budget.perGpu.kvCacheGiB!.gib).toBeCloseTo(75.23 - 27.6 - 6.1 - 0.13, 1);
  });

  it('closes the identity without any knowledge of the model', () => {
    const log = {
      gpuTotalGiB: 47.5,
      gpuMemoryUtilization: 0.78,
      weightsGiB: 0.52,
      activationGiB: 1.78,
      nonTorchGiB: 0.08,
    };
    const budget = computeBudget(inputOf({ ...log, model: 'nobody/knows-this' }))!;
    expect(budget.perGpu.kvCacheGiB!.gib).toBeCloseTo(34.67, 2);
    expect(budget.missing).toContain('modelConfig');
    expect(budget.perGpu.graphsGiB).toBeNull();
  });

  it('says nothing when nothing is known, and names what is missing', () => {
    expect(computeBudget(inputOf({}))).toBeNull();
    const budget = computeBudget(inputOf({ model: 'Qwen/Qwen3-8B', vllmVersion: '0.19.0' }))!;
    expect(budget.perGpu.weightsGiB!.gib).toBeCloseTo(15.26, 1);
    expect(budget.perGpu.kvCacheGiB).toBeNull();
    expect(budget.missing).toContain('gpuTotalGiB');
  });

  it('an unknown release widens the range, a known one narrows it', () => {
    const open = computeBudget(inputOf(QWEN))!.perGpu.kvCacheGiB!;
    const known = computeBudget(inputOf({ ...QWEN, vllmVersion: '0.16.0' }))!.perGpu.kvCacheGiB!;
    expect(open.high - open.low).toBeGreaterThan(2 * (known.high - known.low));
    expect(open.from).toBe('default');
    expect(open.low).toBeLessThanOrEqual(known.gib);
  });

  it("takes the graphs' estimate out of the peak that 0.27 prints", () => {
    const log = { ...QWEN, vllmVersion: '0.27.1', weightsGiB: 27.5, activationGiB: 3.78, graphsEstimatedGiB: 1.94 };
    expect(computeBudget(inputOf(log))!.perGpu.activationGiB!.gib).toBeCloseTo(1.84, 2);
  });

  it('tells how much is missing from the figures of the refusal', () => {
    const short = (values: object) => computeBudget(inputOf({ ...QWEN, vllmVersion: '0.19.0', ...values }))!.shortGiB;
    expect(short({ kvNeededGiB: 10, kvAvailableGiB: 7.5 })).toBeCloseTo(2.5);
    expect(short({ desiredGiB: 75.2, freeAtStartGiB: 70 })).toBeCloseTo(5.2);
    expect(short({})).toBe(0);
  });

  it('keeps every value inside its range, and a higher utilisation never leaves less', () => {
    const models = [
      'Qwen/Qwen3-8B',
      'openai/gpt-oss-20b',
      'google/gemma-3-27b-it',
      'Qwen/Qwen3.8-27B',
      'deepseek-ai/DeepSeek-V2-Lite',
    ];
    const versions = ['0.6.6', '0.8.5', '0.10.2', '0.16.0', '0.19.0', '0.26.0', '0.29.0', '0.33.0'];
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.constantFrom(...versions),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 2048 }),
        fc.double({ min: 0.3, max: 0.9, noNaN: true }),
        (model, vllmVersion, tensorParallelSize, maxNumSeqs, utilisation) => {
          const at = (gpuMemoryUtilization: number) =>
            computeBudget(
              inputOf({ model, vllmVersion, tensorParallelSize, maxNumSeqs, gpuMemoryUtilization, ...H100 }),
            )!;
          const budget = at(utilisation);
          for (const part of Object.values(budget.perGpu))
            if (part) {
              expect(part.low).toBeLessThanOrEqual(part.gib);
              expect(part.high).toBeGreaterThanOrEqual(part.gib);
            }
          expect(at(utilisation + 0.05).perGpu.kvCacheGiB!.gib).toBeGreaterThan(budget.perGpu.kvCacheGiB!.gib);
        },
      ),
      { seed: 11, numRuns: 60 },
    );
  });
});

describe('amounts', () => {
  it('subtract with independent errors', () => {
    const rest = minus(amount(10, 10, 10), [amount(3, 2.7, 3.4), amount(4, 3.6, 4.3)]);
    expect(rest.gib).toBe(3);
    expect(rest.low).toBeCloseTo(3 - 0.5);
    expect(rest.high).toBeCloseTo(3 + 0.5);
  });
});

describe('solver', () => {
  const tight = solver(
    inputOf({ model: 'Qwen/Qwen3-14B', vllmVersion: '0.16.0', maxModelLen: 131072, gpuName: 'RTX A6000' }),
  );

  it('sees that it does not fit, and what would', () => {
    expect(tight.verdict).toEqual({ fits: false, because: 'length' });
    const longest = tight.largestMaxModelLen()!;
    expect(longest).toBeLessThan(131072);
    expect(longest).toBeGreaterThan(40000);
    expect(tight.fitsWith([{ flag: '--max-model-len', to: longest }])).toBe(true);
    expect(tight.smallestTensorParallel()).toBe(2);
    expect(tight.fitsWith([{ flag: '--tensor-parallel-size', to: 2 }])).toBe(true);
  });

  it('finds the largest number of sequences at the edge', () => {
    const s = solver(
      inputOf({
        model: 'Qwen/Qwen3-8B',
        vllmVersion: '0.16.0',
        maxModelLen: 8192,
        gpuName: 'RTX 4090',
        gpuTotalGiB: 23.6,
      }),
    );
    const most = s.largestMaxNumSeqs()!;
    expect(most).toBeGreaterThan(1);
    expect(s.fitsWith([{ flag: 'max-num-seqs', to: most }])).toBe(true);
    if (most < 2048) expect(s.fitsWith([{ flag: 'max-num-seqs', to: most + 1 }])).not.toBe(true);
  });

  it('carries a measured peak over to other settings by the difference of the formulas', () => {
    const input = inputOf({ ...QWEN, vllmVersion: '0.16.0' });
    const s = solver({ ...input, facts: { ...input.facts, activationGiB: { value: 6.0, from: 'log' } } });
    expect(s.budgetWith([])!.perGpu.activationGiB!.gib).toBe(6);
    const fewer = s.budgetWith([{ flag: '--max-num-seqs', to: 512 }])!.perGpu.activationGiB!.gib;
    // Half of 9.57 x 1024 x 151936 x 4 bytes less.
    expect(6 - fewer).toBeCloseTo((9.57 * 512 * 151936 * 4) / 2 ** 30, 1);
  });

  it('moves a printed pool with the utilisation', () => {
    const input = inputOf({ ...QWEN, vllmVersion: '0.16.0' });
    const s = solver({ ...input, facts: { ...input.facts, kvCacheGiB: { value: 41.0, from: 'log' } } });
    const kv = s.budgetWith([{ flag: '--gpu-memory-utilization', to: 0.9 }])!.perGpu.kvCacheGiB!;
    expect(kv.gib).toBeCloseTo(41 - 0.05 * 79.19, 1);
    expect(kv.from).toBe('formula');
  });

  it('answers null when the facts do not carry an answer', () => {
    const s = solver(inputOf({ model: 'nobody/knows-this', vllmVersion: '0.19.0', ...H100 }));
    expect(s.verdict.fits).toBeNull();
    expect(s.largestMaxModelLen()).toBeNull();
    expect(s.largestMaxNumSeqs()).toBeNull();
    expect(s.smallestTensorParallel()).toBeNull();
    expect(solver(inputOf({ model: 'Qwen/Qwen3-8B' })).utilisationThatLeaves(1)).toBeNull();
  });

  it('leaves room outside the budget', () => {
    const s = solver(inputOf({ ...QWEN, vllmVersion: '0.19.0' }));
    const one = s.utilisationThatLeaves(1)!;
    expect(s.utilisationThatLeaves(5)!).toBeLessThan(one);
    expect(one * 79.19 + 1).toBeLessThan(79.19);
    const occupied = solver(inputOf({ ...QWEN, vllmVersion: '0.19.0', freeAtStartGiB: 50 }));
    expect(occupied.utilisationThatLeaves(0)! * 79.19).toBeLessThanOrEqual(50);
  });

  it('foresees weights that are larger than the card', () => {
    const s = solver(inputOf({ model: 'meta-llama/Llama-3.3-70B-Instruct', vllmVersion: '0.19.0', ...H100 }));
    expect(s.verdict).toEqual({ fits: false, because: 'weights' });
    expect(s.smallestTensorParallel()).toBe(4);
  });

  it('does not condemn a local copy that may be quantised', () => {
    const s = solver(inputOf({ model: '/models/Llama-3.3-70B', maxModelLen: 8192, vllmVersion: '0.19.0', ...H100 }));
    expect(s.verdict.fits).toBeNull();
    expect(s.base.budget!.missing).toContain('quantization');
  });
});

describe('forensics', () => {
  const crash = (requestedGiB: number, phase?: 'profile' | 'load' | 'sampler-warmup', more = {}) =>
    suspectsOf({ requestedGiB, phase, ...inputOf({ ...QWEN, vllmVersion: '0.16.0', ...more }) });

  it('knows the logits of all sequences', () => {
    // 1024 x 151936 x 4 bytes, in steps of 2 MiB: 594 MiB
    const [first] = crash(594 / 1024, 'sampler-warmup');
    expect(first!.tensor.en).toContain('float32 logits');
    expect(first!.scaledBy[0]).toBe('--max-num-seqs');
    expect(first!.dimensions).toBe('[1024, 151936] x 4 bytes');
  });

  it('knows the fused MLP output of a full batch', () => {
    // 8192 x 2 x 17408 x 2 bytes = 544 MiB
    expect(crash(544 / 1024, 'profile')[0]!.scaledBy).toContain('--max-num-batched-tokens');
  });

  it('puts weights first while loading', () => {
    const [first] = crash(1.45, 'load');
    expect(first!.tensor.en).toContain('embedding');
  });

  it("knows the vision tower's buffers of every sequence", () => {
    const input = inputOf({
      model: 'meta-llama/Llama-3.2-11B-Vision-Instruct',
      vllmVersion: '0.6.1',
      gpuName: 'A100 80GB',
    });
    const [first] = suspectsOf({ requestedGiB: 19.63, phase: 'profile', ...input });
    expect(first!.scaledBy[0]).toBe('--max-num-seqs');
  });

  it('the function at work names the tensor, the size its rows', () => {
    const frames = [{ file: 'vllm/v1/sample/sampler.py', function: 'compute_logprobs' }];
    const prompt = (requestedGiB: number) =>
      suspectsOf({ requestedGiB, phase: 'serving', frames, ...inputOf({ ...QWEN, vllmVersion: '0.16.0' }) })[0];
    // 3000 x 151936 x 4 bytes
    expect(prompt(1.7)!.dimensions).toMatch(/^\[~30\d\d, 151936\] x 4 bytes$/);
    expect(prompt(1.7)!.scaledBy).toContain('--max-num-batched-tokens');
    // More rows than a batch has tokens.
    expect(prompt(7.3)?.dimensions ?? '').not.toContain('~');
  });

  it('a tensor of the cache is counted in blocks', () => {
    const frames = [{ file: 'vllm/v1/worker/gpu_model_runner.py', function: '_allocate_kv_cache_tensors' }];
    const input = inputOf({ ...QWEN, vllmVersion: '0.16.0' });
    const cache = (requestedGiB: number) => suspectsOf({ requestedGiB, phase: 'kv-cache', frames, ...input })[0];
    // 16 tokens x 8 heads x 128 x 2 x 2 bytes a block.
    expect(cache(1)!.dimensions).toBe('[~16384 blocks] x 65536 bytes');
    // 40 layers of 3 GiB are more than the card.
    expect(cache(3)?.dimensions ?? '').not.toContain('blocks');
  });

  it('a weight tells how many ranks there are, where nothing else does', () => {
    // 128 experts x 2 x 768 / 4 x 2048 x 2 bytes
    const load = (more: object) =>
      suspectsOf({
        requestedGiB: 192 / 1024,
        phase: 'load',
        ...inputOf({ model: 'Qwen/Qwen3-30B-A3B', vllmVersion: '0.16.0', ...H100, ...more }),
      });
    expect(load({}).map(({ tensor }) => tensor.en)).toContain(
      "one layer's expert weights, gate and up (16 bit), at tensor-parallel size 4",
    );
    expect(load({ tensorParallelSize: 1 }).some(({ tensor }) => /parallel size/.test(tensor.en))).toBe(false);
    expect(load({ tensorParallelSize: 4 })[0]!.tensor.en).toBe("one layer's expert weights, gate and up (16 bit)");
  });

  it('finds nothing for a size that nothing has, and for an unknown model', () => {
    expect(crash(0.0713)).toEqual([]);
    expect(suspectsOf({ requestedGiB: 1, ...inputOf({ model: 'nobody/knows-this' }) })).toEqual([]);
  });
});

describe('picture', () => {
  it('puts the parts inside the budget before its line and shows what is free', () => {
    const budget = computeBudget(inputOf({ ...QWEN, vllmVersion: '0.16.0' }))!;
    const picture = pictureOf(budget);
    const inside = picture.segments.filter(segment => segment.inBudget);
    expect(inside.reduce((sum, { gib }) => sum + gib, 0)).toBeCloseTo(picture.budgetLineGiB!, 1);
    expect(picture.segments.findIndex(segment => !segment.inBudget)).toBe(inside.length);
    expect(picture.segments.find(({ key }) => key === 'graphsGiB')!.inBudget).toBe(false);
    expect(picture.overGiB).toBe(0);
  });

  it('tells by how much it is too much', () => {
    const budget = computeBudget(inputOf({ ...QWEN, vllmVersion: '0.16.0', gpuName: 'L4', gpuTotalGiB: 22.05 }))!;
    expect(pictureOf(budget).overGiB).toBeGreaterThan(5);
    expect(pictureOf(budget).segments.some(({ key }) => key === 'kvCacheGiB')).toBe(false);
  });
});

describe('CPU back-end', () => {
  const cpu = (values: object) => computeBudget(inputOf({ model: 'facebook/opt-125m', platform: 'cpu', ...values }))!;

  it('has 4 GiB for the cache up to 0.12.0, whatever the machine', () => {
    expect(cpu({ vllmVersion: '0.10.2', hostRamGiB: 512 }).perGpu.kvCacheGiB).toMatchObject({
      gib: 4,
      from: 'default',
    });
  });

  it('takes what VLLM_CPU_KVCACHE_SPACE says', () => {
    const budget = cpu({ model: 'Qwen/Qwen3-8B', vllmVersion: '0.19.0', cpuKvSpaceGiB: 2 });
    expect(budget.perGpu.kvCacheGiB).toMatchObject({ gib: 2, from: 'user' });
    expect(budget.perGpu.graphsGiB).toBeNull();
    // 2 GiB of 144 KiB a token, less than 40960.
    expect(budget.maxModelLenThatFits).toBe(14464);
    expect(budget.shortGiB).toBeGreaterThan(3);
  });

  it('from 0.20.0 a share of the memory, which is asked for when unknown', () => {
    expect(cpu({ vllmVersion: '0.20.1' }).missing).toContain('hostRamGiB');
    expect(cpu({ vllmVersion: '0.20.1' }).perGpu.kvCacheGiB).toBeNull();
    expect(cpu({ vllmVersion: '0.24.0', hostRamGiB: 64, hostLimitGiB: 16 }).perGpu.kvCacheGiB!.high).toBeLessThan(16);
  });
});

describe('a release that does not tell its model runner', () => {
  const moe = { model: 'Qwen/Qwen3-30B-A3B', vllmVersion: '0.26.0', ...H100 };

  it('spans both, and what is the same under both is certain', () => {
    const open = solver(inputOf(moe));
    expect(open.base.predictions.map(({ settings }) => settings.runner)).toEqual(['V1', 'V2']);
    expect(open.base.budget!.graphsCounted).toBeNull();
    const told = (modelRunner: string) => computeBudget(inputOf({ ...moe, modelRunner }))!.perGpu.activationGiB!;
    const spanned = open.base.budget!.perGpu.activationGiB!;
    expect(spanned.low).toBeLessThanOrEqual(told('V2').low);
    expect(spanned.high).toBeGreaterThanOrEqual(told('V1').high);
  });
});

describe('graphs', () => {
  it('never take less than nothing, though 0.11 prints so', () => {
    expect(computeBudget(inputOf({ ...QWEN, vllmVersion: '0.11.0' }))!.perGpu.graphsGiB!.low).toBe(0);
  });
});

describe('drafters', () => {
  const part = (speculativeConfig: unknown) =>
    computeBudget(
      inputOf({ model: 'Qwen/Qwen3-8B', vllmVersion: '0.19.0', maxModelLen: 8192, ...H100, speculativeConfig }),
    )!;

  it('add their weights and their layers of the cache', () => {
    const plain = part(undefined);
    const drafted = part({ model: 'Qwen/Qwen3-0.6B', num_speculative_tokens: 4 });
    expect(drafted.perGpu.weightsGiB!.gib - plain.perGpu.weightsGiB!.gib).toBeCloseTo(1.11, 1);
    const perToken = (budget: typeof plain) => budget.perGpu.kvCacheGiB!.gib / budget.kvTokens!;
    expect(perToken(drafted) / perToken(plain)).toBeGreaterThan(1.5);
  });

  it('cost nothing when they are n-grams, and are assumed when unknown', () => {
    expect(part({ method: 'ngram', num_speculative_tokens: 4 }).perGpu.weightsGiB).toEqual(
      part(undefined).perGpu.weightsGiB,
    );
    const eagle = part({ method: 'eagle3', model: 'x/y-eagle3', num_speculative_tokens: 3 }).perGpu.weightsGiB!;
    expect(eagle.high - eagle.low).toBeGreaterThan(0.5);
  });
});

describe('missing facts', () => {
  it('a version that cannot be placed is no version', () => {
    for (const vllmVersion of ['latest', '0.1.dev4676+ge1b7aa6'])
      expect(computeBudget(inputOf({ ...QWEN, vllmVersion }))!.missing).toContain('vllmVersion');
  });

  it('come in the order of what they would tell', () => {
    const budget = computeBudget(inputOf({ model: 'Qwen/Qwen3-8B', gpuTotalGiB: 79.6 }))!;
    expect(budget.missing).toEqual(['vllmVersion', 'gpuName']);
    expect(computeBudget(inputOf({ ...QWEN, vllmVersion: '0.19.0' }))!.missing).toEqual([]);
  });
});

describe('a pool that the log tells in tokens or blocks only', () => {
  const log = (values: object) =>
    computeBudget(inputOf({ model: 'Qwen/Qwen3-8B', maxModelLen: 16384, tensorParallelSize: 1, ...values }))!.perGpu
      .kvCacheGiB!;

  it.each([
    [{ vllmVersion: '0.13.0', kvTokens: 188_864 }, 25.94],
    [{ vllmVersion: '0.13.0', gpuBlocks: 11_804 }, 25.94],
    [{ vllmVersion: '0.27.1', kvTokens: 188_864 }, 25.94],
  ])('%o', (values, gib) => {
    expect(log({ ...values, tensorParallelSize: undefined })).toBeNull();
    expect(log(values).gib).toBeCloseTo(gib, 1);
    // The tokens are measured, what a token costs is computed.
    expect(log(values).from).toBe('formula');
    expect(log(values).high / log(values).low).toBeLessThan(1.03);
  });
});

describe('derived facts', () => {
  it('tell what the model and the card are', () => {
    const facts = derivedFacts(inputOf({ model: 'Qwen/Qwen3.5-35B-A3B', gpuName: 'DGX Spark' }));
    expect(facts.isMoe?.value).toBe(true);
    expect(facts.isHybrid?.value).toBe(true);
    expect(facts.isMultimodal?.value).toBe(true);
    expect(facts.unifiedMemory?.value).toBe(true);
    expect(facts.computeCapability).toEqual({ value: '12.1', from: 'default' });
  });

  it('say nothing about what is unknown', () => {
    expect(derivedFacts(inputOf({ model: 'nobody/knows-this' }))).toEqual({});
  });
});

describe('figures that hold two parts in one', () => {
  it('0.27 and later: consumed is weights and non-torch', () => {
    const log = { weightsGiB: 55.19, consumedGiB: 56.89, activationGiB: 0.76, budgetGiB: 85.51, gpuTotalGiB: 95.01 };
    for (const model of ['Qwen/Qwen3-235B-A22B-Instruct-2507-FP8', 'nobody/knows-this']) {
      const input = inputOf({ model, vllmVersion: '0.27.1', tensorParallelSize: 4 });
      const facts = { ...input.facts, ...inputOf(log).facts };
      const { perGpu } = computeBudget({ ...input, facts })!;
      expect(perGpu.kvCacheGiB!.gib).toBeCloseTo(27.86, 2);
      expect(perGpu.nonTorchGiB!.gib).toBeCloseTo(1.7, 2);
    }
  });

  it('0.6.4: the peak holds the weights', () => {
    const log = { peakTorchGiB: 19.6, nonTorchGiB: 0.44, gpuTotalGiB: 47.54, gpuMemoryUtilization: 0.9 };
    const { perGpu } = computeBudget(inputOf({ model: 'nobody/knows-this', vllmVersion: '0.6.4.post1', ...log }))!;
    expect(perGpu.kvCacheGiB!.gib).toBeCloseTo(22.75, 2);
  });
});
