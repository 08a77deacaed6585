import { factsFromLaunch } from '../facts/from-launch.js';
import { mergeFacts } from '../facts/merge.js';
import type { FactName, Facts } from '../facts/types.js';
import type { ArgValue, Launch } from '../launch/types.js';
import { around, measured as exactly } from './amount.js';
import { type BudgetInput, type Computed, compute } from './compute.js';
import { type Verdict, verdictOf } from './fits.js';
import { type Measured, measuredOf } from './measured.js';
import type { Prediction } from './predict.js';
import type { Amount, Budget, PerGpuBudget } from './types.js';
import { usableFacts } from './usable.js';

/** A vLLM argument with another value; null removes it (the release's default holds again). */
export interface SettingChange {
  /** `--max-num-seqs` or `max-num-seqs`; `vllm`: the release */
  flag: string;
  to: ArgValue | null;
}

/** Facts that were measured under the old settings and say nothing about a changed start. */
const MEASURED: FactName[] = [
  'weightsGiB',
  'activationGiB',
  'nonTorchGiB',
  'consumedGiB',
  'peakTorchGiB',
  'graphsGiB',
  'graphsEstimatedGiB',
  'kvCacheGiB',
  'kvTokens',
  'gpuBlocks',
  'maxConcurrency',
  'budgetGiB',
  'kvNeededGiB',
  'kvAvailableGiB',
  'estimatedMaxModelLen',
  'requestedGiB',
  'freeGiB',
  'desiredGiB',
];

const without = (facts: Facts, names: readonly string[]): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !names.includes(name))) as Facts;

const EMPTY: Launch = {
  shape: 'vllm-serve',
  program: 'serve',
  model: null,
  args: {},
  env: {},
  image: null,
  gpus: null,
  shmSize: null,
  port: null,
  problems: [],
  text: '',
};

/** No flag of vLLM: another release, for comparing. */
const RELEASE = 'vllm';

/** The same start with some arguments changed. */
const changed = (input: BudgetInput, changes: SettingChange[]): BudgetInput => {
  const args: Record<string, ArgValue> = { ...(input.launch?.args ?? {}) };
  const set: Record<string, ArgValue> = {};
  let facts = input.facts;
  for (const { flag, to } of changes) {
    const name = flag.replace(/^-+/, '');
    if (name === RELEASE) {
      facts = without(facts, ['vllmVersion', 'engine', 'modelRunner', 'blockSize']);
      if (typeof to === 'string') facts = { ...facts, vllmVersion: { value: to, from: 'user' } };
      continue;
    }
    // The fact that this argument sets is looked up by setting it.
    const touched = Object.keys(factsFromLaunch({ ...EMPTY, program: '', args: { [name]: to ?? probeValue(name) } }));
    facts = without(facts, touched);
    delete args[name];
    if (to === null) continue;
    args[name] = to;
    set[name] = to;
  }
  const launch: Launch = { ...(input.launch ?? EMPTY), args };
  return { ...input, launch, facts: mergeFacts(facts, factsFromLaunch({ ...EMPTY, program: '', args: set })) };
};

/** Any value that {@link factsFromLaunch} takes for an argument, to learn the name of its fact. */
const probeValue = (name: string): ArgValue =>
  /dtype|quantization|backend|format|limit|config|kwargs/.test(name) ? 'x' : 1;

const PARTS: [keyof PerGpuBudget, keyof Measured][] = [
  ['weightsGiB', 'weights'],
  ['activationGiB', 'activation'],
  ['nonTorchGiB', 'nonTorch'],
  ['graphsGiB', 'graphs'],
];

/** A measured part after a change: what was measured plus what the formulas say that the change makes. */
const moved = (known: Amount, before: Amount, after: Amount): Amount => {
  const difference = after.gib - before.gib;
  if (Math.abs(difference) < 0.005) return known;
  return around(Math.max(0, known.gib + difference), 0, 0, 0.02 + 0.15 * Math.abs(difference));
};

