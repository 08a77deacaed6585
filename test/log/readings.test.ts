import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/log/index.js';

const read = async (name: string) =>
  readLog([readFileSync(join(import.meta.dirname, '../../fixtures/logs', name), 'utf8')]);

/** Values of the judged run's facts, for comparing. */
const values = (reading: Awaited<ReturnType<typeof read>>) =>
  Object.fromEntries(Object.entries(reading.runs[reading.judged]!.facts).map(([name, fact]) => [name, fact.value]));

const ids = (reading: Awaited<ReturnType<typeof read>>, kind: string) =>
  reading.runs[reading.judged]!.events.filter(event => event.kind === kind).map(event => event.id);

describe('logs of the releases', () => {
  it('0.5.4 (V0): the KV cache holds less than max_model_len', async () => {
    const reading = await read('v0-0.5.4-kv-too-small.log');
    const run = reading.runs[reading.judged]!;
    expect(run.phase).toBe('kv-cache');
    expect(ids(reading, 'failure')).toContain('kv-too-small-v0');
    expect(values(reading)).toMatchObject({
      vllmVersion: '0.5.4',
      engine: 'V0',
      model: 'acme/Harbor-7B-Instruct',
      maxModelLen: 32768,
      gpuMemoryUtilization: 0.85,
      maxNumSeqs: 256,
      swapSpaceGiB: 4,
      dtype: 'bfloat16',
      enforceEager: false,
      weightsGiB: 14.2487,
      gpuBlocks: 1204,
      kvTokens: 19264,
    });
    expect(run.facts.weightsGiB!.line).toBe(9);
    expect(run.launch).toMatchObject({ line: 2 });
    expect(run.traces.at(-1)!.frames.map(frame => frame.function)).toContain('raise_if_cache_size_invalid');
  });

  it('0.6.6 (V0): a healthy start tells every term of the budget', async () => {
    const reading = await read('v0-0.6.6-healthy.log');
    expect(reading.runs[0]!.phase).toBe('serving');
    expect(ids(reading, 'failure')).toEqual([]);
    expect(values(reading)).toMatchObject({
      vllmVersion: '0.6.6',
      engine: 'V0',
      gpuTotalGiB: 23.64,
      gpuMemoryUtilization: 0.9,
      budgetGiB: 21.28,
      weightsGiB: 14.25,
      nonTorchGiB: 0.12,
      activationGiB: 1.4,
      kvCacheGiB: 5.51,
      graphsGiB: 0.21,
      maxConcurrency: 12.59,
      usage: 'server',
    });
  });

  it('0.8.3: a vision encoder in the profile run, the typed command as the launch', async () => {
    const reading = await read('v1-0.8.3-vlm-profile-oom.log');
    const run = reading.runs[reading.judged]!;
    expect(run.phase).toBe('profile');
    expect(run.launch).toEqual({ text: 'vllm serve acme/Lantern-VL-7B --max-model-len 32768 --port 8000', line: 1 });
    expect(values(reading)).toMatchObject({
      engine: 'V1',
      isMultimodal: true,
      encoderBudgetTokens: 16384,
      encoderItems: 1,
      requestedGiB: 5.62,
      freeGiB: 4.1,
      processUsedGiB: 19.52,
      allocatedGiB: 18.7,
      reservedUnallocatedGiB: 0.3125,
      attentionBackend: 'Flash Attention',
      platform: 'cuda',
    });
  });

  it('0.8.5 with two interleaved ranks: both traces whole, figures per rank', async () => {
    const reading = await read('v1-0.8.5-sampler-tp2.log');
    const run = reading.runs[reading.judged]!;
    expect(run.phase).toBe('sampler-warmup');
    expect(run.facts.weightsGiB).toMatchObject({
      value: 30.7308,
      perRank: { 'VllmWorker:rank0': 30.7308, 'VllmWorker:rank1': 30.7104 },
    });
    const failing = run.traces.filter(trace => trace.error.includes('OutOfMemoryError'));
    expect(failing.map(trace => trace.rank).sort()).toEqual([0, 1]);
    for (const trace of failing) expect(trace.frames.map(frame => frame.function)).toEqual(['_dummy_sampler_run']);
    expect(values(reading)).toMatchObject({
      dummyRequests: 1024,
      tensorParallelSize: 2,
      kvTokens: 21504,
      requestedGiB: 0.580078125,
    });
  });

  it('0.9.1: the GPU is occupied before anything is loaded', async () => {
    const reading = await read('v1-0.9.1-occupied.log');
    expect(reading.runs[reading.judged]!.phase).toBe('device-init');
    expect(values(reading)).toMatchObject({
      freeAtStartGiB: 9.81,
      gpuTotalGiB: 23.64,
      desiredGiB: 21.75,
      gpuMemoryUtilization: 0.92,
      maxModelLen: 4096,
    });
    expect(ids(reading, 'wrapper')).toContain('engine-core-init-failed');
  });

  it('0.10.2: out of memory while serving', async () => {
    const reading = await read('v1-0.10.2-serving-oom.log');
    expect(reading.runs[reading.judged]!.phase).toBe('serving');
    expect(values(reading)).toMatchObject({
      requestedGiB: 3.91,
      privatePoolsGiB: 0.205078125,
      graphsGiB: 0.56,
      kvCacheGiB: 6.71,
    });
  });

  it('0.11.0: KV needed, available, and the length that fits', async () => {
    const reading = await read('v1-0.11.0-kv-too-small.log');
    expect(reading.runs[reading.judged]!.phase).toBe('kv-cache');
    expect(values(reading)).toMatchObject({
      kvNeededGiB: 20,
      kvAvailableGiB: 7.42,
      estimatedMaxModelLen: 48624,
      maxNumSeqs: 64,
      architecture: 'HarborForCausalLM',
      maxNumBatchedTokens: 2048,
    });
  });

  it('0.19.0 with two ranks, healthy: DEBUG figures and the real graphs over the estimate', async () => {
    const reading = await read('v1-0.19.0-healthy-tp2.log');
    expect(reading.runs[0]!.phase).toBe('serving');
    expect(values(reading)).toMatchObject({
      weightsGiB: 33.88,
      activationGiB: 2.01,
      nonTorchGiB: 2.13,
      graphsGiB: 1.66,
      graphsEstimatedGiB: 1.52,
      kvCacheGiB: 37.2,
      maxNumSeqs: 1024,
      maxNumBatchedTokens: 8192,
      quantization: 'compressed-tensors',
      freeAtStartGiB: 77.64,
    });
    expect(ids(reading, 'failure')).toEqual([]);
  });

  it('0.27.1 on model runner V2: weights do not fit; the one listed process is vLLM itself', async () => {
    const reading = await read('v1-0.27.1-load-oom.log');
    expect(reading.runs[reading.judged]!.phase).toBe('load');
    expect(values(reading)).toMatchObject({
      vllmVersion: '0.27.1',
      modelRunner: 'V2',
      processUsedGiB: 23.47,
      model: 'acme/Harbor-32B',
    });
    expect(values(reading).otherProcessesGiB).toBeUndefined();
  });

  it('0.31.0: a hybrid model has fewer state blocks than sequences', async () => {
    const reading = await read('v1-0.31.0-hybrid-mamba.log');
    expect(values(reading)).toMatchObject({
      isHybrid: true,
      mambaBlocks: 301,
      maxNumSeqs: 1024,
      kvTokens: 402944,
      maxConcurrency: 6.15,
    });
  });

  it('0.32.0 on CPU: the budget is a share of the node', async () => {
    const reading = await read('v1-0.32.0-cpu-kv.log');
    expect(values(reading)).toMatchObject({
      platform: 'cpu',
      freeAtStartGiB: 5.8,
      hostRamGiB: 15.5,
      desiredGiB: 14.26,
    });
  });

  it('0.6.3: a worker killed while loading', async () => {
    const reading = await read('v0-0.6.3-worker-died.log');
    expect(ids(reading, 'failure')).toEqual(['worker-killed']);
    expect(values(reading)).toMatchObject({ engine: 'V0', vllmVersion: '0.6.3' });
  });

  it('a restart loop: three runs, the last failing one is judged, facts do not mix', async () => {
    const reading = await read('restart-loop-0.9.2.log');
    expect(reading.runs.map(run => [run.firstLine, run.lastLine])).toEqual([
      [1, 5],
      [6, 9],
      [10, 15],
    ]);
    expect(reading.runs.map(run => run.phase)).toEqual(['kv-cache', 'device-init', 'serving']);
    expect(reading.judged).toBe(1);
    expect(values(reading)).toMatchObject({ maxModelLen: 16384, freeAtStartGiB: 4.12 });
    expect(values(reading).kvCacheGiB).toBeUndefined();
  });
});

