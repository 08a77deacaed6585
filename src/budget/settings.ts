import type { Facts } from '../facts/types.js';
import { releases } from '../knowledge/releases.js';
import type { ArgValue, Launch } from '../launch/types.js';
import { since } from './eras.js';
import type { Gpu } from './gpu.js';
import { isHybrid, isMla, isMoe, type ModelShape } from './model/shape.js';

/** Everything that decides the memory of a start, with the release's defaults filled in. */
export interface Settings {
  version: string;
  engine: 'V0' | 'V1';
  /** Model runner V2 (`v1/worker/gpu/`): another profile run, state and graph estimate. */
  runner: 'V1' | 'V2';
  /** The other runner may be the one: the release decides by a list of architectures. */
  runnerOpen: boolean;
  /** An estimate of the CUDA graphs' memory is subtracted before the KV cache is sized. */
  graphsCounted: boolean;
  /** The CPU back-end: no GPU, no graphs, a pool in host memory. */
  onCpu: boolean;
  tensorParallel: number;
  pipelineParallel: number;
  dataParallel: number;
  decodeContextParallel: number;
  expertParallel: boolean;
  utilisation: number;
  maxModelLen: number;
  /** `--max-model-len auto` / -1: vLLM lowers it to what fits. */
  autoLen: boolean;
  maxNumSeqs: number;
  maxNumBatchedTokens: number;
  chunkedPrefill: boolean;
  prefixCaching: boolean;
  asyncScheduling: boolean;
  blockSize: number;
  kvCacheDtype: string;
  kvCacheMemoryBytes: number | null;
  blocksOverride: number | null;
  eager: boolean;
  /** Batch sizes for which graphs are captured; empty: none. */
  captureSizes: number[];
  captureMode: 'none' | 'piecewise' | 'full' | 'both';
  speculativeTokens: number;
  loraRank: number | null;
  maxLoras: number;
  /** Items of a kind that a prompt may have. */
  imageLimit: number;
  videoLimit: number;
  maxPixels: number | null;
  skipMmProfiling: boolean;
  cpuOffloadGiB: number;
  shardedSampling: boolean;
  hybridManager: boolean;
  /** Bytes of a weight and an activation: 4 only where float32 is asked for. */
  dtypeBytes: number;
}

export const asNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** A JSON object given as such, as text, or as `image=1,video=0` (vLLM <= 0.9.2). */
export const asRecord = (value: unknown): Record<string, unknown> | null => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  if (typeof value !== 'string') return null;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    const pairs = [...value.slice(0, 500).matchAll(/(\w{1,20})=(\d{1,6})/g)];
    return pairs.length > 0 ? Object.fromEntries(pairs.map(pair => [pair[1], Number(pair[2])])) : null;
  }
};

/** How many items of a kind a prompt may have: a number, or `{"count": n}`. */
const limitOf = (limits: Record<string, unknown> | null, name: string): number | null => {
  const value = limits?.[name];
  return asNumber(value) ?? asNumber(asRecord(value)?.count);
};

/** V0 takes over for what V1 cannot run: arg_utils.py `_is_v1_supported_oracle`@0.8.0-0.10.2. */
const fallsBackToV0 = (version: string, gpu: Gpu, shape: ModelShape): boolean =>
  since(version, '0.8.0') &&
  !since(version, '0.11.0') &&
  ((gpu.computeCapability !== null && gpu.computeCapability < 8) ||
    shape.layers.some(({ mixer }) => mixer.kind === 'attention' && mixer.cross));

/** What `--enforce-eager`, `-O` and `--compilation-config` leave of the CUDA graphs. */
const captureModeOf = (version: string, engine: 'V0' | 'V1', eager: boolean, mode: string): Settings['captureMode'] => {
  if (eager || mode === 'NONE') return 'none';
  if (mode === 'PIECEWISE') return 'piecewise';
  if (mode === 'FULL_AND_PIECEWISE') return 'both';
  if (mode.startsWith('FULL')) return 'full';
  if (engine === 'V0') return 'full';
  // FULL_AND_PIECEWISE is the default from 0.11.0 (PR #25444).
  return since(version, '0.11.0') ? 'both' : 'piecewise';
};

/**
 * The settings of a start: given values over the release's defaults (knowledge/releases). Null when the release decides
 * something that depends on an unknown card.
 */
