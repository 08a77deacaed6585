import { describe, expect, it } from 'vitest';
import { computeBudget } from '../../src/budget/index.js';
import type { FactValues } from '../../src/facts/types.js';
import { readLaunch } from '../../src/launch/index.js';
import { readLog } from '../../src/log/index.js';
import { safeConcurrency } from '../../src/plan/remaining.js';
import { answerFromReading } from '../../src/session/answer.js';
import type { Answer } from '../../src/session/types.js';
import { causeOf, factsOf, idsOf, launchOf, planOf } from './build.js';

const UP = 'raise-gpu-memory-utilization';
const DOWN = 'lower-gpu-memory-utilization';

const answer = async (log: string[], command: string | null, user: Partial<FactValues> = {}): Promise<Answer> => {
  async function* text() {
    yield log.join('\n');
  }
  return answerFromReading(await readLog(text()), {
    files: [{ name: 'crash.log' }],
    command,
    userFacts: factsOf(user),
    probeFacts: {},
    modelConfig: null,
  });
};

const fixOf = (plan: { fixes: Answer['fixes'] }, id: string) => plan.fixes.find(fix => fix.id === id);

/** V0 with half of the card: the weights alone fill the budget. */
const NO_BLOCKS = [
  'INFO 10-21 02:03:11 api_server.py:528] vLLM API server version 0.6.3',
  "INFO 10-21 02:03:22 llm_engine.py:237] Initializing an LLM engine (v0.6.3) with config: model='meta-llama/Llama-3.1-8B-Instruct', dtype=torch.bfloat16, max_seq_len=131072, tensor_parallel_size=1, pipeline_parallel_size=1, quantization=None, enforce_eager=False, chunked_prefill_enabled=True",
  'INFO 10-21 02:03:31 model_runner.py:1071] Loading model weights took 14.9888 GB',
  'INFO 10-21 02:03:32 gpu_executor.py:122] # GPU blocks: 0, # CPU blocks: 2048',
  'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
];
const HALF = 'vllm serve meta-llama/Llama-3.1-8B-Instruct --gpu-memory-utilization 0.5';

describe('a share that leaves nothing for the KV cache', () => {
  it('goes up to the usual one, with the longest context that then fits', async () => {
    const told = await answer(NO_BLOCKS, HALF, { gpuTotalGiB: 23.64, gpuName: 'RTX 4090' });
    expect(told.selected).toEqual([UP, 'lower-max-model-len']);
    expect(fixOf(told, UP)!.changes[0]!.to).toBe(0.9);
    const length = Number(fixOf(told, 'lower-max-model-len')!.changes[0]!.to);
    expect(length).toBeGreaterThan(40_000);
    expect(length).toBeLessThan(50_000);
    for (const id of told.selected) expect(fixOf(told, id)!.sufficient).toBe(false);
    const shorter = fixOf(told, 'lower-max-model-len')!;
    expect(shorter.why.en).toContain('--gpu-memory-utilization 0.9');
    expect(shorter.command).toBe(`${HALF.replace('0.5', '0.9')} --max-model-len ${length}`);
  });

  it('is no less with the card known than without', async () => {
    const told = await answer(NO_BLOCKS, HALF);
    expect(fixOf(told, UP)!.changes[0]!.to).toBe(0.9);
  });

  it('no length alone is said to be enough for a pool below zero', async () => {
    const told = await answer(NO_BLOCKS, null, { gpuTotalGiB: 23.64, gpuName: 'RTX 4090' });
    expect(fixOf(told, 'lower-max-model-len')?.sufficient).not.toBe(true);
  });

  it('nothing is predicted where the log contradicts the computation', async () => {
    const told = await answer(NO_BLOCKS, HALF, { gpuTotalGiB: 79.25, gpuName: 'A100 80GB' });
    expect(fixOf(told, UP)).toMatchObject({ sufficient: null, clearedBy: null });
    expect(told.fixes.some(fix => fix.clearedBy === 'prediction')).toBe(false);
  });

  it('stays at what is free at the start', () => {
    const plan = planOf({
      causes: ['gpu-util-too-low'],
      phase: 'kv-cache',
      facts: { vllmVersion: '0.11.0', gpuTotalGiB: 80, gpuMemoryUtilization: 0.5, freeAtStartGiB: 60 },
    });
    expect(fixOf(plan, UP)!.changes[0]!.to).toBe(0.75);
  });
});

