import type { FactName } from '../facts/types.js';
import { isWithin } from './release-span.js';
import type { Situation } from './situation.js';

/**
 * What follows from the facts of this case and decides about fixes. Conditions of knowledge/fixes use them like facts;
 * undefined: unknown, and then no condition on it holds.
 */
export interface Signals {
  /** GPUs of the machine that the launch leaves unused (negative: it asks for more than there are). */
  idleGpus?: number;
  /** Split by pipeline only: every stage holds whole layers. */
  onlyPipeline?: boolean;
  /** Effective chunked prefill: as set, or the release's default. */
  chunked?: boolean;
  /** CUDA graphs are taken from the budget in this release. */
  graphsCounted?: boolean;
  /** The release charges memory of other processes to its own budget. */
  neighboursCharged?: boolean;
  /** Reserved but unallocated is at least the failed request and at least 0.5 GiB. */
  fragmented?: boolean;
  /** A single request larger than the card: a mask of tokens x tokens, no shortage. */
  absurdRequest?: boolean;
  /** Shares of the card's total memory. */
  freeShare?: number;
  weightShare?: number;
  graphEstimateShare?: number;
  driverMajor?: number;
  capability?: number;
  /** Prompt tokens are scored (loglikelihood, echo): a peak outside the profile run. */
  promptLogprobs?: boolean;
  /** What failed was the encoder of images, video or audio, by the trace. */
  encoderFailed?: boolean;
  /** The launch is an evaluation harness, whose tasks need those scores. */
  evaluation?: boolean;
  /** float32 was asked for. */
  wideDtype?: boolean;
  /** The weights are stored in 8 bits or fewer. */
  quantised?: boolean;
  quantisedBits?: number;
  sleepMode?: boolean;
  kvConnector?: boolean;
  expandableSegments?: boolean;
  /** Different GPU models are in use. */
  mixedGpus?: boolean;
}

/** For tests of the knowledge: names that conditions may use besides facts and figures. */
export const SIGNAL_NAMES = [
  'idleGpus',
  'onlyPipeline',
  'chunked',
  'graphsCounted',
  'neighboursCharged',
  'fragmented',
  'absurdRequest',
  'freeShare',
  'weightShare',
  'graphEstimateShare',
  'driverMajor',
  'capability',
  'promptLogprobs',
  'encoderFailed',
  'evaluation',
  'wideDtype',
  'quantised',
  'quantisedBits',
  'sleepMode',
  'kvConnector',
  'expandableSegments',
  'mixedGpus',
] as const satisfies (keyof Signals)[];

const LOGPROBS = /logprob/i;
/** Functions and files that compute what is no text (vllm/multimodal, model_executor/models). */
const ENCODER =
  /(?:image|video|audio|vision|visual|mm|multimodal)_?(?:input|encoder|embed|pixels|feature|tower|model)|embed_multimodal|get_multimodal|visual|vision|siglip|\bvit\b/i;
const FOUR_BIT =
  /(?:^|[-_/. ])(?:awq|gptq|int4|4bit|4-bit|w4a16|nvfp4|mxfp4|fp4|nf4|bnb|bitsandbytes|q4_\w{1,3}|iq\d\w{0,3})(?:$|[-_/. ])/i;
const EIGHT_BIT = /(?:^|[-_/. ])(?:fp8|int8|8bit|8-bit|w8a8|q8_0)(?:$|[-_/. ])/i;

const bitsOf = (model: string | undefined, quantization: string | undefined): number | undefined => {
  const words = `${quantization ?? ''} ${model ?? ''}`;
  if (FOUR_BIT.test(words)) return 4;
  if (EIGHT_BIT.test(words) || /^(?:fp8|modelopt|fbgemm_fp8|experts_int8)$/.test(quantization ?? '')) return 8;
  if (/^(?:awq|gptq|bitsandbytes|mxfp4|gguf)/.test(quantization ?? '')) return 4;
  return undefined;
};

type Base = Omit<Situation, 'at' | 'ends'>;

/** Whether the release counts other processes' memory: 0.2.5, 0.6.4, V1 up to 0.9.0 (worker.py, gpu_worker.py). */
const chargesNeighbours = ({ facts, span }: Base): boolean | undefined => {
  const version = facts.vllmVersion?.value;
  const engine = facts.engine?.value;
  const within = (from: string, to: string) => isWithin(version, span, from, to);
  if (within('0.2.5', '0.2.5.post9') || within('0.6.4', '0.6.4.post9')) return true;
  const charging = within('0.6.4', '0.9.0.9');
  if (charging === null || (charging && engine === undefined)) return undefined;
  return charging && engine === 'V1';
};

