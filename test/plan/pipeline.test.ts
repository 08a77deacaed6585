import { describe, expect, it } from 'vitest';
import { answerIncident } from '../../src/session/answer.js';
import type { Answer } from '../../src/session/types.js';

/** From the text of a log to the changed command, through every room. */
const answer = (log: string, command: string | null): Promise<Answer> =>
  answerIncident({
    files: [{ name: 'crash.log', text: [log] }],
    command,
    userFacts: {},
    probeFacts: {},
    modelConfig: null,
  });

const OOM = (asked: string, total: string, free: string, unallocated: string) =>
  `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate ${asked}. GPU 0 has a total capacity of ${total} of which ${free} is free. Including non-PyTorch memory, this process has 70.00 GiB memory in use. Of the allocated memory 68.00 GiB is allocated by PyTorch, and ${unallocated} is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.`;

describe('from the log to the changed command', () => {
  it('0.8.3 and a vision model: fewer sequences; the tips that cannot help are named', async () => {
    const log = [
      'INFO 04-10 10:00:00 [__init__.py:239] Automatically detected platform cuda.',
      'INFO 04-10 10:00:02 [api_server.py:1034] vLLM API server version 0.8.3',
      "INFO 04-10 10:00:08 [core.py:61] Initializing a V1 LLM engine (v0.8.3) with config: model='Qwen/Qwen2.5-VL-7B-Instruct', speculative_config=None, tokenizer='Qwen/Qwen2.5-VL-7B-Instruct', dtype=torch.bfloat16, max_seq_len=128000, tensor_parallel_size=1, pipeline_parallel_size=1, quantization=None, enforce_eager=False",
      'INFO 04-10 10:00:20 [gpu_model_runner.py:1258] Model loading took 15.63 GiB and 10.0 seconds',
      'INFO 04-10 10:01:20 [gpu_model_runner.py:1600] Graph capturing finished in 20 secs, took 0.50 GiB',
      `ERROR 04-10 10:01:30 [core.py:390] ${OOM('1.74 GiB', '79.25 GiB', '615.00 MiB', '130.00 MiB')}`,
      'ERROR 04-10 10:01:30 [core.py:390] RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.',
    ].join('\n');
    const told = await answer(log, 'vllm serve Qwen/Qwen2.5-VL-7B-Instruct --port 8000');
    expect(told.verdict).toBe('oom');
    expect(told.fixes[0]!.id).toBe('lower-max-num-seqs');
    expect(Number(told.fixes[0]!.changes[0]!.to)).toBeLessThan(1024);
    expect(told.fixes[0]!.command).toMatch(/^vllm serve Qwen\/Qwen2\.5-VL-7B-Instruct --port 8000 --max-num-seqs \d+$/);
    expect(told.fixes[0]!.why.en).toMatch(/A sequence takes [\d.]+ MiB in the sampler/);
    expect(told.notHelpful.map(tip => tip.id)).toEqual(
      expect.arrayContaining(['expandable-segments', 'lower-max-model-len']),
    );
  });

  it("the KV check: vLLM's own estimate, in the docker command that came in", async () => {
    const log = [
      'INFO 10-04 10:00:02 [api_server.py:1839] vLLM API server version 0.11.0',
      "INFO 10-04 10:00:02 [utils.py:233] non-default args: {'model': 'meta-llama/Llama-3.1-8B-Instruct', 'max_model_len': 131072}",
      '(EngineCore_DP0 pid=77) INFO 10-04 10:00:20 [gpu_model_runner.py:2653] Model loading took 14.9889 GiB and 10.0 seconds',
      '(EngineCore_DP0 pid=77) INFO 10-04 10:00:40 [gpu_worker.py:298] Available KV cache memory: 4.72 GiB',
      "(EngineCore_DP0 pid=77) ERROR 10-04 10:00:41 [core.py:708] ValueError: To serve at least one request with the models's max seq len (131072), (16.00 GiB KV cache is needed, which is larger than the available KV cache memory (4.72 GiB). Based on the available memory, the estimated maximum model length is 38656. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
    ].join('\n');
    const command =
      'docker run --gpus all -p 8000:8000 vllm/vllm-openai:v0.11.0 --model meta-llama/Llama-3.1-8B-Instruct --max-model-len 131072';
    const told = await answer(log, command);
    expect(told.fixes[0]).toMatchObject({
      id: 'lower-max-model-len',
      clearedBy: 'log',
      sufficient: true,
      validFor: '0.11.0',
    });
    expect(told.fixes[0]!.command).toBe(command.replace('131072', '38656'));
    expect(told.selected).toEqual(['lower-max-model-len']);
  });

  it('the start-up check: down to what is free', async () => {
    const log =
      'ERROR 12-01 02:12:09 [core.py:718] ValueError: Free memory on device (6.77/7.96 GiB) on startup is less than desired GPU memory utilization (0.99, 7.88 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.';
    const told = await answer(log, 'vllm serve small/model --gpu-memory-utilization 0.99');
    const [first] = told.fixes;
    expect(first!.id).toBe('lower-gpu-memory-utilization');
    expect(Number(first!.changes[0]!.to) * 7.96).toBeLessThan(6.77);
  });

  it('state blocks: as many sequences as the log names', async () => {
    const log =
      'ValueError: max_num_seqs (1024) exceeds available Mamba cache blocks (417). Each decode sequence requires one Mamba cache block, so CUDA graph capture cannot proceed. Please lower max_num_seqs to at most 417 or increase gpu_memory_utilization.';
    const told = await answer(log, 'vllm serve Qwen/Qwen3.6-27B-FP8');
    expect(told.fixes[0]!.id).toBe('lower-max-num-seqs');
    expect(told.fixes[0]!.changes[0]!.to).toBe(417);
    expect(told.fixes[0]!.command).toBe('vllm serve Qwen/Qwen3.6-27B-FP8 --max-num-seqs 417');
  });

  it('prompt scores of an evaluation: smaller requests, not the share', async () => {
    const log = [
      "INFO 05-02 10:00:02 [core.py:58] Initializing a V1 LLM engine (v0.8.5) with config: model='Qwen/Qwen3-4B', max_seq_len=40960",
      'INFO 05-02 10:01:00 [core.py:159] init engine (profile, create kv cache, warmup model) took 38.20 seconds',
      'Traceback (most recent call last):',
      '  File "/usr/lib/python3.11/site-packages/vllm/v1/worker/gpu_model_runner.py", line 1250, in _get_prompt_logprobs_dict',
      '    logprobs = self.sampler.compute_logprobs(logits)',
      '  File "/usr/lib/python3.11/site-packages/vllm/v1/sample/sampler.py", line 152, in compute_logprobs',
      '    return logits.log_softmax(dim=-1, dtype=torch.float32)',
      OOM('9.27 GiB', '79.25 GiB', '7.02 GiB', '300.00 MiB'),
    ].join('\n');
    const told = await answer(
      log,
      'lm_eval --model vllm --model_args pretrained=Qwen/Qwen3-4B,gpu_memory_utilization=0.6 --tasks mmlu --batch_size auto',
    );
    expect(told.verdict).toBe('oom');
    expect(told.fixes[0]!.id).toBe('lower-request-size');
    expect(told.fixes.slice(0, 3).map(fix => fix.id)).not.toContain('lower-gpu-memory-utilization');
  });
});