describe('a KV cache that is too small', () => {
  const kv = (facts: Partial<FactValues>) =>
    planOf({
      causes: ['kv-cache-too-small'],
      phase: 'kv-cache',
      facts: { vllmVersion: '0.11.0', maxModelLen: 131072, ...facts },
      launch: launchOf({}),
    });

  it('a few points of the share are not enough for what only a giant card has there', () => {
    const plan = kv({ gpuMemoryUtilization: 0.92, weightsGiB: 14.3, kvNeededGiB: 14, kvAvailableGiB: 5.48 });
    expect(fixOf(plan, UP)!.sufficient).toBe(false);
    expect(fixOf(plan, UP)!.why.en).toMatch(/only a card of 28\d GiB/);
  });
  it('a share far below the usual one is raised before the context is cut', () => {
    const plan = kv({ gpuTotalGiB: 79.25, gpuMemoryUtilization: 0.5, kvNeededGiB: 16, kvAvailableGiB: 10 });
    expect(plan.fixes[0]).toMatchObject({ id: UP, sufficient: true });
    expect(Number(plan.fixes[0]!.changes[0]!.to)).toBeCloseTo(0.58, 2);
  });
  it('but not beside another program', () => {
    const plan = kv({
      gpuTotalGiB: 79.25,
      gpuMemoryUtilization: 0.5,
      kvNeededGiB: 16,
      kvAvailableGiB: 10,
      otherProcessesGiB: 30,
    });
    expect(plan.fixes[0]!.id).toBe('lower-max-model-len');
  });
});

describe('graph capture', () => {
  const facts: Partial<FactValues> = {
    vllmVersion: '0.8.5',
    engine: 'V1',
    model: 'Qwen/Qwen2.5-14B-Instruct',
    isMultimodal: false,
    gpuTotalGiB: 39.39,
    gpuMemoryUtilization: 0.97,
    maxModelLen: 32768,
    weightsGiB: 27.59,
    kvTokens: 51168,
    maxConcurrency: 1.56,
    requestedGiB: 0.29,
    freeGiB: 0.11,
    privatePoolsGiB: 0.39,
    reservedUnallocatedGiB: 0.3,
  };
  const plan = planOf({ causes: ['cuda-graph-memory'], phase: 'graph-capture', facts, launch: launchOf({}) });

  it('a share that frees many times what was missing comes first, and is enough', () => {
    expect(plan.fixes[0]).toMatchObject({ id: DOWN, sufficient: true });
    expect(plan.selected).toEqual([DOWN]);
    const to = Number(plan.fixes[0]!.changes[0]!.to);
    expect(to).toBeGreaterThanOrEqual(0.88);
    expect(to).toBeLessThanOrEqual(0.93);
  });
  it('what is left holds one request of the whole context', () => {
    expect(plan.remaining!.maxModelLen).toBeGreaterThanOrEqual(32768);
  });
  it('without graphs there is nothing to capture', () => {
    expect(fixOf(plan, 'enforce-eager')).toMatchObject({ sufficient: true, clearedBy: 'prediction' });
    const serving = planOf({ causes: ['serving-peak'], phase: 'serving', facts, launch: launchOf({}) });
    expect(fixOf(serving, 'enforce-eager')?.sufficient).not.toBe(true);
  });
  it('V0 speaks of graphs, not of neighbours or images', () => {
    const { why } = fixOf(plan, 'use-v0-engine')!;
    expect(why.en).toMatch(/67 graphs/);
    expect(why.en).not.toMatch(/image|neighbour/);
  });
  it('tips for images are no matter of a text model', () => {
    expect(plan.notHelpful.map(tip => tip.id)).not.toContain('limit-mm-pixels');
  });
  it('too little is reserved to speak of fragmentation, whatever was asked for', () => {
    const tip = plan.notHelpful.find(one => one.id === 'expandable-segments')!;
    expect(tip.why.en).toMatch(/less than 0\.5 GiB/);
    expect(tip.why.en).not.toMatch(/nothing to win/);
  });
});

