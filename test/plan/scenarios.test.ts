import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../src/budget/index.js';
import { factsFromLaunch } from '../../src/facts/from-launch.js';
import { mergeFacts } from '../../src/facts/merge.js';
import type { FactValues } from '../../src/facts/types.js';
import { readLaunch } from '../../src/launch/index.js';
import type { Phase } from '../../src/log/types.js';
import { conserveMemory, planFixes } from '../../src/plan/index.js';
import { causeOf, factsOf } from './build.js';

/** From a diagnosis and the user's own text to the changed text. */
const treat = (text: string, causes: string[], phase: Phase, log: Partial<FactValues>) => {
  const launch = readLaunch(text)!;
  const facts = mergeFacts(factsFromLaunch(launch), factsOf(log));
  const none = { en: '-', zh: '-' };
  const budget = computeBudget({ facts, launch, modelConfig: null });
  return planFixes({
    diagnosis: {
      verdict: 'oom',
      phase,
      summary: none,
      causes: causes.map((id, index) => causeOf(id, index === 0 ? 0.9 : 0.3)),
      questions: [],
      proof: [],
    },
    facts,
    budget,
    launch,
    reading: null,
  });
};

const A100: Partial<FactValues> = { gpuName: 'NVIDIA A100-SXM4-80GB', gpuTotalGiB: 79.25, gpuCount: 1 };

describe('a vision model that ran in 0.7.x dies in 0.8.3', () => {
  const plan = treat(
    `vllm serve Qwen/Qwen2.5-VL-7B-Instruct --port 8000 --mm-processor-kwargs '{"max_pixels": 1920*1080}'`,
    ['vlm-083-regression', 'max-num-seqs-default'],
    'profile',
    { vllmVersion: '0.8.3', engine: 'V1', isMultimodal: true, ...A100 },
  );
  const ids = plan.fixes.map(fix => fix.id);

  it('fewer sequences come first, in the own command', () => {
    expect(ids[0]).toBe('lower-max-num-seqs');
    expect(plan.command).toMatch(/^vllm serve Qwen\/Qwen2\.5-VL-7B-Instruct --port 8000 .*--max-num-seqs \d+$/s);
    expect(plan.diff).toContain('+vllm serve');
  });
  it('images, a release that repairs it and V0 are there', () => {
    expect(ids).toEqual(
      expect.arrayContaining(['limit-mm-pixels', 'limit-mm-per-prompt', 'upgrade-vllm', 'use-v0-engine']),
    );
  });
  it('the product in the JSON is repaired', () => {
    expect(plan.fixes.find(fix => fix.id === 'limit-mm-pixels')!.command).toContain('2073600');
    expect(plan.fixes.find(fix => fix.id === 'limit-mm-pixels')!.command).not.toContain('1920*1080');
  });
  it('what was tried in vain is told with its reason', () => {
    const told = plan.notHelpful.map(tip => tip.id);
    expect(told).toEqual(
      expect.arrayContaining([
        'lower-max-model-len',
        'lower-gpu-memory-utilization',
        'xformers-backend',
        'max-pixels-product',
      ]),
    );
  });
});

describe('lm-evaluation-harness with a share that is "not respected"', () => {
  const plan = treat(
    'lm_eval --model vllm --model_args pretrained=Qwen/Qwen3-4B,dtype=float,gpu_memory_utilization=0.6 --tasks mmlu --batch_size auto',
    ['serving-peak'],
    'serving',
    { vllmVersion: '0.8.5', engine: 'V1', requestedGiB: 18, freeGiB: 10, ...A100 },
  );

  it('smaller requests come first, the share does not', () => {
    expect(plan.fixes[0]!.id).toBe('lower-request-size');
    expect(plan.fixes.slice(0, 3).map(fix => fix.id)).not.toContain('lower-gpu-memory-utilization');
  });
  it('the change is written into --model_args', () => {
    const eager = plan.fixes.find(fix => fix.id === 'enforce-eager')!;
    expect(eager.command).toMatch(/--model_args \S*enforce_eager=True/i);
  });
  it('float is named as what it is', () => {
    expect(plan.notHelpful.map(tip => tip.id)).toEqual(
      expect.arrayContaining(['dtype-float', 'utilisation-not-respected']),
    );
    expect(JSON.stringify(plan.fixes)).not.toContain('"to":"float"');
  });
});

describe('60 GB where 25 GB would do', () => {
  const launch = readLaunch('vllm serve Qwen/Qwen2-VL-7B-Instruct --max-model-len 8192')!;
  const facts = mergeFacts(
    factsFromLaunch(launch),
    factsOf({ vllmVersion: '0.11.0', engine: 'V1', isMultimodal: true, ...A100 }),
  );
  const budget = computeBudget({ facts, launch, modelConfig: null });
  const plan = conserveMemory({ facts, budget, launch, leaveFreeGiB: 40 });
  const share = plan.fixes.find(fix => fix.id === 'lower-gpu-memory-utilization')!;

  it('the share that leaves 40 GiB free, and what it costs', () => {
    const to = Number(share.changes[0]!.to);
    expect(79.25 * (1 - to)).toBeGreaterThan(39);
    expect(79.25 * (1 - to)).toBeLessThan(43);
    expect(share.why.en).toMatch(/leaves about 40 GiB of 79\.25 GiB free\. KV cache: about [\d,]+ → [\d,]+ tokens/);
    expect(share.command).toContain(`--gpu-memory-utilization ${to}`);
  });
  it('limits for images are offered', () => {
    expect(plan.fixes.map(fix => fix.id)).toEqual(expect.arrayContaining(['limit-mm-per-prompt', 'limit-mm-pixels']));
  });
});