/** Where the version is unknown: no release before 0.20.0 counts graphs by default, every one from 0.29.0 does. */
const countsGraphs = ({ span }: Base): boolean | undefined => {
  if (isWithin(undefined, span, undefined, '0.19.1')) return false;
  return isWithin(undefined, span, '0.29.0', undefined) ? true : undefined;
};

export const signalsOf = (base: Base, figures: ReadonlyMap<string, number>): Signals => {
  const { facts, launch, defaults, reading } = base;
  const value = <N extends FactName>(name: N) => facts[name]?.value;
  const ratio = (part: string, whole: string) => {
    const a = figures.get(part);
    const b = figures.get(whole);
    return a === undefined || !b ? undefined : a / b;
  };
  const tensor = value('tensorParallelSize') ?? 1;
  const pipeline = value('pipelineParallelSize') ?? 1;
  const gpus = value('gpuCount');
  const visible = launch?.env.CUDA_VISIBLE_DEVICES?.split(',').filter(item => item.trim() !== '').length;
  const usable = gpus === undefined ? visible : visible === undefined ? gpus : Math.min(gpus, visible);
  const requested = value('requestedGiB');
  const unallocated = value('reservedUnallocatedGiB');
  const total = figures.get('gpuTotalGiB');
  const traces = reading?.runs[reading.judged]?.traces ?? [];
  const scoresPrompts = traces.some(trace => trace.frames.slice(-12).some(frame => LOGPROBS.test(frame.function)));
  const failing = traces.find(trace => /out of memory/i.test(trace.error)) ?? traces.at(-1);
  const encoderFailed = failing?.frames
    .slice(-12)
    .some(({ file, function: name }) => ENCODER.test(`${file.slice(-60)} ${name}`));
  const evaluation = launch ? launch.program === 'lm_eval' || /\blm[-_]eval\b/.test(launch.text) : undefined;
  const dtype = value('dtype')?.replace(/^torch\./, '');
  const bits = bitsOf(value('model'), value('quantization'));
  const allocator = launch?.env.PYTORCH_CUDA_ALLOC_CONF ?? launch?.env.PYTORCH_ALLOC_CONF;
  const driver = Number.parseInt(value('driverVersion') ?? '', 10);
  const capability = Number.parseFloat(value('computeCapability') ?? '');
  const graphsCounted = defaults?.graphsInBudget?.value;
  return {
    idleGpus: usable === undefined ? undefined : usable - tensor * pipeline * (value('dataParallelSize') ?? 1),
    onlyPipeline: value('pipelineParallelSize') === undefined ? undefined : pipeline > 1 && tensor === 1,
    // V1 always chunks where nobody says otherwise.
    chunked:
      value('chunkedPrefill') ?? defaults?.chunkedPrefill?.value ?? (value('engine') === 'V1' ? true : undefined),
    graphsCounted:
      launch?.env.VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS === '0' ? false : (graphsCounted ?? countsGraphs(base)),
    neighboursCharged: chargesNeighbours(base),
    fragmented:
      unallocated === undefined
        ? undefined
        : unallocated < 0.5
          ? false
          : requested === undefined
            ? undefined
            : unallocated >= requested,
    absurdRequest: requested === undefined || total === undefined ? undefined : requested > total,
    freeShare: ratio('freeAtStartGiB', 'gpuTotalGiB'),
    weightShare: ratio('weightsGiB', 'gpuTotalGiB'),
    graphEstimateShare: ratio('graphsEstimatedGiB', 'gpuTotalGiB'),
    driverMajor: Number.isNaN(driver) ? undefined : driver,
    capability: Number.isNaN(capability) ? undefined : capability,
    promptLogprobs: scoresPrompts || evaluation === true ? true : traces.length > 0 ? false : undefined,
    encoderFailed,
    evaluation,
    wideDtype: dtype === undefined ? undefined : dtype === 'float' || dtype === 'float32',
    quantised: bits !== undefined ? true : undefined,
    quantisedBits: bits,
    sleepMode: launch ? launch.args['enable-sleep-mode'] === true : undefined,
    kvConnector: launch ? launch.args['kv-transfer-config'] !== undefined : undefined,
    expandableSegments: allocator === undefined ? undefined : /expandable_segments:\s*True/i.test(allocator),
    mixedGpus: facts.gpuTotalGiB?.perRank
      ? new Set(Object.values(facts.gpuTotalGiB.perRank).map(Math.round)).size > 1
      : undefined,
  };
};