/** V0 serving images; a request fails in the encoder. */
const IMAGE = [
  'INFO 03-11 01:01:01 api_server.py:912] vLLM API server version 0.7.3',
  "INFO 03-11 01:01:01 api_server.py:913] args: Namespace(model='Qwen/Qwen2-VL-7B-Instruct', max_model_len=32768, gpu_memory_utilization=0.95, tensor_parallel_size=1, max_num_seqs=256, limit_mm_per_prompt={'image': 8})",
  'INFO 03-11 01:01:58 worker.py:267] the current vLLM instance can use total_gpu_memory (23.64GiB) x gpu_memory_utilization (0.95) = 22.46GiB',
  'INFO 03-11 01:01:58 worker.py:267] model weights take 15.51GiB; non_torch_memory takes 0.09GiB; PyTorch activation peak memory takes 3.42GiB; the rest of the memory reserved for KV Cache is 3.43GiB.',
  'INFO 03-11 01:02:21 model_runner.py:1562] Graph capturing finished in 20 secs, took 0.35 GiB',
  'INFO:     Application startup complete.',
  'ERROR 03-11 01:44:11 engine.py:139] Traceback (most recent call last):',
  'ERROR 03-11 01:44:11 engine.py:139]   File "/usr/lib/python3.12/site-packages/vllm/model_executor/models/qwen2_vl.py", line 1056, in _process_image_input',
  'ERROR 03-11 01:44:11 engine.py:139] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.21 GiB. GPU 0 has a total capacity of 23.64 GiB of which 611.81 MiB is free. Process 7 has 23.04 GiB memory in use. Of the allocated memory 21.78 GiB is allocated by PyTorch, and 455.10 MiB is reserved by PyTorch but unallocated.',
];

describe('a request with images that fails while serving', () => {
  it('is answered with fewer and smaller images', async () => {
    const ids = (await answer(IMAGE, null)).fixes.map(fix => fix.id);
    expect(ids.slice(0, 4)).toEqual(expect.arrayContaining(['limit-mm-pixels', 'limit-mm-per-prompt']));
    expect(ids).not.toContain('lower-max-model-len');
  });
  it('half as many images as the log says that there may be', async () => {
    const [change] = fixOf(await answer(IMAGE, null), 'limit-mm-per-prompt')!.changes;
    expect(change!.to).toBe('image=4,video=0');
  });
  it('what frees less than was missing is not enough, and a larger cache frees nothing', async () => {
    const told = await answer(IMAGE, null);
    for (const { id, savesGiB, sufficient } of told.fixes)
      if (savesGiB && savesGiB.high < 0.61) expect([id, sufficient]).toEqual([id, false]);
    const images = fixOf(told, 'limit-mm-per-prompt')!;
    expect(images.savesGiB).toBeNull();
  });
});

describe('savings count only for what failed', () => {
  it('graphs outside the budget are no KV cache: no more than the peak is saved', () => {
    const facts: Partial<FactValues> = {
      vllmVersion: '0.6.3',
      engine: 'V0',
      model: 'meta-llama/Llama-3.1-8B-Instruct',
      gpuTotalGiB: 23.64,
      gpuMemoryUtilization: 0.5,
      maxNumSeqs: 256,
      maxModelLen: 8192,
    };
    const budget = computeBudget({ facts: factsOf(facts), launch: null, modelConfig: null })!;
    const plan = planOf({ causes: ['gpu-util-too-low'], phase: 'kv-cache', facts });
    const saved = fixOf(plan, 'lower-max-num-seqs')!.savesGiB?.gib ?? 0;
    expect(saved).toBeLessThanOrEqual(budget.perGpu.activationGiB!.high);
    expect(fixOf(plan, 'enforce-eager')?.savesGiB ?? null).toBeNull();
  });

  it('after the cache is made, a smaller peak only makes it larger', () => {
    const facts: Partial<FactValues> = {
      vllmVersion: '0.11.0',
      model: 'Qwen/Qwen3-8B',
      gpuTotalGiB: 23.64,
      gpuMemoryUtilization: 0.9,
      requestedGiB: 1,
      freeGiB: 0.2,
    };
    const plan = planOf({ causes: ['serving-peak'], phase: 'serving', facts, launch: launchOf({}) });
    const tokens = fixOf(plan, 'lower-max-num-batched-tokens');
    expect(tokens).toBeDefined();
    expect(tokens!.savesGiB).toBeNull();
    expect(fixOf(plan, 'lower-gpu-memory-utilization')!.savesGiB!.gib).toBeGreaterThan(0.8);
  });
});

