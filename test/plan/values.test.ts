import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsFromLaunch } from '../../src/facts/from-launch.js';
import type { FactValues } from '../../src/facts/types.js';
import { fixes } from '../../src/knowledge/fixes.js';
import type { ArgValue } from '../../src/launch/types.js';
import { propose } from '../../src/plan/propose.js';
import { assess } from '../../src/plan/situation.js';
import { STRATEGIES } from '../../src/plan/values/index.js';
import { repairProducts } from '../../src/plan/values/multimodal.js';
import { type CaseOf, causeOf, factsOf, launchOf, planOf } from './build.js';

const changeOf = (given: CaseOf, id: string, flag: string) =>
  planOf(given)
    .fixes.find(fix => fix.id === id)
    ?.changes.find(change => change.flag === flag);

const CHECK: CaseOf = {
  causes: ['kv-cache-too-small'],
  phase: 'kv-cache',
  facts: { vllmVersion: '0.11.0', engine: 'V1', gpuTotalGiB: 23.6, maxModelLen: 131072 },
};

describe('the length that fits', () => {
  it("is vLLM's own estimate where the log states one", () => {
    const given = {
      ...CHECK,
      facts: { ...CHECK.facts, estimatedMaxModelLen: 32640, kvNeededGiB: 16, kvAvailableGiB: 4 },
    };
    const fix = planOf(given).fixes[0]!;
    expect(fix.id).toBe('lower-max-model-len');
    expect(fix.changes[0]).toMatchObject({ from: 131072, to: 32640 });
    expect(fix).toMatchObject({ clearedBy: 'log', sufficient: true, assumed: false });
  });

  it('is the number of tokens of the cache in V0', () => {
    const facts: Partial<FactValues> = { vllmVersion: '0.5.4', engine: 'V0', maxModelLen: 8192, kvTokens: 4519 };
    expect(changeOf({ ...CHECK, facts }, 'lower-max-model-len', '--max-model-len')?.to).toBe(4512);
  });

  it('follows from what is needed and what is there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4096, max: 262144 }),
        fc.double({ min: 1, max: 60, noNaN: true }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (length, needed, share) => {
          const facts = { ...CHECK.facts, maxModelLen: length, kvNeededGiB: needed, kvAvailableGiB: needed * share };
          const to = Number(changeOf({ ...CHECK, facts }, 'lower-max-model-len', '--max-model-len')?.to);
          expect(to % 16).toBe(0);
          expect(to).toBeLessThan(length);
          // It fits, and two blocks more than the spare would not be far from the limit.
          expect(to / length).toBeLessThanOrEqual(Math.max(share, 16 / length) + 1e-9);
          expect(to).toBeGreaterThan(length * share * 0.98 - 32);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is left to vLLM where nothing is known and the release can find it', () => {
    expect(changeOf({ ...CHECK, facts: { vllmVersion: '0.20.0' } }, 'lower-max-model-len', '--max-model-len')?.to).toBe(
      'auto',
    );
  });
});

describe('utilisation', () => {
  it('rises by what the check lacks', () => {
    const facts = { ...CHECK.facts, gpuTotalGiB: 80, gpuMemoryUtilization: 0.8, kvNeededGiB: 12, kvAvailableGiB: 8 };
    expect(changeOf({ ...CHECK, facts }, 'raise-gpu-memory-utilization', '--gpu-memory-utilization')?.to).toBe(0.86);
  });

  it('is told to fall short where 0.95 does not bring enough', () => {
    const facts = { ...CHECK.facts, gpuMemoryUtilization: 0.9, kvNeededGiB: 12, kvAvailableGiB: 8 };
    const fix = planOf({ ...CHECK, facts }).fixes.find(one => one.id === 'raise-gpu-memory-utilization')!;
    expect(fix.changes[0]!.to).toBe(0.95);
    expect(fix.sufficient).toBe(false);
  });

  it('falls by what was missing and something to spare', () => {
    const given: CaseOf = {
      causes: ['serving-peak'],
      phase: 'serving',
      facts: { vllmVersion: '0.11.0', gpuTotalGiB: 80, gpuMemoryUtilization: 0.9, requestedGiB: 3, freeGiB: 1 },
    };
    const to = Number(changeOf(given, 'lower-gpu-memory-utilization', '--gpu-memory-utilization')?.to);
    expect((0.9 - to) * 80).toBeGreaterThan(2);
    expect((0.9 - to) * 80).toBeLessThan(4);
  });
});

describe('other values', () => {
  const VLM: CaseOf = {
    causes: ['vlm-encoder-profile'],
    phase: 'profile',
    facts: { vllmVersion: '0.8.3', engine: 'V1', model: 'Qwen/Qwen2.5-VL-7B-Instruct', isMultimodal: true },
  };

  it('limits are written in the form that the release takes', () => {
    const to = (release: string) =>
      changeOf(
        { ...VLM, facts: { ...VLM.facts, vllmVersion: release } },
        'limit-mm-per-prompt',
        '--limit-mm-per-prompt',
      )?.to;
    expect(to('0.8.3')).toBe('image=1,video=0');
    expect(to('0.11.0')).toEqual({ image: 1, video: 0 });
  });

  it('a video limit that the user set is kept', () => {
    const given = { ...VLM, launch: launchOf({ 'limit-mm-per-prompt': { image: 4, video: 1 } }) };
    expect(changeOf(given, 'limit-mm-per-prompt', '--limit-mm-per-prompt')?.to).toBe('image=1,video=1');
  });

  it('a product in JSON is written out', () => {
    const given = { ...VLM, launch: launchOf({ 'mm-processor-kwargs': '{"max_pixels": 1920*1080}' }) };
    expect(changeOf(given, 'limit-mm-pixels', '--mm-processor-kwargs')?.to).toEqual({ max_pixels: 2073600 });
    expect(JSON.parse(repairProducts('{"min_pixels": 28*28, "max_pixels": 1280*28*28}'))).toEqual({
      min_pixels: 784,
      max_pixels: 1003520,
    });
  });

  it('a family of models has its own argument', () => {
    const given = { ...VLM, facts: { ...VLM.facts, model: 'OpenGVLab/InternVL3-8B' } };
    expect(changeOf(given, 'limit-mm-pixels', '--mm-processor-kwargs')?.to).toEqual({ max_dynamic_patch: 4 });
  });

  it('idle GPUs are used, a pipeline on the same cards becomes tensor parallel', () => {
    const idle = { causes: ['weights-exceed-gpu'], phase: 'load' as const, facts: { gpuCount: 4 } };
    expect(changeOf(idle, 'tensor-parallel', '--tensor-parallel-size')?.to).toBe(4);
    const pipeline: CaseOf = {
      causes: ['gpu-util-too-low'],
      phase: 'kv-cache',
      facts: { pipelineParallelSize: 4, tensorParallelSize: 1 },
      launch: launchOf({ 'pipeline-parallel-size': 4, 'tensor-parallel-size': 1 }),
    };
    expect(planOf(pipeline).fixes[0]!.id).toBe('tensor-parallel');
    expect(planOf(pipeline).fixes[0]!.changes).toEqual([
      { where: 'vllm', flag: '--tensor-parallel-size', from: 1, to: 4 },
      { where: 'vllm', flag: '--pipeline-parallel-size', from: 4, to: null },
    ]);
  });

  it('float is replaced, other dtypes are not', () => {
    const given = (dtype: string) => ({
      causes: ['weights-wider-than-intended'],
      facts: { dtype },
      launch: launchOf({ dtype }),
    });
    expect(changeOf(given('float'), 'fix-dtype', '--dtype')?.to).toBe('auto');
    expect(changeOf(given('bfloat16'), 'fix-dtype', '--dtype')).toBeUndefined();
  });

  it('the way back and the way forward are releases that exist', () => {
    const regressed = { ...causeOf('vlm-083-regression'), regressedIn: '0.8.0', fixedIn: '0.8.4' };
    const given = { ...VLM, causes: [regressed] };
    expect(changeOf(given, 'downgrade-vllm', 'vllm')?.to).toBe('0.7.3');
    expect(changeOf(given, 'upgrade-vllm', 'vllm')?.to).toBe('0.8.4');
  });

  it("a container's image takes the release as its tag", () => {
    const launch = { ...launchOf({}), image: 'vllm/vllm-openai:v0.8.3' };
    const regressed = { ...causeOf('vlm-083-regression'), fixedIn: '0.8.4' };
    const change = changeOf({ ...VLM, causes: [regressed], launch }, 'upgrade-vllm', 'image');
    expect(change?.to).toBe('vllm/vllm-openai:v0.8.4');
  });

  it('more shared memory is asked for by what was needed', () => {
    const launch = { ...launchOf({}), image: 'vllm/vllm-openai:v0.27.0' };
    const given: CaseOf = { causes: ['shm-too-small'], facts: { shmNeededGiB: 2.5 }, launch };
    expect(changeOf(given, 'enlarge-shm', '--shm-size')?.to).toBe('5g');
  });
});

describe('nothing that the launch has already is proposed', () => {
  const SET: Record<string, ArgValue>[] = [
    {},
    {
      'enforce-eager': true,
      'max-num-seqs': 1,
      'max-num-batched-tokens': 512,
      'kv-cache-dtype': 'fp8',
      'gpu-memory-utilization': 0.95,
      'enable-sleep-mode': true,
      'skip-mm-profiling': true,
      'mm-processor-cache-gb': 0,
    },
  ];

  it.each(SET)('with %j', args => {
    for (const release of ['0.8.3', '0.11.0', '0.33.0'])
      for (const fix of fixes().values()) {
        const cause = causeOf(fix.helps[0]!.cause);
        const launch = launchOf(args);
        const facts: Partial<FactValues> = { vllmVersion: release, model: 'Qwen/Qwen2.5-VL-7B-Instruct' };
        const situation = (given: typeof launch) =>
          assess({
            diagnosis: {
              verdict: 'oom',
              phase: 'profile',
              summary: cause.title,
              causes: [cause],
              questions: [],
              proof: [],
            },
            facts: { ...factsOf(facts), ...factsFromLaunch(given) },
            budget: null,
            launch: given,
            reading: null,
          });
        const once = propose({ fix, score: 1, cause, why: null }, situation(launch));
        for (const change of once?.changes ?? [])
          expect(change.to, `${fix.id} ${change.flag}`).not.toEqual(change.from);
        // Made once, the same change is not proposed again.
        const made = (once?.changes ?? []).filter(change => change.where === 'vllm' && change.to !== null);
        const after = launchOf({
          ...args,
          ...Object.fromEntries(made.map(change => [change.flag.slice(2), change.to as ArgValue])),
        });
        const twice = propose({ fix, score: 1, cause, why: null }, situation(after));
        for (const change of made)
          expect(twice?.changes ?? [], `${fix.id} again`).not.toContainEqual(
            expect.objectContaining({ flag: change.flag, to: change.to }),
          );
      }
  });

  it('every strategy is used by some fix', () => {
    const used = new Set([...fixes().values()].flatMap(fix => fix.changes.map(change => change.value)));
    for (const name of Object.keys(STRATEGIES)) expect(used).toContain(name);
  });
});
