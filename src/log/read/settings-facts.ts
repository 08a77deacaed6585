import type { FactName } from '../../facts/types.js';
import { type PythonValue, readSettings } from './python-values.js';

/** vLLM's names for its settings, in arguments and in the engine's config line, and the facts that they are. */
const NAMES: Record<string, FactName> = {
  model: 'model',
  model_tag: 'model',
  max_seq_len: 'maxModelLen',
  max_model_len: 'maxModelLen',
  tensor_parallel_size: 'tensorParallelSize',
  pipeline_parallel_size: 'pipelineParallelSize',
  data_parallel_size: 'dataParallelSize',
  dtype: 'dtype',
  quantization: 'quantization',
  gpu_memory_utilization: 'gpuMemoryUtilization',
  max_num_seqs: 'maxNumSeqs',
  max_num_batched_tokens: 'maxNumBatchedTokens',
  kv_cache_dtype: 'kvCacheDtype',
  kv_cache_memory_bytes: 'kvCacheMemoryBytes',
  block_size: 'blockSize',
  enforce_eager: 'enforceEager',
  enable_chunked_prefill: 'chunkedPrefill',
  chunked_prefill_enabled: 'chunkedPrefill',
  enable_prefix_caching: 'prefixCaching',
  cpu_offload_gb: 'cpuOffloadGiB',
  swap_space: 'swapSpaceGiB',
  limit_mm_per_prompt: 'limitMmPerPrompt',
  mm_processor_kwargs: 'mmProcessorKwargs',
  speculative_config: 'speculativeConfig',
  enable_lora: 'enableLora',
  attention_backend: 'attentionBackend',
  load_format: 'loadFormat',
  device_config: 'platform',
};

const NUMBERS = /Size$|Len$|NumSeqs$|Tokens$|Utilization$|Bytes$|GiB$/;
const SWITCHES = new Set<FactName>(['enforceEager', 'chunkedPrefill', 'prefixCaching', 'enableLora']);

/** The facts that printed settings state. `None` and `auto` state nothing, except in the resolved config (`kv_cache_dtype=auto`). */
export const factsFromSettings = (text: string, quotedNumbers = false): [FactName, unknown][] => {
  const facts: [FactName, unknown][] = [];
  for (const [key, value] of readSettings(text)) {
    const name = Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
    const bare = quotedNumbers && typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
    const read = name ? convert(name, bare) : undefined;
    if (name && read !== undefined && !facts.some(([known]) => known === name)) facts.push([name, read]);
  }
  return facts;
};

const convert = (name: FactName, value: PythonValue): unknown => {
  if (value === null || value === '' || value === '{}') return undefined;
  if (NUMBERS.test(name)) return typeof value === 'number' ? value : undefined;
  if (SWITCHES.has(name)) return typeof value === 'boolean' ? value : undefined;
  // ROCm calls its device cuda too: only the other devices are named by it.
  if (name === 'platform') return /^(?:cpu|xpu|tpu|hpu|npu)$/.test(String(value)) ? value : undefined;
  if (name === 'dtype') {
    const dtype = String(value).replace(/^torch\./, '');
    return dtype === 'auto' ? undefined : dtype;
  }
  if (name === 'loadFormat')
    return String(value)
      .replace(/^LoadFormat\./, '')
      .toLowerCase();
  if (name === 'quantization' || name === 'attentionBackend') return value === 'auto' ? undefined : String(value);
  return typeof value === 'boolean' ? undefined : value;
};

const FLAG = /--([a-z][a-z0-9-]{2,40})(?:["']?[ =,]["' ]{0,3})([\w./:-]{1,80})/g;

/** Something that starts vLLM: its flags are a launch, which has a reader of its own. */
const COMMAND = /\b(?:vllm serve|python3?|docker|podman|api_server|lm_eval|trl)\b/;

/**
 * The facts that a list of flags states: two flags with values or more. One flag alone is mostly advice
 * ("try --max-model-len 4096"), and advice is no setting.
 */
export const factsFromFlags = (text: string): [FactName, unknown][] => {
  if (COMMAND.test(text)) return [];
  const pairs = [...text.slice(0, 8000).matchAll(FLAG)];
  if (pairs.length < 2) return [];
  return factsFromSettings(pairs.map(([, name, value]) => `${name!.replaceAll('-', '_')}='${value}'`).join(', '), true);
};
