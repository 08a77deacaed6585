import files from 'knowledge:releases';
import { type Expression, parseExpression } from './expression.js';
import { matchRelease } from './release-match.js';
import { inRange } from './release-range.js';

/** What the defaults depend on. Absent = unknown: a default that needs it is unknown too (null). */
export interface DefaultInputs {
  /** vLLM's version, in any spelling that `Releases.match` takes. */
  release: string;
  usage?: 'server' | 'llm';
  /** Default: worked out from the release and `env`. */
  engine?: 'V0' | 'V1';
  modelRunner?: 'V1' | 'V2';
  /** Unknown with a known GPU is taken for cuda. */
  platform?: string;
  gpuName?: string;
  /** torch's total memory of one GPU in GiB. */
  gpuTotalGiB?: number;
  /** `9.0` */
  computeCapability?: string;
  architecture?: string;
  isMultimodal?: boolean;
  isMoe?: boolean;
  isHybrid?: boolean;
  /** Embedding, reward, classification. Unknown counts as no: generation is what nearly everybody runs. */
  isPooling?: boolean;
  /** Quantization in use; null: known to be none. */
  quantization?: string | null;
  attentionBackend?: string;
  maxModelLen?: number;
  tensorParallelSize?: number;
  pipelineParallelSize?: number;
  numSpeculativeTokens?: number;
  performanceMode?: 'balanced' | 'interactivity' | 'throughput';
  /** Set by the user; the other defaults follow from them. */
  maxNumSeqs?: number;
  maxNumBatchedTokens?: number;
  chunkedPrefill?: boolean;
  enforceEager?: boolean;
  /** Environment variables of the launch, e.g. VLLM_USE_V1. */
  env?: Record<string, string>;
}

/** A default and where it is written (file and function of vLLM, or the variable that decides). */
export interface Default<T> {
  value: T;
  source: string;
}

export interface Defaults {
  engine: Default<'V0' | 'V1'> | null;
  modelRunner: Default<'V1' | 'V2'> | null;
  gpuMemoryUtilization: Default<number> | null;
  maxNumBatchedTokens: Default<number> | null;
  maxNumSeqs: Default<number> | null;
  blockSize: Default<number> | null;
  chunkedPrefill: Default<boolean> | null;
  prefixCaching: Default<boolean> | null;
  swapSpaceGiB: Default<number> | null;
  cpuOffloadGiB: Default<number> | null;
  mmProcessorCacheGiB: Default<number> | null;
  limitMmPerPrompt: Default<number> | null;
  maxSeqLenToCapture: Default<number> | null;
  /** Batch sizes for which CUDA graphs are captured; [] with enforce_eager. */
  captureSizes: Default<number[]> | null;
  graphsInBudget: Default<boolean> | null;
  asyncScheduling: Default<boolean> | null;
  enforceEager: Default<boolean> | null;
  kvCacheDtype: Default<string> | null;
}

type Scalar = string | number | boolean | null;
type Wanted = Scalar | Scalar[] | { has: string[] } | { lacks: string[] };

interface Case {
  in: string;
  when?: Record<string, Wanted>;
  if?: string;
  value?: Scalar;
  llm?: Scalar;
  server?: Scalar;
  source: string;
}

const CASES = files['releases/defaults.yaml'] as Record<string, Case[]>;

type Known = Record<string, Scalar | undefined>;

const expressions = new Map<string, Expression>();
const calculate = (source: string, known: Known) => {
  const expression = expressions.get(source) ?? parseExpression(source);
  expressions.set(source, expression);
  return expression.evaluate(name => {
    const value = known[name];
    return typeof value === 'number' ? value : null;
  });
};

/** True, false, or null when the input is unknown. */
const meets = (value: Scalar | undefined, wanted: Wanted): boolean | null => {
  if (value === undefined) return null;
  if (wanted !== null && typeof wanted === 'object' && !Array.isArray(wanted)) {
    const words = 'has' in wanted ? wanted.has : wanted.lacks;
    const found = words.some(word => String(value).toLowerCase().includes(word));
    return 'has' in wanted ? found : !found;
  }
  return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
};