/** The budget asked backwards. Every answer is null when the facts do not carry it. */
export interface Solver {
  base: Computed;
  verdict: Verdict;
  /** The budget of the same start with some arguments changed; measured parts are carried over where they still hold. */
  with(changes: SettingChange[]): Computed;
  budgetWith(changes: SettingChange[]): Budget | null;
  fitsWith(changes: SettingChange[]): boolean | null;
  /** The largest max_model_len that vLLM accepts with these settings (or with `changes`). */
  largestMaxModelLen(changes?: SettingChange[]): number | null;
  /** The largest max_num_seqs with which the start still fits; 0: none. */
  largestMaxNumSeqs(changes?: SettingChange[]): number | null;
  largestMaxNumBatchedTokens(changes?: SettingChange[]): number | null;
  /** The utilisation (rounded down to 0.01) that leaves `gib` GiB of the card outside the budget, context and graphs included. */
  utilisationThatLeaves(gib: number): number | null;
  /** The smallest tensor-parallel size that fits, a divisor of the attention heads; 0: none up to 64. */
  smallestTensorParallel(changes?: SettingChange[]): number | null;
  layers: number | null;
}

export const solver = (asked: BudgetInput): Solver => {
  const input: BudgetInput = { ...asked, facts: usableFacts(asked.facts) };
  const base = compute(input);
  const plain: BudgetInput = { ...input, facts: without(input.facts, MEASURED) };
  /** What the formulas alone say of the start, asked only where something was measured and then changed. */
  let alone: Computed | null = MEASURED.some(name => input.facts[name]) ? null : base;
  const formulas = (): Computed => {
    alone ??= compute(plain);
    return alone;
  };
  const stated = measuredOf(input.facts, input.facts.vllmVersion?.value ?? null);

  const withChanges = (changes: SettingChange[]): Computed => {
    if (changes.length === 0) return base;
    const next = changed(plain, changes);
    const after = compute(next);
    const carried: Partial<Measured> = {};
    for (const [part, name] of PARTS) {
      const known = stated[name] as Amount | null;
      const was = known && formulas().budget?.perGpu[part];
      const is = after.budget?.perGpu[part];
      if (known && was && is) carried[name] = moved(known, was, is) as never;
    }
    const keepsBudget = !changes.some(({ flag }) => /memory-utili|kv-cache-memory/.test(flag));
    if (keepsBudget && stated.budget) carried.budget = stated.budget;
    if (stated.others) carried.others = stated.others;
    // A pool that was printed moves by what the formulas say; its own error is not theirs.
    const pool = base.predictions.every(({ poolStated }) => poolStated) ? base.budget?.perGpu.kvCacheGiB : null;
    const was = pool && formulas().budget?.perGpu.kvCacheGiB;
    const is = after.budget?.perGpu.kvCacheGiB;
    if (pool && was && is) carried.kv = movedPool(pool, was, is, mostAfter(after));
    return Object.keys(carried).length > 0 ? compute(next, carried) : after;
  };

  const fits = (changes: SettingChange[]): boolean | null => verdictOf(withChanges(changes)).fits;

  /**
   * Largest value in 1..limit for which the start fits for certain; the need grows with the value. Where several releases or
   * cards are possible, the one with the least room is searched alone and its answer is held against the others.
   */
  const largest = (flag: string, limit: number, changes: SettingChange[]): number | null => {
    const at = (value: number) => [...changes, { flag, to: value }];
    const least = fits(at(1));
    if (least === null) return null;
    if (least === false) return 0;
    let high = limit;
    for (const _ of base.predictions) {
      const computed = withChanges(at(high));
      if (verdictOf(computed).fits) return high;
      const tight = computed.predictions.length > 1 ? solver(pinned(input, roomless(computed.predictions))) : null;
      high = bisect(value => (tight ? tight.fitsWith(at(value)) : fits(at(value))) === true, high);
    }
    return high;
  };

  const first = base.predictions[0];
  return {
    base,
    verdict: verdictOf(base),
    with: withChanges,
    budgetWith: changes => withChanges(changes).budget,
    fitsWith: fits,
    largestMaxModelLen: (changes = []) => withChanges(changes).budget?.maxModelLenThatFits ?? null,
    largestMaxNumSeqs: (changes = []) =>
      first ? largest('max-num-seqs', Math.max(1, first.settings.maxNumBatchedTokens), changes) : null,
    largestMaxNumBatchedTokens: (changes = []) => (first ? largest('max-num-batched-tokens', 262144, changes) : null),
    utilisationThatLeaves: gib => {
      const total = base.budget?.perGpu.totalGiB;
      const outside = base.budget?.perGpu.outsideGiB;
      const free = input.facts.freeAtStartGiB?.value;
      if (!total) return null;
      const room = free !== undefined ? free : outside ? total.low - outside.gib : null;
      if (room === null) return null;
      const utilisation = Math.floor(((room - gib) / total.gib) * 100) / 100;
      return utilisation > 0 ? Math.min(utilisation, 1) : null;
    },
    smallestTensorParallel: (changes = []) => {
      const heads = headsOf(first);
      if (!heads) return null;
      // vLLM wants whole query heads on every rank, and whole or replicated KV heads (layers/linear.py QKVParallelLinear).
      const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 64].filter(
        size => heads.query % size === 0 && (heads.kv % size === 0 || size % heads.kv === 0),
      );
      const at = (size: number) => [...changes, { flag: 'tensor-parallel-size', to: size }];
      // What the possibility with the least room does not hold for certain, all together do not: that is asked first.
      const alone = (prediction: Prediction) => solver(pinned(input, prediction));
      const tight = base.predictions.length > 1 ? alone(roomless(base.predictions)) : null;
      const size = sizes.find(size => (!tight || tight.fitsWith(at(size))) && fits(at(size)));
      if (size !== undefined) return size;
      // None for certain: where even the one with the most room fails, all do. The largest size is held against all.
      const roomy = tight ? alone(roomiest(base.predictions)) : null;
      const fails = (size: number) => (roomy ? roomy.fitsWith(at(size)) : fits(at(size))) === false;
      return sizes.every(fails) && fits(at(sizes.at(-1)!)) === false ? 0 : null;
    },
    layers: first?.shape.layers.length ?? null,
  };
};

