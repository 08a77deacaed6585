/** Starts that succeed, as each era of vLLM prints them (wording and order from the releases' sources). */
const v0 = (version: string, named: boolean, blocks: string): string[] => [
  `INFO 06-20 09:59:50 api_server.py:177] vLLM API server version ${version}`,
  `INFO 06-20 09:59:51 llm_engine.py:161] Initializing ${named ? 'a V0' : 'an'} LLM engine (v${version}) with config: model='acme/Small-7B', speculative_config=None, tokenizer='acme/Small-7B', dtype=torch.float16, max_seq_len=8192, tensor_parallel_size=1, quantization=None, enforce_eager=False, kv_cache_dtype=auto`,
  'INFO 06-20 10:00:02 model_runner.py:720] Starting to load model acme/Small-7B...',
  'Loading safetensors checkpoint shards: 100% Completed | 4/4 [00:04<00:00,  1.02s/it]',
  'INFO 06-20 10:00:12 model_runner.py:732] Loading model weights took 14.2487 GB',
  `INFO 06-20 10:00:22 ${blocks}`,
  "INFO 06-20 10:00:23 model_runner.py:1024] Capturing the model for CUDA graphs. This may lead to unexpected consequences if the model is not static. To run the model in eager mode, set 'enforce_eager=True' or use '--enforce-eager' in the CLI.",
  'INFO 06-20 10:00:23 model_runner.py:1028] CUDA graphs can take additional 1~3 GiB memory per GPU. If you are running out of memory, consider decreasing `gpu_memory_utilization` or enforcing eager mode. You can also reduce the `max_num_seqs` as needed to decrease memory usage.',
  'INFO 06-20 10:00:43 model_runner.py:1225] Graph capturing finished in 20 secs.',
  'INFO:     Started server process [4711]',
  'INFO:     Application startup complete.',
  'INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)',
];

const v1 = (version: string, core: string, more: string[] = []): string[] => [
  `(APIServer pid=1) INFO 10-20 10:00:01 [api_server.py:1839] vLLM API server version ${version}`,
  `${core} INFO 10-20 10:00:20 [core.py:77] Initializing a V1 LLM engine (v${version}) with config: model='acme/Small-7B', speculative_config=None, tokenizer='acme/Small-7B', dtype=torch.bfloat16, max_seq_len=8192, tensor_parallel_size=1, pipeline_parallel_size=1, quantization=None, enforce_eager=False, kv_cache_dtype=auto`,
  `${core} INFO 10-20 10:00:30 [gpu_model_runner.py:2602] Starting to load model acme/Small-7B...`,
  `${core} INFO 10-20 10:00:40 [gpu_model_runner.py:2653] Model loading took 14.2488 GiB and 9.3 seconds`,
  `${core} INFO 10-20 10:00:55 [monitor.py:34] torch.compile takes 12.19 s in total`,
  ...more.map(line => `${core} ${line}`),
  `${core} INFO 10-20 10:01:00 [gpu_worker.py:298] Available KV cache memory: 54.91 GiB`,
  `${core} INFO 10-20 10:01:00 [kv_cache_utils.py:1087] GPU KV cache size: 449,824 tokens`,
  `${core} INFO 10-20 10:01:00 [kv_cache_utils.py:1091] Maximum concurrency for 8,192 tokens per request: 54.91x`,
  `${core} INFO 10-20 10:01:10 [gpu_model_runner.py:3480] Graph capturing finished in 9 secs, took 0.58 GiB`,
  `${core} INFO 10-20 10:01:11 [core.py:210] init engine (profile, create kv cache, warmup model) took 30.11 seconds`,
  '(APIServer pid=1) INFO:     Application startup complete.',
  '(APIServer pid=1) INFO:     127.0.0.1:51708 - "POST /v1/chat/completions HTTP/1.1" 200 OK',
];