/** Three-valued "and": false decides, unknown stays unknown. */
const holds = (rule: Case, known: Known): boolean | null => {
  const parts = Object.entries(rule.when ?? {}).map(([name, wanted]) => meets(known[name], wanted));
  if (rule.if) {
    const result = calculate(rule.if, known);
    parts.push(typeof result === 'boolean' ? result : null);
  }
  return parts.includes(false) ? false : parts.includes(null) ? null : true;
};

/** The values that a case allows: one, or two where the usage is unknown and decides. */
const valuesOf = (rule: Case, known: Known): Scalar[] => {
  const forms =
    rule.value !== undefined
      ? [rule.value]
      : (['llm', 'server'] as const)
          .filter(u => known.usage === undefined || known.usage === u)
          .map(u => rule[u] ?? null);
  return forms.map(form => (typeof form === 'string' && form.startsWith('=') ? calculate(form.slice(1), known) : form));
};

const ofRelease = new Map<string, Case[]>();

/** The cases of a setting that a release has. Remembered: solving asks for the same release again and again. */
const casesOf = (setting: string, release: string): Case[] => {
  const key = `${setting} ${release}`;
  let cases = ofRelease.get(key);
  if (!cases) {
    cases = (CASES[setting] ?? []).filter(rule => inRange(rule.in, release));
    ofRelease.set(key, cases);
  }
  return cases;
};

const resolve = <T extends Scalar>(setting: string, release: string, known: Known): Default<T> | null => {
  const open: { value: Scalar; source: string }[] = [];
  for (const rule of casesOf(setting, release)) {
    const truth = holds(rule, known);
    if (truth === false) continue;
    open.push(...valuesOf(rule, known).map(value => ({ value, source: rule.source })));
    if (truth) {
      const [first] = open;
      const agreed = first && first.value !== null && open.every(({ value }) => value === first.value);
      return agreed ? (open.at(-1) as Default<T>) : null;
    }
  }
  return null;
};

const flagOf = (text: string | undefined): boolean | 'unset' =>
  text === undefined || text === '' ? 'unset' : text === '1' || text.toLowerCase() === 'true';

/**
 * What vLLM of that release uses where the user set nothing. Null per setting where a needed input is unknown or the
 * release is not known at all. Sources: knowledge/releases/defaults.yaml.
 */
export const defaultsOf = (inputs: DefaultInputs): Defaults => {
  const release = matchRelease(inputs.release)?.release ?? '0';
  const env = inputs.env ?? {};
  const platform =
    inputs.platform ?? (inputs.gpuName !== undefined || inputs.gpuTotalGiB !== undefined ? 'cuda' : undefined);
  const known: Known = {
    usage: inputs.usage,
    platform,
    gpuName: inputs.gpuName,
    gpuTotalGiB: inputs.gpuTotalGiB,
    capabilityFamily: inputs.computeCapability === undefined ? undefined : Math.floor(Number(inputs.computeCapability)),
    architecture: inputs.architecture,
    isMultimodal: inputs.isMultimodal,
    isMoe: inputs.isMoe,
    isHybrid: inputs.isHybrid,
    isPooling: inputs.isPooling ?? false,
    isQuantized: inputs.quantization === undefined ? undefined : inputs.quantization !== null,
    attentionBackend: inputs.attentionBackend ?? 'unset',
    maxModelLen: inputs.maxModelLen,
    tensorParallelSize: inputs.tensorParallelSize ?? 1,
    pipelineParallelSize: inputs.pipelineParallelSize ?? 1,
    chunkedPrefill: inputs.chunkedPrefill,
    useV1: flagOf(env.VLLM_USE_V1),
    useV2Runner: flagOf(env.VLLM_USE_V2_MODEL_RUNNER),
    estimateGraphs: flagOf(env.VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS),
  };
  const get = <T extends Scalar>(setting: string) => resolve<T>(setting, release, known);
  const given = <T extends Scalar>(value: T | undefined, setting: string): Default<T> | null =>
    value === undefined ? get<T>(setting) : { value, source: 'given' };

  const engine = given(inputs.engine, 'engine');
  known.engine = engine?.value;
  const modelRunner = given(inputs.modelRunner, 'modelRunner');
  known.modelRunner = modelRunner?.value;
  const chunkedPrefill = given(inputs.chunkedPrefill, 'chunkedPrefill');
  known.chunkedPrefill = chunkedPrefill?.value;
  const batch = finishBatch(release, inputs, {
    tokens: given(inputs.maxNumBatchedTokens, 'maxNumBatchedTokens'),
    seqs: given(inputs.maxNumSeqs, 'maxNumSeqs'),
    engine: engine?.value,
    chunked: chunkedPrefill?.value,
  });
  return {
    engine,
    modelRunner,
    chunkedPrefill,
    ...batch,
    gpuMemoryUtilization: get('gpuMemoryUtilization'),
    blockSize: get('blockSize'),
    prefixCaching: get('prefixCaching'),
    swapSpaceGiB: get('swapSpaceGiB'),
    cpuOffloadGiB: get('cpuOffloadGiB'),
    mmProcessorCacheGiB: get('mmProcessorCacheGiB'),
    limitMmPerPrompt: get('limitMmPerPrompt'),
    maxSeqLenToCapture: get('maxSeqLenToCapture'),
    captureSizes: captureSizes(release, inputs, {
      engine: engine?.value,
      seqs: batch.maxNumSeqs?.value,
      tokens: batch.maxNumBatchedTokens?.value,
      limit: get<number>('captureLimit')?.value,
    }),
    graphsInBudget: get('graphsInBudget'),
    asyncScheduling: get('asyncScheduling'),
    enforceEager: get('enforceEager'),
    kvCacheDtype: get('kvCacheDtype'),
  };
};