describe('weights that do not fit', () => {
  const facts: Partial<FactValues> = {
    vllmVersion: '0.8.2',
    engine: 'V1',
    model: 'Qwen/Qwen2.5-32B-Instruct',
    maxModelLen: 32768,
    gpuTotalGiB: 47.41,
    requestedGiB: 0.26,
    freeGiB: 0.12,
  };
  const plan = planOf({ causes: ['weights-exceed-gpu'], phase: 'load', facts, launch: launchOf({}) });

  it('ask for no more cards than may do', () => {
    expect(fixOf(plan, 'tensor-parallel')!.changes[0]!.to).toBe(2);
  });
  it('8 bits are not said to be enough where the context then lacks room', () => {
    const fix = fixOf(plan, 'use-quantized-weights')!;
    expect(fix.sufficient).not.toBe(true);
    expect(fix.why.en).toMatch(/KV cache for the whole context/);
  });
});

describe('host memory with offloaded weights', () => {
  const host = (facts: Partial<FactValues>) =>
    fixOf(
      planOf({
        causes: ['host-ram'],
        phase: 'host',
        facts: { vllmVersion: '0.10.0', engine: 'V1', tensorParallelSize: 2, cpuOffloadGiB: 40, ...facts },
        launch: launchOf({ 'cpu-offload-gb': 40, 'tensor-parallel-size': 2 }),
      }),
      'lower-host-ram-use',
    )!;

  it('half as much, with a word about the GPU, where its size is unknown', () => {
    const fix = host({});
    expect(fix.changes.find(change => change.flag === '--cpu-offload-gb')!.to).toBe(20);
    expect(fix.why.en).toMatch(/cannot be told without its size/);
  });
  it('what the GPU cannot hold, where sizes are known', () => {
    const model = 'Qwen/Qwen3-32B';
    const small = host({ model, gpuTotalGiB: 23.6, gpuName: 'NVIDIA GeForce RTX 4090', maxModelLen: 8192 });
    const offload = Number(small.changes.find(change => change.flag === '--cpu-offload-gb')!.to);
    expect(offload).toBeGreaterThan(8);
    expect(offload).toBeLessThan(25);
    const large = host({ model, gpuTotalGiB: 79.25, gpuName: 'NVIDIA H100 80GB HBM3', maxModelLen: 8192 });
    expect(large.changes.find(change => change.flag === '--cpu-offload-gb')!.to).toBeNull();
  });
});

describe('nothing failed', () => {
  it('nothing else is advised', () => {
    const facts = { vllmVersion: '0.11.0', isMultimodal: true, gpuTotalGiB: 23.6, gpuMemoryUtilization: 0.9 };
    const causes = [causeOf('gpu-util-too-high', 0.3)];
    expect(idsOf(planOf({ verdict: 'healthy', causes, phase: 'none', facts }))).toEqual(['none-needed']);
  });
});

describe('what remains', () => {
  it('does not speak of a whole request that the context it names cannot hold', async () => {
    const text = 'vllm serve Qwen/Qwen2.5-14B-Instruct --max-model-len 32768 --gpu-memory-utilization 0.86';
    const launch = readLaunch(text)!;
    const plan = planOf({
      causes: ['cuda-graph-memory'],
      phase: 'graph-capture',
      launch,
      facts: {
        vllmVersion: '0.8.5',
        model: 'Qwen/Qwen2.5-14B-Instruct',
        gpuTotalGiB: 39.39,
        gpuMemoryUtilization: 0.88,
        maxModelLen: 32768,
        requestedGiB: 0.29,
        freeGiB: 0.11,
      },
    });
    const { maxModelLen, maxConcurrency } = plan.remaining!;
    expect(maxModelLen).not.toBeNull();
    expect(maxConcurrency! >= 1).toBe(maxModelLen! >= 32768);
  });
});

describe('whole requests at once', () => {
  const budgetOf = (maxConcurrency: number | null, maxModelLenThatFits: number | null) => ({
    ...computeBudget({ facts: factsOf({ weightsGiB: 1, gpuTotalGiB: 24 }), launch: null, modelConfig: null })!,
    maxConcurrency,
    maxModelLenThatFits,
  });

  it('are less than one where the context that is safe is shorter than the one in force', () => {
    expect(safeConcurrency(budgetOf(1.04, 31_088), 32_768)).toBe(0.9);
    expect(safeConcurrency(budgetOf(1.04, 32_760), 32_768)).toBeLessThan(0.95);
  });
  it('stay as they are where it holds, or is unknown', () => {
    expect(safeConcurrency(budgetOf(1.56, 32_768), 32_768)).toBe(1.56);
    expect(safeConcurrency(budgetOf(1.56, null), 32_768)).toBe(1.56);
    expect(safeConcurrency(budgetOf(null, 10), 32_768)).toBeNull();
    expect(safeConcurrency(null, 32_768)).toBeNull();
  });
});