describe('whose log is it', () => {
  const other: Record<string, string> = {
    'Text Generation Inference':
      '2024-03-31T18:30:09.175228Z ERROR text_generation_launcher: Shard 0 failed: torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
    SGLang:
      '[2025-07-02 07:41:58 TP0] Scheduler hit an exception: Traceback (most recent call last):\n  File "/x/sglang/srt/managers/scheduler.py", line 250, in __init__\ntorch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.',
    'TensorRT-LLM': '[TensorRT-LLM][ERROR] CUDA runtime error in cudaMalloc: out of memory',
    'llama.cpp':
      'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 4096.00 MiB on device 0: cudaMalloc failed: out of memory',
    transformers:
      'Traceback (most recent call last):\n  File "/x/transformers/generation/utils.py", line 1592, in generate\ntorch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.00 GiB.',
    'Aphrodite Engine':
      '  File "/app/aphrodite/engine/aphrodite_engine.py", line 110, in __init__\ntorch.cuda.OutOfMemoryError: CUDA out of memory.',
  };
  for (const [program, text] of Object.entries(other))
    it(`${program} is not vLLM`, async () => {
      expect(await readLog([text])).toMatchObject({ isVllm: false, program });
    });

  it('vLLM inside a trainer is vLLM', async () => {
    const text =
      '  File "/x/trl/trainer/grpo_trainer.py", line 300, in __init__\n  File "/x/transformers/trainer.py", line 20, in train\n  File "/x/vllm/worker/worker.py", line 183, in load_model\nINFO 03-01 10:00:00 model_runner.py:1110] Starting to load model acme/X...\ntorch.OutOfMemoryError: CUDA out of memory.';
    expect(await readLog([text])).toMatchObject({ isVllm: true, program: null });
  });

  it('a bare torch message belongs to nobody', async () => {
    expect((await readLog(['RuntimeError: CUDA error: out of memory'])).isVllm).toBeNull();
  });
});