describe('a pinned KV cache that is a little too small', () => {
  it('is made larger; the share plays no part', async () => {
    const log = [
      '(EngineCore pid=316) INFO 08-21 18:37:44 [gpu_worker.py:492] Initial free memory 31.16 GiB, reserved 4.25 GiB memory for KV Cache as specified by kv_cache_memory_bytes config and skipped memory profiling.',
      "(EngineCore pid=316) ERROR 08-21 18:37:45 [core.py:900] ValueError: To serve at least one request with the model's max seq len (100000), (4.26 GiB KV cache is needed, which is larger than the available KV cache memory (4.25 GiB). Based on the available memory, the estimated maximum model length is 99700. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
    ].join('\n');
    const told = await answer(log, null);
    const ids = told.fixes.map(fix => fix.id);
    expect(ids.slice(0, 2).sort()).toEqual(['kv-cache-memory-bytes', 'lower-max-model-len']);
    expect(ids).not.toContain('raise-gpu-memory-utilization');
    const bytes = Number(told.fixes.find(fix => fix.id === 'kv-cache-memory-bytes')!.changes[0]!.to);
    expect(bytes).toBeGreaterThan(4.26 * 2 ** 30);
    expect(bytes).toBeLessThan(4.4 * 2 ** 30);
  });
});
