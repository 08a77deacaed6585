import type { Text } from '../common/text.js';
import { round, thousands } from '../common/units.js';
import type { FactName } from '../facts/types.js';

const same = (text: string): Text => ({ en: text, zh: text });
const named = (en: string, zh: string): Text => ({ en, zh });

/** What a fact is called for people; settings keep the name of their flag, which is what one types. */
const NAMES: Record<FactName, Text> = {
  vllmVersion: named('vLLM version', 'vLLM 版本'),
  vllmReleases: named('vLLM version, one of', 'vLLM 版本（其中之一）'),
  engine: named('engine', '引擎'),
  modelRunner: named('model runner', '模型执行器（model runner）'),
  usage: named('used as', '使用方式'),
  model: named('model', '模型'),
  architecture: named('architecture', '模型架构'),
  isMultimodal: named('multimodal', '多模态'),
  isMoe: named('mixture of experts', 'MoE'),
  isHybrid: named('hybrid (state and attention)', '混合架构（状态与注意力）'),
  torchVersion: named('torch version', 'torch 版本'),
  driverVersion: named('driver version', '驱动版本'),
  cudaVersion: named('CUDA version', 'CUDA 版本'),
  platform: named('platform', '平台'),
  isWsl: same('WSL'),
  isContainer: named('in a container', '在容器中'),
  gpuName: same('GPU'),
  gpuCount: named('GPUs', 'GPU 数量'),
  gpuTotalGiB: named('memory per GPU, GiB', '每张 GPU 显存，GiB'),
  gpuIndex: named('index of the failing GPU', '失败的 GPU 编号'),
  computeCapability: named('compute capability', '计算能力'),
  unifiedMemory: named('memory shared with the host', '与主机共享内存'),
  tensorParallelSize: same('tensor-parallel-size'),
  pipelineParallelSize: same('pipeline-parallel-size'),
  dataParallelSize: same('data-parallel-size'),
  dtype: same('dtype'),
  quantization: same('quantization'),
  gpuMemoryUtilization: same('gpu-memory-utilization'),
  maxModelLen: same('max-model-len'),
  maxNumSeqs: same('max-num-seqs'),
  maxNumBatchedTokens: same('max-num-batched-tokens'),
  kvCacheDtype: same('kv-cache-dtype'),
  kvCacheMemoryBytes: same('kv-cache-memory-bytes'),
  blockSize: same('block-size'),
  enforceEager: same('enforce-eager'),
  chunkedPrefill: same('enable-chunked-prefill'),
  prefixCaching: same('enable-prefix-caching'),
  cpuOffloadGiB: named('cpu-offload, GiB', 'cpu-offload，GiB'),
  swapSpaceGiB: named('swap-space, GiB', 'swap-space，GiB'),
  cpuKvSpaceGiB: named('KV cache in host memory, GiB', '主机内存中的 KV 缓存，GiB'),
  limitMmPerPrompt: same('limit-mm-per-prompt'),
  mmProcessorKwargs: same('mm-processor-kwargs'),
  speculativeConfig: same('speculative-config'),
  enableLora: same('enable-lora'),
  attentionBackend: named('attention backend', '注意力后端'),
  loadFormat: same('load-format'),
  checkpointGiB: named('checkpoint on disk, GiB', '磁盘上的模型文件，GiB'),
  weightsGiB: named('weights, GiB', '模型权重，GiB'),
  activationGiB: named('activation peak, GiB', '激活峰值，GiB'),
  nonTorchGiB: named('non-torch memory, GiB', '非 torch 显存，GiB'),
  consumedGiB: named('weights and non-torch memory, GiB', '模型权重与非 torch 显存，GiB'),
  graphsGiB: named('CUDA graphs, GiB', 'CUDA 图，GiB'),
  graphsEstimatedGiB: named('CUDA graphs as estimated, GiB', 'CUDA 图估计值，GiB'),
  kvCacheGiB: named('KV cache, GiB', 'KV 缓存，GiB'),
  kvTokens: named('KV cache, tokens', 'KV 缓存 token 数'),
  gpuBlocks: named('KV cache, blocks', 'KV 缓存块数'),
  maxConcurrency: named('full-length requests at once', '可同时容纳的全长请求'),
  budgetGiB: named("vLLM's budget, GiB", 'vLLM 的显存预算，GiB'),
  kvNeededGiB: named('KV cache that one request needs, GiB', '单个请求所需 KV 缓存，GiB'),
  kvAvailableGiB: named('KV cache there was room for, GiB', '可用于 KV 缓存，GiB'),
  estimatedMaxModelLen: named('max-model-len as vLLM estimates it', 'vLLM 估计的 max-model-len'),
  encoderBudgetTokens: named('encoder cache budget, tokens', '编码器缓存预算 token 数'),
  encoderItems: named('items profiled in the encoder', '编码器探测的项目数'),
  mambaBlocks: named('state cache, blocks', '状态缓存块数'),
  dummyRequests: named('dummy requests of the warm-up', '预热的虚拟请求数'),
  requestedGiB: named('asked for, GiB', '申请，GiB'),
  freeGiB: named('free, GiB', '空闲，GiB'),
  allocatedGiB: named('allocated by torch, GiB', 'torch 已分配，GiB'),
  reservedUnallocatedGiB: named('reserved but unallocated, GiB', '已保留未分配，GiB'),
  reservedGiB: named('reserved by torch, GiB', 'torch 已保留，GiB'),
  privatePoolsGiB: named('pools of CUDA graphs, GiB', 'CUDA 图内存池，GiB'),
  peakTorchGiB: named('peak of torch, GiB', 'torch 峰值，GiB'),
  initialUsedGiB: named('used before the start, GiB', '启动前已用，GiB'),
  processUsedGiB: named('used by the process, GiB', '本进程占用，GiB'),
  otherProcessesGiB: named('used by other processes, GiB', '其他进程占用，GiB'),
  freeAtStartGiB: named('free at the start, GiB', '启动时空闲，GiB'),
  desiredGiB: named('asked for by the utilisation, GiB', '按利用率要求，GiB'),
  freeBeforeProfileGiB: named('free before the profile run, GiB', '显存探测前空闲，GiB'),
  freeAfterProfileGiB: named('free after the profile run, GiB', '显存探测后空闲，GiB'),
  hostRamGiB: named('host memory, GiB', '主机内存，GiB'),
  hostLimitGiB: named('limit of host memory, GiB', '主机内存上限，GiB'),
  shmGiB: named('shared memory, GiB', '共享内存，GiB'),
  shmNeededGiB: named('shared memory needed, GiB', '所需共享内存，GiB'),
  exitCode: named('exit code', '退出码'),
};

/** Name of a fact for people; a fact that is new to this table keeps its own. */
export const factName = (name: string): Text => (Object.hasOwn(NAMES, name) ? NAMES[name as FactName] : same(name));

/** Value of a fact for people: GiB with two decimals at most, settings as exact as they were given. */
export const factValue = (name: string, value: unknown): string => {
  if (typeof value === 'number') {
    const short = round(value, name.endsWith('GiB') ? 2 : 4);
    return Number.isInteger(short) && short >= 10_000 ? thousands(short) : String(short);
  }
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};