describe('the launch', () => {
  const launchOf = async (text: string) => (await readLog([text])).runs[0]!.launch;

  it('is a typed command with its continuation lines, wherever it stands', async () => {
    const text =
      'root@box:/srv# CUDA_VISIBLE_DEVICES=0 vllm serve acme/X \\\n  --max-model-len 8192 \\\n  --port 8001\nINFO 05-29 04:44:10 [__init__.py:239] Automatically detected platform cuda.\n';
    expect(await launchOf(text)).toEqual({
      text: 'CUDA_VISIBLE_DEVICES=0 vllm serve acme/X \\\n  --max-model-len 8192 \\\n  --port 8001',
      line: 1,
    });
  });

  it('is the first line after a prompt, even where a wrapper starts vLLM', async () => {
    expect(await launchOf('$ ./start.sh --gpu 0\nINFO 05-29 04:44:10 [__init__.py:239] x\n')).toEqual({
      text: './start.sh --gpu 0',
      line: 1,
    });
  });

  it('is a docker command, a Python call, or what vLLM printed of its arguments', async () => {
    expect((await launchOf('docker run --gpus all vllm/vllm-openai:v0.9.1 --model acme/X\n'))!.text).toContain(
      'vllm-openai',
    );
    expect((await launchOf('llm = LLM(\n    model="acme/X",\n    max_model_len=4096,\n)\nprint(1)\n'))!.text).toBe(
      'llm = LLM(\n    model="acme/X",\n    max_model_len=4096,\n)',
    );
    expect(
      (await launchOf("INFO 06-20 08:10:01 [cli_args.py:309] non-default args: {'model': 'acme/X'}\n"))!.text,
    ).toContain('non-default args');
  });

  it('is a Compose file or a manifest that names vLLM', async () => {
    const compose =
      'services:\n  llm:\n    image: vllm/vllm-openai:v0.9.1\n    command:\n      - --model=acme/X\n      - --max-model-len=4096';
    const log = 'INFO 05-29 04:44:10 [__init__.py:239] Automatically detected platform cuda.\n';
    expect(await launchOf(`${compose}\n\n${log}`)).toEqual({ text: compose, line: 1 });
    expect(await launchOf(`services:\n  db:\n    image: postgres\n${log}`)).toBeNull();
  });

  it('goes on inside quotes', async () => {
    const command = `vllm serve acme/X --speculative-config '{\n  "method": "ngram"\n}' --port 1`;
    expect(await launchOf(`${command}\nINFO:     Started\n`)).toEqual({ text: command, line: 1 });
  });

  it('comes without controls and collectors, with its own escapes', async () => {
    const json = String.raw`'{\"image\": 1}'`;
    const command = `vllm serve acme/X --limit-mm-per-prompt ${json} --port 8001`;
    expect(await launchOf(`vllm-1  | \u001B[1m+ ${command}\u001B[0m\n`)).toEqual({ text: command, line: 1 });
  });

  it('is no line of a traceback', async () => {
    expect(
      await launchOf('  File "/x/run.py", line 3, in <module>\n    llm = LLM(model="acme/X")\nValueError: x\n'),
    ).toBeNull();
  });
});
