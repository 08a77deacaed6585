import type { Phase, StackTrace } from '../types.js';

/**
 * Which phase a traceback was in, by vLLM's own functions. The table is ordered: the first row of which a frame is in the
 * trace decides, so the narrow rows come before the wide ones (a capture runs below execute_model, a sampler warm-up below
 * profile_run). Functions of worker/worker.py@v0.4.1 - v0.10.2, v1/worker/gpu_worker.py@v0.8.0 - 0.33.0.
 */
const ROWS: { phase: Phase; functions: string[]; files?: RegExp }[] = [
  {
    phase: 'sampler-warmup',
    functions: [
      '_dummy_sampler_run',
      '_dummy_pooler_run',
      'warmup_kernels',
      'kernel_warmup',
      'flashinfer_autotune',
      'deep_gemm_warmup',
      '_dummy_pooler_run_task',
    ],
  },
  // The estimate of graph memory captures too, but belongs to the profile.
  { phase: 'profile', functions: ['profile_cudagraph_memory'] },
  {
    phase: 'graph-capture',
    functions: [
      'capture_model',
      'capture_begin',
      'capture_end',
      '_capture_cudagraphs',
      'capture_graph',
      '_capture_cudagraph',
      '_capture_full_graphs',
    ],
  },
  // Below it neither a capture nor a sampler run: compiling for the graphs. The KV cache is there by then.
  { phase: 'graph-capture', functions: ['compile_or_warm_up_model', 'warm_up_model'] },
  {
    phase: 'kv-cache',
    functions: [
      'initialize_kv_cache',
      'initialize_kv_cache_tensors',
      '_allocate_kv_cache',
      '_allocate_kv_cache_tensors',
      'allocate_kv_cache',
      '_init_cache_engine',
      'check_enough_kv_cache_memory',
      '_check_enough_kv_cache_memory',
      'get_kv_cache_config',
      'get_kv_cache_configs',
      'raise_if_cache_size_invalid',
      'initialize_from_config',
      'init_cache_engine',
      '_initialize_cache',
      'initialize_cache',
      '_auto_fit_max_model_len',
      'check_block_size_valid',
      'verify_cache_size',
    ],
  },
  {
    phase: 'profile',
    functions: [
      'determine_available_memory',
      'determine_num_available_blocks',
      'profile_run',
      'profile_num_available_blocks',
      '_profile_run',
      'profile',
      'profile_memory',
      '_run_profile',
    ],
    files: /vllm/,
  },
  {
    phase: 'load',
    functions: [
      'load_model',
      'load_weights',
      'initialize_model',
      '_initialize_model',
      'get_model',
      'process_weights_after_loading',
      '_process_weights_after_loading',
      'create_weights',
      'load_model_weights',
      'make_layers',
      'gptq_marlin_repack',
      'awq_marlin_repack',
      'marlin_repack',
      'weight_loader',
      'get_and_load_model',
      'download_model',
      '_prepare_weights',
    ],
    files: /vllm|torch|lora|model_loader|aphrodite/,
  },
  {
    phase: 'device-init',
    functions: [
      'init_device',
      'request_memory',
      'init_worker_distributed_environment',
      'init_distributed_environment',
      'initialize_model_parallel',
      'init_process_group',
      '_init_distributed_environment',
      'ensure_model_parallel_initialized',
    ],
  },
  {
    phase: 'serving',
    functions: [
      'start_worker_execution_loop',
      '_log_task_completion',
      'execute_model',
      '_execute_mm_encoder',
      'step_with_batch_queue',
      'process_engine_step',
      '_process_engine_step',
      'execute_model_req',
      'engine_step',
      'run_engine_loop',
      'run_busy_loop',
      'wake_up',
      'sleep',
      'add_request',
      'sample_tokens',
      'generate_greedy',
      '_run_engine',
      'step_async',
      'create_chat_completion',
      'create_completion',
    ],
    files: /vllm|entrypoints/,
  },
  {
    phase: 'config',
    functions: [
      'create_engine_config',
      'create_model_config',
      'parse_args',
      'create_speculative_config',
      '_get_and_verify_max_len',
      'maybe_override_with_speculators',
      'verify_with_parallel_config',
    ],
  },
];

const phases = new Map<string, { phase: Phase; row: number; files?: RegExp }>();
ROWS.forEach(({ phase, functions, files }, row) => {
  for (const name of functions) if (!phases.has(name)) phases.set(name, { phase, row, files });
});

/** True where the model itself was running: the start was past loading, or serving. */
export const runsModel = (frames: StackTrace['frames']): boolean =>
  frames.some(frame => frame.function === 'forward' && MODEL_FILE.test(frame.file));

const MODEL_FILE = /vllm(?:_\w{1,40})?\/(?:model_executor\/)?(?:models|layers)\//;

/** The functions that a frame names: its own, and the calls in its source line, whose frames may have been cut off. */
const functionsOf = ({ function: own, code }: StackTrace['frames'][number]): string[] => [
  // IPython writes the class before the method.
  own.split('.').at(-1)!,
  ...[...(code ?? '').matchAll(/([A-Za-z_]\w{2,80})\(/g)].map(([, name]) => name!),
];

/** The phase in which the trace failed; null when none of its frames tells. */
export const phaseOfFrames = (frames: StackTrace['frames']): Phase | null => {
  let best: { phase: Phase; row: number } | null = null;
  for (const frame of frames) {
    for (const name of functionsOf(frame)) {
      const known = phases.get(name);
      if (known && (!known.files || !frame.file || known.files.test(frame.file)) && (!best || known.row < best.row))
        best = known;
    }
  }
  if (best) return best.phase;
  // A model's own constructor: it is being built, weights are being allocated.
  return frames.some(frame => frame.function === '__init__' && MODEL_FILE.test(frame.file)) ? 'load' : null;
};