/** Largest value below `high` that passes, when 1 passes and `high` does not. */
const bisect = (passes: (value: number) => boolean, high: number): number => {
  let low = 1;
  let above = high;
  while (above - low > 1) {
    const middle = Math.floor((low + above) / 2);
    if (passes(middle)) low = middle;
    else above = middle;
  }
  return low;
};

/** The possibility that leaves the smallest KV cache. */
const roomless = (predictions: Prediction[]): Prediction => {
  const room = ({ perGpu }: Prediction) => perGpu.kvCacheGiB?.low ?? Number.POSITIVE_INFINITY;
  return predictions.reduce((least, prediction) => (room(prediction) < room(least) ? prediction : least));
};

/** The possibility that leaves the largest. */
const roomiest = (predictions: Prediction[]): Prediction => {
  const room = ({ perGpu }: Prediction) => perGpu.kvCacheGiB?.high ?? Number.NEGATIVE_INFINITY;
  return predictions.reduce((most, prediction) => (room(prediction) > room(most) ? prediction : most));
};

/** The same start under the one release, runner and card of a prediction. */
const pinned = (input: BudgetInput, { settings, card }: Prediction): BudgetInput => ({
  ...input,
  facts: {
    ...input.facts,
    vllmVersion: { value: settings.version, from: 'default' },
    modelRunner: { value: settings.runner, from: 'default' },
    ...(card === null ? {} : { gpuName: { value: card, from: 'default' } }),
  },
});

/** Query and KV heads of the first attention layer; null for a model without any. */
const headsOf = (prediction: Prediction | undefined): { query: number; kv: number } | null => {
  for (const { mixer } of prediction?.shape.layers ?? []) {
    if (mixer.kind === 'attention') return { query: mixer.heads, kv: mixer.kvHeads };
    if (mixer.kind === 'mla') return { query: mixer.heads, kv: 1 };
  }
  return null;
};

/** What a changed start's budget leaves at most: without its weights and the least of what lies beside torch. */
const mostAfter = ({ budget }: Computed): number => {
  const { budgetGiB, weightsGiB, nonTorchGiB } = budget?.perGpu ?? {};
  return budgetGiB && weightsGiB ? budgetGiB.high - weightsGiB.low - (nonTorchGiB?.low ?? 0) : Number.POSITIVE_INFINITY;
};

/** A printed pool after a change: it grows or shrinks by the formulas' difference, to no more than the budget leaves. */
const movedPool = (known: Amount, before: Amount, after: Amount, most: number): Amount => {
  const difference = after.gib - before.gib;
  if (Math.abs(difference) < 0.005) return exactly(known.gib, known.from);
  const error = 0.05 + 0.15 * Math.abs(difference);
  const gib = Math.min(known.gib + difference, Math.max(most, known.gib));
  return { gib, low: gib - error, high: gib + error, from: 'formula' };
};