export const settingsOf = (input: {
  version: string;
  facts: Facts;
  launch: Launch | null;
  gpu: Gpu;
  shape: ModelShape;
  quantization: string | null;
}): Settings | null => {
  const { version, facts, launch, gpu, shape } = input;
  const argument = (name: string): ArgValue | undefined => launch?.args[name];
  const number = (flag: string) => asNumber(argument(flag));
  const statedLen = facts.maxModelLen?.value ?? null;
  const asked = argument('max-model-len');
  const autoLen = since(version, '0.14.0') && (asked === -1 || asked === 'auto');
  const maxModelLen = statedLen && statedLen > 0 ? statedLen : (shape.maxPositions ?? 4096);
  const speculative = asRecord(facts.speculativeConfig?.value);
  const speculativeTokens = asNumber(speculative?.num_speculative_tokens) ?? 0;
  const mode = argument('performance-mode');
  const engine = facts.engine?.value ?? (fallsBackToV0(version, gpu, shape) ? ('V0' as const) : undefined);
  const defaults = releases().defaults({
    release: version,
    usage: facts.usage?.value ?? 'server',
    engine,
    modelRunner: facts.modelRunner?.value,
    platform: facts.platform?.value ?? gpu.platform ?? 'cuda',
    gpuName: gpu.name ?? undefined,
    gpuTotalGiB: gpu.totalGiB?.gib,
    computeCapability: gpu.computeCapability === null ? undefined : String(gpu.computeCapability),
    architecture: shape.architecture ?? '',
    isMultimodal: shape.vision !== null,
    isMoe: isMoe(shape),
    isHybrid: isHybrid(shape),
    quantization: input.quantization,
    maxModelLen,
    tensorParallelSize: facts.tensorParallelSize?.value,
    pipelineParallelSize: facts.pipelineParallelSize?.value,
    numSpeculativeTokens: speculativeTokens,
    performanceMode: mode === 'throughput' || mode === 'interactivity' ? mode : undefined,
    maxNumSeqs: facts.maxNumSeqs?.value,
    maxNumBatchedTokens: facts.maxNumBatchedTokens?.value,
    chunkedPrefill: facts.chunkedPrefill?.value,
    enforceEager: facts.enforceEager?.value,
    env: launch?.env,
  });
  const utilisation = facts.gpuMemoryUtilization?.value ?? defaults.gpuMemoryUtilization?.value;
  if (!defaults.engine || !defaults.maxNumSeqs || !defaults.maxNumBatchedTokens || utilisation === undefined)
    return null;

  const onCpu = facts.platform?.value === 'cpu';
  const eager = onCpu || (facts.enforceEager?.value ?? false);
  const compilation = asRecord(argument('compilation-config'));
  const given =
    argument('cudagraph-capture-sizes') ?? argument('cuda-graph-sizes') ?? compilation?.cudagraph_capture_sizes;
  const list = Array.isArray(given) && given.length > 1 ? given.filter(size => typeof size === 'number') : null;
  const limit =
    asNumber(Array.isArray(given) ? given[0] : given) ??
    number('max-cudagraph-capture-size') ??
    asNumber(compilation?.max_cudagraph_capture_size);
  const captureMode = captureModeOf(
    version,
    defaults.engine.value,
    eager,
    String(compilation?.cudagraph_mode ?? '').toUpperCase(),
  );
  const sizes = (list as number[] | null) ?? defaults.captureSizes?.value ?? [];
  const limits = asRecord(facts.limitMmPerPrompt?.value);
  const processor = asRecord(facts.mmProcessorKwargs?.value);
  const itemDefault = defaults.limitMmPerPrompt?.value ?? 1;
  return {
    version,
    engine: defaults.engine.value,
    runnerOpen: defaults.modelRunner === null && defaults.engine.value === 'V1',
    // Open for mixtures and hybrids up to 0.28 (a list of architectures) and on ROCm to 0.31.
    runner: defaults.modelRunner?.value ?? (since(version, '0.29.0') ? 'V2' : 'V1'),
    graphsCounted: defaults.engine.value === 'V1' && (defaults.graphsInBudget?.value ?? since(version, '0.20.0')),
    onCpu,
    tensorParallel: Math.max(1, facts.tensorParallelSize?.value ?? 1),
    pipelineParallel: Math.max(1, facts.pipelineParallelSize?.value ?? 1),
    dataParallel: Math.max(1, facts.dataParallelSize?.value ?? 1),
    decodeContextParallel: Math.max(1, number('decode-context-parallel-size') ?? 1),
    expertParallel: argument('enable-expert-parallel') === true,
    utilisation,
    maxModelLen,
    autoLen,
    maxNumSeqs: defaults.maxNumSeqs.value,
    maxNumBatchedTokens: defaults.maxNumBatchedTokens.value,
    chunkedPrefill: defaults.chunkedPrefill?.value ?? false,
    prefixCaching:
      argument('no-enable-prefix-caching') === true
        ? false
        : (facts.prefixCaching?.value ?? defaults.prefixCaching?.value ?? false),
    asyncScheduling: argument('no-async-scheduling') === true ? false : (defaults.asyncScheduling?.value ?? false),
    // CPU: 128 (16 up to 0.11.0); MLA backends use 64.
    blockSize: facts.blockSize?.value ?? (onCpu ? (since(version, '0.11.1') ? 128 : 16) : isMla(shape) ? 64 : 16),
    kvCacheDtype: facts.kvCacheDtype?.value ?? 'auto',
    kvCacheMemoryBytes: facts.kvCacheMemoryBytes?.value ?? null,
    blocksOverride: number('num-gpu-blocks-override'),
    eager,
    captureSizes: captureMode === 'none' ? [] : sizes.filter(size => limit === null || size <= limit),
    captureMode,
    speculativeTokens,
    loraRank: facts.enableLora?.value ? (number('max-lora-rank') ?? 16) : null,
    maxLoras: number('max-loras') ?? 1,
    imageLimit: limitOf(limits, 'image') ?? itemDefault,
    videoLimit: limitOf(limits, 'video') ?? itemDefault,
    maxPixels: asNumber(processor?.max_pixels) ?? asNumber(asRecord(processor?.size)?.longest_edge),
    skipMmProfiling: argument('skip-mm-profiling') === true,
    cpuOffloadGiB: facts.cpuOffloadGiB?.value ?? 0,
    shardedSampling: argument('enable-batch-sharded-sampling') === true,
    hybridManager: argument('disable-hybrid-kv-cache-manager') !== true,
    dtypeBytes: /float32|^float$|fp32/.test(String(facts.dtype?.value ?? '')) ? 4 : 2,
  };
};
