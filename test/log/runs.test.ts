import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/log/index.js';

const runsOf = async (lines: string[]) => {
  const reading = await readLog([lines.join('\n')]);
  return { ...reading, spans: reading.runs.map(run => [run.firstLine, run.lastLine]) };
};

const start = (process = '') =>
  `${process}INFO 10-01 09:10:11 [core.py:77] Initializing a V1 LLM engine (v0.11.0) with config: model='acme/X', max_seq_len=4096, quantization=None`;
const load = (process = '') =>
  `${process}INFO 10-01 09:10:12 [gpu_model_runner.py:2602] Starting to load model acme/X...`;
const kv = (process = '') => `${process}INFO 10-01 09:10:30 [gpu_worker.py:298] Available KV cache memory: 5.00 GiB`;
const failure =
  'ERROR 10-01 09:10:31 [core.py:708] ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`.';

describe('runs in one text', () => {
  it('data-parallel engines that start side by side are one run', async () => {
    const { spans } = await runsOf([
      start('(EngineCore_DP0 pid=1) '),
      start('(EngineCore_DP1 pid=2) '),
      kv('(EngineCore_DP0 pid=1) '),
    ]);
    expect(spans).toEqual([[1, 3]]);
  });

  it('a second engine in the same process is another run', async () => {
    const { spans, judged } = await runsOf([start(), load(), kv(), start(), load(), failure]);
    expect(spans).toEqual([
      [1, 3],
      [4, 6],
    ]);
    expect(judged).toBe(1);
  });

  it('a draft model loaded after the main one is the same run', async () => {
    const { spans } = await runsOf([
      start(),
      load(),
      'INFO 10-01 09:10:13 [gpu_model_runner.py:2620] Loading drafter model...',
      load(),
      kv(),
    ]);
    expect(spans).toEqual([[1, 5]]);
  });

  it('without the first lines of a start, loading once more after a failure is another run', async () => {
    const { spans } = await runsOf([load(), failure, load(), kv()]);
    expect(spans).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('what stands before the first start belongs to it', async () => {
    const { spans, runs } = await runsOf(['$ vllm serve acme/X', 'GPU 0: NVIDIA L4 (UUID: GPU-1)', start(), failure]);
    expect(spans).toEqual([[1, 4]]);
    expect(runs[0]!.facts.gpuName!.value).toBe('NVIDIA L4');
    expect(runs[0]!.launch!.text).toBe('vllm serve acme/X');
  });

  it('a healthy run after a failing one: the failing one is judged', async () => {
    const { judged } = await runsOf([start(), failure, start(), kv(), 'INFO:     Application startup complete.']);
    expect(judged).toBe(0);
  });

  it('no text has no run', async () => {
    expect(await readLog([''])).toMatchObject({ runs: [], judged: -1, lines: 0, isVllm: null });
  });
});

describe('the phase', () => {
  const phaseOf = async (...lines: string[]) => (await runsOf(lines)).runs[0]!.phase;
  const oom = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.';

  it('is the last landmark where nothing else tells', async () => {
    expect(await phaseOf(start(), load(), oom)).toBe('load');
    expect(await phaseOf(oom)).toBe('unknown');
  });

  it("is corrected by the traceback, which may follow the error's first mention", async () => {
    expect(
      await phaseOf(
        start(),
        load(),
        'Traceback (most recent call last):',
        '  File "/x/vllm/v1/worker/gpu_worker.py", line 1, in capture_model',
        oom,
      ),
    ).toBe('graph-capture');
  });

  it('of a captured graph for the estimate is the profile run', async () => {
    const profiling =
      'INFO 09-01 10:01:00 [gpu_model_runner.py:5931] Profiling CUDA graph memory: PIECEWISE=51 (largest=512)';
    const capturing =
      'Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  40%|████ | 27/67 [00:02<00:03, 12.98it/s]';
    expect(await phaseOf(start(), profiling, capturing, oom)).toBe('profile');
    expect(await phaseOf(start(), profiling, kv(), capturing, oom)).toBe('graph-capture');
  });

  it('of a worker is told by its own landmarks, until the server serves', async () => {
    const worker = '(Worker_TP0 pid=7) ';
    const core = '(EngineCore_DP0 pid=1) INFO 10-01 09:10:32 [kv_cache_utils.py:1] GPU KV cache size: 1,024 tokens';
    expect(
      await phaseOf(start(), load(worker), core, `${worker}ERROR 10-01 09:10:33 [multiproc_executor.py:1] ${oom}`),
    ).toBe('load');
    expect(
      await phaseOf(
        start(),
        load(worker),
        'INFO:     Application startup complete.',
        `${worker}ERROR 10-01 09:10:33 [multiproc_executor.py:1] ${oom}`,
      ),
    ).toBe('serving');
  });

  it('of V0 after its graphs is serving: it warms up no sampler', async () => {
    expect(
      await phaseOf(
        'INFO 12-22 10:55:30 llm_engine.py:234] Initializing a V0 LLM engine (v0.7.3) with config: model=x',
        'INFO 12-22 10:55:51 model_runner.py:1527] Graph capturing finished in 13 secs, took 0.27 GiB',
      ),
    ).toBe('serving');
    expect(
      await phaseOf(
        start(),
        'INFO 12-22 10:55:51 [gpu_model_runner.py:1527] Graph capturing finished in 13 secs, took 0.27 GiB',
      ),
    ).toBe('sampler-warmup');
  });
});

describe('facts', () => {
  const factsOf = async (...lines: string[]) => (await runsOf(lines)).runs[0]!.facts;

  it('the resolved config beats the arguments, whatever their order', async () => {
    const args = "INFO 10-01 09:10:10 [utils.py:233] non-default args: {'model': 'acme/X', 'max_model_len': 9000}";
    expect((await factsOf(args, start())).maxModelLen).toMatchObject({ value: 4096, line: 2, from: 'log' });
  });

  it('the first line that says it is named, not its repetition', async () => {
    expect((await factsOf(kv(), 'x', `${kv()} `)).kvCacheGiB!.line).toBe(1);
  });

  it('a checkout without tags is no release', async () => {
    expect(
      (
        await factsOf(
          'INFO 10-01 09:10:11 [core.py:78] Initializing a V1 LLM engine (v0.1.dev4676+ge1b7aa6) with config: model=x',
        )
      ).vllmVersion,
    ).toBeUndefined();
  });

  it('a container image, pip and collect_env tell the version; the engine line is believed first', async () => {
    expect((await factsOf('image: vllm/vllm-openai:v0.10.2')).vllmVersion!.value).toBe('0.10.2');
    expect((await factsOf('image: vllm/vllm-openai:v0.10.2', start())).vllmVersion!.value).toBe('0.11.0');
    expect((await factsOf('vLLM Version: 0.9.1')).vllmVersion!.value).toBe('0.9.1');
  });

  it('the released engine follows from the release where nothing else tells', async () => {
    expect((await factsOf('vLLM Version: 0.4.2')).engine!.value).toBe('V0');
    expect((await factsOf('vLLM Version: 0.20.0')).engine!.value).toBe('V1');
    expect((await factsOf('vLLM Version: 0.8.0')).engine).toBeUndefined();
  });

  it('an unknown release is narrowed by the messages that it printed', async () => {
    const kv = () => 'Available KV cache memory: 5.00 GiB';
    const { runs } = await runsOf([
      kv(),
      'Memory profiling results: total_gpu_memory=23.64GiB initial_memory_usage=14.40GiB peak_torch_memory=15.61GiB',
    ]);
    expect(runs[0]!.releases).toBeNull();
    expect((await runsOf([kv()])).runs[0]!.releases).toEqual({ from: '0.9.1', to: null });
    const graphs = 'INFO Estimated CUDA graph memory: 1.21 GiB total';
    expect((await runsOf([kv(), graphs])).runs[0]!.releases).toEqual({ from: '0.18.0', to: null });
  });

  it('advice is no setting', async () => {
    const facts = await factsOf(
      'Try --max-model-len 2048 or lower gpu_memory_utilization to 0.8',
      'To fix it use --gpu-memory-utilization=0.95',
    );
    expect(facts).toEqual({});
  });
});
