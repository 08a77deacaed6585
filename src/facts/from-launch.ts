import type { Launch } from '../launch/types.js';
import type { FactName, Facts } from './types.js';

/** vLLM's arguments and the facts that they set. */
const FLAGS: Record<string, FactName> = {
  'tensor-parallel-size': 'tensorParallelSize',
  'pipeline-parallel-size': 'pipelineParallelSize',
  'data-parallel-size': 'dataParallelSize',
  dtype: 'dtype',
  quantization: 'quantization',
  'gpu-memory-utilization': 'gpuMemoryUtilization',
  'max-model-len': 'maxModelLen',
  'max-num-seqs': 'maxNumSeqs',
  'max-num-batched-tokens': 'maxNumBatchedTokens',
  'kv-cache-dtype': 'kvCacheDtype',
  'kv-cache-memory-bytes': 'kvCacheMemoryBytes',
  'block-size': 'blockSize',
  'enforce-eager': 'enforceEager',
  'enable-chunked-prefill': 'chunkedPrefill',
  'enable-prefix-caching': 'prefixCaching',
  'cpu-offload-gb': 'cpuOffloadGiB',
  'swap-space': 'swapSpaceGiB',
  'limit-mm-per-prompt': 'limitMmPerPrompt',
  'mm-processor-kwargs': 'mmProcessorKwargs',
  'speculative-config': 'speculativeConfig',
  'enable-lora': 'enableLora',
  'attention-backend': 'attentionBackend',
  'load-format': 'loadFormat',
};

const NUMERIC = /Size$|Len$|NumSeqs$|Tokens$|Utilization$|Bytes$|GiB$/;

/**
 * What the launch states. A value that is still unresolved text where a number belongs (`$LEN`, `auto`) is unknown.
 * A container image's tag is a version fact.
 */
export const factsFromLaunch = (launch: Launch): Facts => {
  const facts: Record<string, unknown> = {};
  const put = (name: FactName, value: unknown) => {
    facts[name] = { value, from: 'command' };
  };
  if (launch.model) put('model', launch.model);
  for (const [flag, name] of Object.entries(FLAGS)) {
    const value = launch.args[flag];
    if (value === undefined || value === null) continue;
    if (NUMERIC.test(name) ? typeof value === 'number' : value !== 'auto') put(name, value);
  }
  const tag = /:v?(\d+\.\d+\.\d+(?:\.post\d+)?)/.exec(launch.image ?? '');
  if (tag && /vllm/i.test(launch.image ?? '')) put('vllmVersion', tag[1]);
  if (launch.env.VLLM_USE_V1 === '0') put('engine', 'V0');
  const kvSpace = Number(launch.env.VLLM_CPU_KVCACHE_SPACE || Number.NaN);
  if (Number.isFinite(kvSpace)) put('cpuKvSpaceGiB', kvSpace);
  if (['serve', 'api_server', 'image'].includes(launch.program)) put('usage', 'server');
  if (['llm', 'lm_eval'].includes(launch.program)) put('usage', 'llm');
  return facts as Facts;
};