interface Batch {
  tokens: Default<number> | null;
  seqs: Default<number> | null;
  engine: 'V0' | 'V1' | undefined;
  chunked: boolean | undefined;
}

/**
 * The limits that vLLM puts on its own defaults (never on what the user set).
 * 0.10.1 - 0.11.0 `_set_default_args_v1`, 0.11.1 and later `_set_default_args` /
 * `_set_default_max_num_seqs_and_batched_tokens_args` in vllm/engine/arg_utils.py.
 */
const finishBatch = (
  release: string,
  inputs: DefaultInputs,
  { tokens, seqs, engine, chunked }: Batch,
): Pick<Defaults, 'maxNumBatchedTokens' | 'maxNumSeqs'> => {
  const doubled = inRange('0.17.0-', release) && inputs.performanceMode === 'throughput' ? 2 : 1;
  let maxNumBatchedTokens = tokens;
  let maxNumSeqs = seqs;
  const lengthMatters = inRange('0.10.1-', release) && engine === 'V1';
  if (tokens && inputs.maxNumBatchedTokens === undefined) {
    let value: number | null = tokens.value * doubled;
    if (lengthMatters && chunked !== true) {
      if (chunked === undefined || inputs.maxModelLen === undefined) value = null;
      else value = inRange('0.11.1-', release) ? Math.max(inputs.maxModelLen, value) : inputs.maxModelLen;
    }
    // An unknown length only matters when so few sequences of it could be fewer tokens than the default.
    if (value !== null && inRange('0.11.1-', release) && seqs && inputs.maxModelLen !== undefined)
      value = Math.min(seqs.value * (inputs.maxNumSeqs === undefined ? doubled : 1) * inputs.maxModelLen, value);
    maxNumBatchedTokens = value === null ? null : { value, source: tokens.source };
  }
  if (seqs && inputs.maxNumSeqs === undefined) {
    // vLLM's own defaults of the tokens are never below those of the sequences: only a known, given number limits them.
    const limit = lengthMatters && maxNumBatchedTokens ? maxNumBatchedTokens.value : Number.POSITIVE_INFINITY;
    maxNumSeqs = { value: Math.min(seqs.value * doubled, limit), source: seqs.source };
  }
  return { maxNumBatchedTokens, maxNumSeqs };
};

