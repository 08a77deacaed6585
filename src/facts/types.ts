/** Where a fact comes from, strongest claim first in doubt: what the log measured beats what anybody assumed. */
export type FactSource = 'log' | 'command' | 'probe' | 'config' | 'user' | 'default';

export interface Fact<T> {
  value: T;
  from: FactSource;
  /** 1-based line of the text that says so; absent for what is not read from a text. */
  line?: number;
  /** The line does not state it: its release is known by the line numbers of vLLM's source in prefixes and frames. */
  by?: 'source-lines';
  /** Per rank, where the ranks differ (the value above is then the deciding one: largest use, smallest free). */
  perRank?: Record<string, T>;
}

/**
 * Everything the doctor may know about an incident. Absent = unknown; unknown is never guessed and never matches.
 * GiB are 2^30 bytes, per GPU unless the name says otherwise. Names follow vLLM's and torch's own words.
 */
export interface FactValues {
  // What runs
  vllmVersion: string;
  /** Releases that it can be, oldest first, where the log tells several and no more. */
  vllmReleases: string[];
  /** V0 (up to 0.10.2) or V1. */
  engine: 'V0' | 'V1';
  /** gpu_model_runner (V1) or model runner V2 (0.22.0 and later, by default for some models). */
  modelRunner: 'V1' | 'V2';
  /** How the engine is used: defaults differ between `vllm serve` and `LLM(...)`. */
  usage: 'server' | 'llm';
  model: string;
  architecture: string;
  isMultimodal: boolean;
  isMoe: boolean;
  isHybrid: boolean;
  torchVersion: string;
  driverVersion: string;
  cudaVersion: string;
  platform: 'cuda' | 'rocm' | 'xpu' | 'cpu' | 'tpu' | 'npu' | 'hpu';
  isWsl: boolean;
  isContainer: boolean;
  // The GPU
  gpuName: string;
  gpuCount: number;
  /** torch's total (what vLLM multiplies by the utilisation), not the data sheet's. */
  gpuTotalGiB: number;
  /** Index in the words of the error (renumbered inside containers). */
  gpuIndex: number;
  computeCapability: string;
  unifiedMemory: boolean;
  // Settings (given or printed by vLLM)
  tensorParallelSize: number;
  pipelineParallelSize: number;
  dataParallelSize: number;
  dtype: string;
  quantization: string;
  gpuMemoryUtilization: number;
  maxModelLen: number;
  maxNumSeqs: number;
  maxNumBatchedTokens: number;
  kvCacheDtype: string;
  kvCacheMemoryBytes: number;
  blockSize: number;
  enforceEager: boolean;
  chunkedPrefill: boolean;
  prefixCaching: boolean;
  cpuOffloadGiB: number;
  swapSpaceGiB: number;
  cpuKvSpaceGiB: number;
  limitMmPerPrompt: unknown;
  mmProcessorKwargs: unknown;
  speculativeConfig: unknown;
  enableLora: boolean;
  attentionBackend: string;
  loadFormat: string;
  /** Size of the checkpoint's tensors on disk, whole model. */
  checkpointGiB: number;
  // Measured by vLLM
  weightsGiB: number;
  activationGiB: number;
  nonTorchGiB: number;
  /** Weights + non-torch in one figure, as 0.27.0 and later print it (their activation then holds the graph estimate). */
  consumedGiB: number;
  graphsGiB: number;
  graphsEstimatedGiB: number;
  kvCacheGiB: number;
  kvTokens: number;
  gpuBlocks: number;
  maxConcurrency: number;
  /** Total x utilisation as vLLM printed it. */
  budgetGiB: number;
  /** KV that one request of max_model_len needs, and what was there. */
  kvNeededGiB: number;
  kvAvailableGiB: number;
  estimatedMaxModelLen: number;
  encoderBudgetTokens: number;
  encoderItems: number;
  /** Cache blocks of a hybrid model's state, as the capture check printed them. */
  mambaBlocks: number;
  dummyRequests: number;
  // Measured by torch at the failed allocation
  requestedGiB: number;
  freeGiB: number;
  allocatedGiB: number;
  reservedUnallocatedGiB: number;
  /** torch <= 2.0: reserved in total. */
  reservedGiB: number;
  /** Held by CUDA graphs' pools at the failed allocation. */
  privatePoolsGiB: number;
  /** 0.6.4: torch's peak with the weights in it, and what was used before vLLM started. */
  peakTorchGiB: number;
  initialUsedGiB: number;
  processUsedGiB: number;
  otherProcessesGiB: number;
  /** vLLM's start-up check: what was free, what the utilisation asked for. */
  freeAtStartGiB: number;
  desiredGiB: number;
  /** "Error in memory profiling": free before and after the profile run. */
  freeBeforeProfileGiB: number;
  freeAfterProfileGiB: number;
  // Host
  hostRamGiB: number;
  hostLimitGiB: number;
  shmGiB: number;
  shmNeededGiB: number;
  exitCode: number;
}

export type FactName = keyof FactValues;
export type Facts = { [Name in FactName]?: Fact<FactValues[Name]> };