describe('how do I save memory', () => {
  const optionsFor = (command: string, log: Partial<FactValues>) => {
    const launch = readLaunch(command)!;
    const facts = mergeFacts(factsFromLaunch(launch), factsOf(log));
    return conserveMemory({ facts, budget: computeBudget({ facts, launch, modelConfig: null }), launch });
  };
  const vision = optionsFor('vllm serve Qwen/Qwen2.5-VL-7B-Instruct', { vllmVersion: '0.20.0', ...A100, gpuCount: 2 });
  const text = optionsFor('vllm serve Qwen/Qwen3-8B', { vllmVersion: '0.20.0', ...A100 });

  it("has every option of vLLM's page", () => {
    expect(vision.fixes.map(fix => fix.id)).toEqual(
      expect.arrayContaining([
        'tensor-parallel',
        'use-quantized-weights',
        'lower-max-model-len',
        'lower-max-num-seqs',
        'fewer-cudagraph-sizes',
        'enforce-eager',
        'disable-mm-cache',
        'limit-mm-per-prompt',
        'language-model-only',
        'limit-mm-pixels',
      ]),
    );
  });
  it('with a price each, and GiB where they can be computed', () => {
    for (const fix of vision.fixes) expect(fix.costs.zh).not.toBe('');
    const withGib = vision.fixes.filter(fix => fix.savesGiB !== null);
    expect(withGib.length).toBeGreaterThan(8);
    for (const fix of withGib) {
      expect(fix.savesGiB!.low).toBeLessThanOrEqual(fix.savesGiB!.gib);
      expect(fix.savesGiB!.high).toBeGreaterThanOrEqual(fix.savesGiB!.gib);
    }
  });
  it('leaves out images for a model that knows none', () => {
    expect(text.fixes.map(fix => fix.id)).not.toContain('limit-mm-pixels');
  });
  it('has the CPU space where it runs on a CPU', () => {
    const cpu = optionsFor('vllm serve Qwen/Qwen3-0.6B', { vllmVersion: '0.11.0', platform: 'cpu' });
    expect(cpu.fixes.map(fix => fix.id)).toContain('cpu-kv-space');
  });
});

describe('MiniCPM-V on one 48 GB card in Docker, 0.5.4', () => {
  const plan = treat(
    `docker run -d --ipc host --gpus '"device=1"' -p 8100:8000 vllm/vllm-openai:v0.5.4 --trust-remote-code --max-model-len 32768 --gpu-memory-utilization 0.98 --model openbmb/MiniCPM-V-2_6`,
    ['vlm-encoder-profile'],
    'profile',
    {
      engine: 'V0',
      gpuTotalGiB: 47.5,
      isMultimodal: true,
      requestedGiB: 1.3,
      freeGiB: 0.4,
      reservedUnallocatedGiB: 0.13,
      gpuIndex: 0,
    },
  );

  it('32 sequences and 4096 tokens, in the docker command', () => {
    const value = (id: string) => plan.fixes.find(fix => fix.id === id)!.changes[0]!;
    expect(plan.fixes.slice(0, 2).map(fix => fix.id)).toEqual(['lower-max-num-seqs', 'lower-max-model-len']);
    expect(value('lower-max-num-seqs')).toMatchObject({ from: 256, to: 32 });
    expect(value('lower-max-model-len')).toMatchObject({ from: 32768, to: 4096 });
    expect(plan.command).toMatch(/^docker run .*v0\.5\.4 .*--max-num-seqs 32/s);
  });
  it('GPU 0 is the right card, and there is nothing to defragment', () => {
    expect(plan.notHelpful.map(tip => tip.id)).toEqual(
      expect.arrayContaining(['gpu0-in-container', 'expandable-segments']),
    );
  });
});

describe('the smallest set that is enough', () => {
  it('is one fix where the log clears it', () => {
    const plan = treat('vllm serve meta-llama/Llama-3.1-8B-Instruct', ['kv-cache-too-small'], 'kv-cache', {
      vllmVersion: '0.10.2',
      engine: 'V1',
      gpuTotalGiB: 23.6,
      maxModelLen: 131072,
      kvNeededGiB: 16,
      kvAvailableGiB: 4.2,
      estimatedMaxModelLen: 34400,
    });
    expect(plan.selected).toEqual(['lower-max-model-len']);
    expect(plan.command).toBe('vllm serve meta-llama/Llama-3.1-8B-Instruct --max-model-len 34400');
  });

  it('looks ahead to what the changed start lacks', () => {
    const plan = treat('vllm serve Qwen/Qwen2.5-32B-Instruct --max-model-len 131072', ['weights-exceed-gpu'], 'load', {
      vllmVersion: '0.13.0',
      engine: 'V1',
      gpuTotalGiB: 23.6,
      gpuCount: 4,
      gpuName: 'NVIDIA GeForce RTX 4090',
      requestedGiB: 0.1,
      freeGiB: 0.05,
    });
    expect(plan.selected).toEqual(['tensor-parallel', 'lower-max-model-len']);
    expect(plan.command).toMatch(
      /--max-model-len (\d+) --tensor-parallel-size 4|--tensor-parallel-size 4 --max-model-len \d+/,
    );
    expect(plan.remaining!.maxModelLen).toBeGreaterThan(8192);
  });

  it('takes along what a fix does not do without', () => {
    const plan = treat('vllm serve big/moe --gpu-memory-utilization 0.92', ['cuda-graph-memory'], 'kv-cache', {
      vllmVersion: '0.27.0',
      engine: 'V1',
      gpuTotalGiB: 275,
      graphsEstimatedGiB: 118.65,
    });
    expect(plan.selected).toEqual(['no-cudagraph-estimate', 'lower-gpu-memory-utilization']);
    expect(plan.command).toMatch(/VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS=0/);
    expect(plan.command).not.toContain('0.92');
  });
});