/** Version -> lines of a start that succeeds. */
export const healthyStarts: Record<string, string[]> = {
  '0.4.2': v0('0.4.2', false, 'gpu_executor.py:114] # GPU blocks: 12540, # CPU blocks: 2048'),
  '0.6.3': v0('0.6.3', false, 'gpu_executor.py:122] # GPU blocks: 12540, # CPU blocks: 2048'),
  '0.7.3': v0('0.7.3', true, 'executor_base.py:111] # cuda blocks: 12540, # CPU blocks: 2048'),
  '0.8.5': v1('0.8.5', '(EngineCore_0 pid=77)'),
  '0.9.2': v1('0.9.2', '(EngineCore_0 pid=77)'),
  '0.11.0': v1('0.11.0', '(EngineCore_DP0 pid=77)'),
  '0.14.0': v1('0.14.0', '(EngineCore_DP0 pid=77)', [
    'INFO 10-20 10:00:56 [vllm.py:630] Asynchronous scheduling is enabled.',
  ]),
  '0.20.0': v1('0.20.0', '(EngineCore pid=77)', [
    'INFO 10-20 10:00:57 [gpu_model_runner.py:5900] Profiling CUDA graph memory: PIECEWISE=51 (largest=512), FULL=35 (largest=256)',
    'INFO 10-20 10:00:59 [gpu_model_runner.py:6000] Estimated CUDA graph memory: 0.80 GiB total',
    'INFO 10-20 10:00:59 [gpu_worker.py:492] CUDA graph memory profiling is enabled (default since v0.21.0). The current --gpu-memory-utilization=0.9200 is equivalent to --gpu-memory-utilization=0.9099 without CUDA graph memory profiling.',
  ]),
  '0.27.0': v1('0.27.0', '(EngineCore pid=77)', ['INFO 10-20 10:00:40 [gpu_worker.py:285] Using V2 Model Runner']),
  '0.33.0': v1('0.33.0', '(EngineCore pid=77)', [
    'INFO 10-20 10:01:00 [gpu_worker.py:857] Free memory on device (78.66/79.18 GiB) on startup. Desired GPU memory utilization is (0.92, 72.85 GiB). Actual usage is 15.40 GiB for consumed memory (weights + non-torch), 1.29 GiB for peak activation, and 0.58 GiB for CUDAGraph memory.',
  ]),
};

/** Lines that alarm and that healthy servers print all the same. */
export const alarmingButHarmless: string[] = [
  '[W1120 10:00:30.100000000 CUDACachingAllocator.cpp:3933] memory allocation failed with OOM on device 1 while trying to allocate 20971520 bytes (free: 10485760, total: 25438126080).',
  '2026-07-06 23:18:00,431 - WARNING - autotuner.py:1315 - flashinfer.jit: [Autotuner]: OOM detected, falling back to default tactic',
  '(EngineCore_DP0 pid=77) INFO 10-20 11:25:53 [shm_broadcast.py:466] No available shared memory broadcast block found in 60 seconds. This typically happens when some processes are hanging or doing some time-consuming work (e.g. compilation).',
  'WARNING 05-01 10:00:00 config.py:618] Possibly too large swap space. 16.00 GiB out of the 31.07 GiB total CPU memory is allocated for the swap space.',
  'WARNING 10-20 12:00:00 scheduler.py:1100] Sequence group 7 is preempted by PreemptionMode.RECOMPUTE mode because there is not enough KV cache space. This can affect the end-to-end performance. Increase gpu_memory_utilization or tensor_parallel_size to provide more KV cache memory. total_num_cumulative_preemption=1',
  'WARNING 08-27 14:00:00 config.py:1563] The model has a long context length (131072). This may cause OOM errors during the initial memory profiling phase, or result in low performance due to small KV cache space. Consider setting --max-model-len to a smaller value.',
  '(EngineCore_DP0 pid=77) WARNING 11-06 10:51:48 [kv_cache_utils.py:979] Add 1 padding layers, may waste at most 5.00% KV cache memory',
  'NVRM: nvCheckOkFailedNoLog: Check failed: Out of memory [NV_ERR_NO_MEMORY] (0x00000051) returned from _memdescAllocInternal',
  '[rank0]:[W526 07:50:27.333790410 ProcessGroupNCCL.cpp:1496] Warning: WARNING: destroy_process_group() was not called before program exit, which can leak resources. For more info, please see https://pytorch.org/docs/stable/distributed.html#shutdown (function operator())',
  '(EngineCore pid=77) WARNING 10-20 10:00:58 [gpu_worker.py:500] Overriding num_gpu_blocks=0 with num_gpu_blocks_override=64',
];