const steps = (from: number, to: number, step: number) => {
  const sizes: number[] = [];
  for (let size = from; size <= to; size += step) sizes.push(size);
  return sizes;
};

/** Batch sizes captured by default, per span of releases. Sources: knowledge of each release's `_set_cudagraph_sizes`. */
const captureSizes = (
  release: string,
  inputs: DefaultInputs,
  { engine, seqs, tokens, limit }: { engine?: 'V0' | 'V1'; seqs?: number; tokens?: number; limit?: number },
): Default<number[]> | null => {
  if (inputs.enforceEager) return { value: [], source: 'enforce_eager' };
  if (!engine || !inRange('0.2.6-', release)) return null;
  const small = [1, 2, 4];
  if (engine === 'V0') {
    if (seqs === undefined) return null;
    // The list of 0.2.6 - 0.5.5 ends at 256 and is cut at max_num_seqs; later the next multiple of 8 is included.
    const old = inRange('0.2.6-0.5.5', release);
    const largest = old
      ? Math.min(seqs, 256)
      : seqs <= 4
        ? [1, 2, 4].find(size => size >= seqs)!
        : Math.min(Math.ceil(seqs / 8) * 8, 8192);
    const sizes = [...small, ...steps(8, 8192, 8)].filter(size => size <= largest);
    return { value: sizes, source: old ? 'vllm/worker/model_runner.py' : 'vllm/config.py _set_cudagraph_sizes (V0)' };
  }
  if (inRange('0.6.4-0.9.2', release)) {
    const cut = inRange('0.8.0-0.9.2', release);
    if (cut && tokens === undefined) return null;
    const sizes = [...small, ...steps(8, 512, 8)].filter(size => !cut || size <= tokens!);
    return { value: sizes, source: 'vllm/config.py _set_cudagraph_sizes (V1): up to 512 whatever max_num_seqs' };
  }
  if (seqs === undefined || tokens === undefined) return null;
  if (inRange('0.10.0-0.11.0', release)) {
    const sizes = [...small, ...steps(8, Math.min(seqs * 2, 512), 8)].filter(size => size <= tokens);
    return { value: sizes, source: 'vllm/config: min(max_num_seqs * 2, 512)' };
  }
  if (limit === undefined) return null;
  const queries = inRange('0.13.0-', release) ? 1 + (inputs.numSpeculativeTokens ?? 0) : 1;
  const largest = Math.min(seqs * 2 * queries, limit, tokens);
  const extra = inRange('0.17.0-', release) && inputs.performanceMode === 'interactivity' ? steps(1, 32, 1) : [];
  const appended = decodeSizes(release, seqs, queries, limit).filter(size => size <= tokens);
  const sizes = [...extra, ...small, ...steps(8, Math.min(largest, 255), 8), ...steps(256, largest, 16), ...appended];
  // 0.20.1 and later: max_num_batched_tokens itself where it is below the limit.
  if (inRange('0.20.1-', release) && tokens <= largest) sizes.push(tokens);
  return {
    value: [...new Set(sizes)].filter(size => size <= largest || appended.includes(size)).sort((a, b) => a - b),
    source: 'vllm/config/vllm.py _set_cudagraph_sizes',
  };
};

/**
 * Sizes of whole decode batches that later releases add to the list: from 0.29.0 multiples of the tokens that a request
 * has in a step of speculative decoding, from 0.31.0 also max_num_seqs itself without it. vllm/config/vllm.py
 * `_set_cudagraph_sizes`; the widths of dynamic speculative decoding are not followed.
 */
const decodeSizes = (release: string, seqs: number, queries: number, limit: number): number[] => {
  const ceiling = Math.min(seqs * 2 * queries, limit);
  if (queries === 1) return inRange('0.31.0-', release) && seqs <= ceiling ? [seqs] : [];
  if (!inRange('0.29.0-', release)) return [];
  const requests = Math.min(seqs, limit);
  const counts = [1, 2, 4].filter(count => count <= requests);
  counts.push(...steps(8, Math.min(requests, 255), 8), ...steps(256, requests, 16), requests);
  return counts.map(count => count * queries).filter(size => size <= ceiling);
};
