import { verdictOf } from '../budget/fits.js';
import { type Solver, solver } from '../budget/solve.js';
import { needFor } from '../budget/terms/kv-pool.js';
import type { Budget } from '../budget/types.js';
import { GIB } from '../common/units.js';
import type { LaunchChange } from '../launch/types.js';
import type { Phase } from '../log/types.js';
import { fact, given, type PlanInput, type Situation, signal } from './situation.js';
import type { FixChange, ProposedFix } from './types.js';
import { saving } from './values/types.js';

/** One solver per plan: it computes the base once. */
const solvers = new WeakMap<PlanInput, Solver>();

export const solverFor = (input: PlanInput): Solver => {
  const known = solvers.get(input);
  if (known) return known;
  const fresh =
    input.solve ?? solver({ facts: input.facts, launch: input.launch, modelConfig: input.modelConfig ?? null });
  solvers.set(input, fresh);
  return fresh;
};

export const solverOf = (s: Situation): Solver => solverFor(s.input);

/** Phases before the check of the KV cache has passed; a failure after them says nothing about the budget's verdict. */
const BEFORE_CHECK = ['config', 'device-init', 'load', 'profile', 'kv-cache', 'none', 'unknown'];

/**
 * With the version unknown the budget spans every release: its answers are too wide to act on and slow to get. Where
 * nothing failed they are all there is.
 */
const isSharp = (s: Situation): boolean => s.facts.vllmVersion !== undefined || s.phase === 'none';

/** The budget and the log agree that the start does not fit: only then does "now it fits" prove anything. */
export const agrees = (s: Situation): boolean =>
  BEFORE_CHECK.includes(s.phase) && isSharp(s) && solverOf(s).verdict.fits === false;

/** Budgets of changed starts: the same change is asked about for its savings, its fit and its capacity. */
const asked = new WeakMap<Solver, Map<string, ReturnType<Solver['with']>>>();

const withSettings = (s: Situation, set: Setting[]): ReturnType<Solver['with']> => {
  const one = solverOf(s);
  const known = asked.get(one) ?? new Map<string, ReturnType<Solver['with']>>();
  asked.set(one, known);
  const key = JSON.stringify(set);
  const computed = known.get(key) ?? one.with(set);
  known.set(key, computed);
  return computed;
};

type Setting = { flag: string; to: LaunchChange['to'] };

const settings = (changes: FixChange[]): Setting[] =>
  changes.filter(change => change.where === 'vllm').map(({ flag, to }) => ({ flag, to: to as LaunchChange['to'] }));

/** Whether the start fits with these changes, as far as the budget can tell against the log. */
export const fitsWith = (s: Situation, changes: FixChange[]): boolean | null => {
  const set = settings(changes);
  return set.length > 0 && agrees(s) ? verdictOf(withSettings(s, set)).fits : null;
};

/** With these changes weights and peak still leave nothing: they are not enough, whatever comes after. */
export const fallsShort = (s: Situation, changes: FixChange[]): boolean => {
  const set = settings(changes);
  if (set.length === 0 || !agrees(s)) return false;
  const { fits, because } = verdictOf(withSettings(s, set));
  return fits === false && (because === 'weights' || because === 'budget');
};

/** KV cache that one request of the longest length needs, GiB per GPU. */
export const requestGiB = (budget: Budget): number | null => {
  const kv = budget.perGpu.kvCacheGiB;
  return kv && budget.maxConcurrency ? kv.gib / budget.maxConcurrency : null;
};

const FIXED = ['weightsGiB', 'activationGiB', 'nonTorchGiB', 'graphsGiB'] as const;

/** After the KV cache is made it holds all that the budget leaves: what gets smaller inside the budget makes it larger. */
const AFTER_CACHE: Phase[] = ['graph-capture', 'sampler-warmup', 'serving', 'shutdown'];

/** Parts that are already there, or count, when the failure comes. */
const partsThen = (s: Situation, graphsCounted: boolean): readonly (typeof FIXED)[number][] => {
  if (s.phase === 'load') return ['weightsGiB', 'nonTorchGiB'];
  if (s.phase === 'profile' || (s.phase === 'kv-cache' && !graphsCounted))
    return ['weightsGiB', 'activationGiB', 'nonTorchGiB'];
  return FIXED;
};

/** GiB that a changed start leaves free beside its full KV cache; undefined: the budget cannot tell. */
const freedOutside = (before: Budget, after: Budget, graphsCounted: boolean): number | undefined => {
  const [was, is] = [before.perGpu, after.perGpu];
  if (!was.budgetGiB || !is.budgetGiB) return undefined;
  const share = was.budgetGiB.gib - is.budgetGiB.gib;
  if (graphsCounted) return share;
  return was.graphsGiB && is.graphsGiB ? share + was.graphsGiB.gib - is.graphsGiB.gib : undefined;
};

/**
 * The log shows a failed start that the budget would let through: its figures for the peak are worth nothing here.
 * Where the release charges neighbours to itself, that explains the difference.
 */
export const contradicted = (s: Situation): boolean =>
  s.diagnosis.verdict === 'oom' &&
  ['load', 'profile', 'kv-cache'].includes(s.phase) &&
  signal(s, 'neighboursCharged') !== true &&
  solverOf(s).verdict.fits === true;

/** Causes for which a smaller need of KV cache is memory saved. */
const KV_CAUSES = ['kv-cache-too-small', 'conserve', 'cpu-backend-kv', 'hybrid-state-cache'];

/**
 * What changes free per GPU for what failed: less of what is not KV cache, after the cache is made only what lies outside
 * the budget, or a smaller need for KV cache. The formulas' error is 15 %.
 * Null: nothing, or another kind of memory; undefined: the budget cannot tell.
 */
export const savedBy = (s: Situation, changes: FixChange[], cause: string): ProposedFix['savesGiB'] | undefined => {
  const set = settings(changes);
  if (!isSharp(s) || contradicted(s)) return undefined;
  const before = solverOf(s).base.budget;
  const after = set.length > 0 ? withSettings(s, set).budget : null;
  if (!before || !after) return undefined;
  const graphsCounted = signal(s, 'graphsCounted') === true;
  const pinned = fact(s, 'kvCacheMemoryBytes') !== undefined || given(s, 'kv-cache-memory-bytes') !== undefined;
  if (AFTER_CACHE.includes(s.phase) && !pinned) {
    const freed = freedOutside(before, after, graphsCounted);
    if (freed === undefined) return undefined;
    return freed >= 0.01 ? saving(freed, freed * 0.85, freed * 1.15) : null;
  }
  let saved = 0;
  for (const name of partsThen(s, graphsCounted)) {
    const was = before.perGpu[name];
    const is = after.perGpu[name];
    if (!was || !is) return undefined;
    saved += was.gib - is.gib;
  }
  const needed = requestGiB(before);
  const needs = requestGiB(after);
  if (saved < 0.01 && KV_CAUSES.includes(cause) && needed !== null && needs !== null) saved = needed - needs;
  return saved >= 0.01 ? saving(saved, saved * 0.85, saved * 1.15) : null;
};

/** Tokens of KV cache before and after, where they are known and differ by more than 2 %. */
export const tokensMoved = (s: Situation, changes: FixChange[]): { before: number; after: number } | null => {
  const set = settings(changes);
  if (set.length === 0 || !isSharp(s) || contradicted(s)) return null;
  const before = solverOf(s).base.budget?.kvTokens;
  const after = withSettings(s, set).budget?.kvTokens;
  return before && after && Math.abs(after - before) > before / 50 ? { before, after } : null;
};

/** Values that the budget finds; null where it cannot tell or sees no failure. */
export const solve = {
  largestMaxModelLen: (s: Situation): number | null => (agrees(s) ? solverOf(s).largestMaxModelLen() : null),
  largestMaxNumSeqs: (s: Situation): number | null => (agrees(s) ? solverOf(s).largestMaxNumSeqs() : null),
  largestMaxNumBatchedTokens: (s: Situation): number | null =>
    agrees(s) ? solverOf(s).largestMaxNumBatchedTokens() : null,
  smallestTensorParallel: (s: Situation): number | null => {
    const size = agrees(s) ? solverOf(s).smallestTensorParallel() : null;
    return size === 0 ? null : size;
  },
  utilisationThatLeaves: (s: Situation, gib: number): number | null => solverOf(s).utilisationThatLeaves(gib),
  layers: (s: Situation): number | null => solverOf(s).layers,
  /** KV cache of one request of the whole context, GiB per GPU; null where the model or the release is unknown. */
  wholeRequestGiB: (s: Situation): number | null => {
    const first = isSharp(s) ? solverOf(s).base.predictions[0] : undefined;
    return first?.layout ? needFor(first.layout, first.settings, first.settings.maxModelLen) / GIB : null;
  },
  /**
   * GiB that one row of logits takes in the sampler, all its buffers, and whether the sampler is what decides the
   * profiled peak; null where the model or the release is unknown.
   */
  samplerRow: (s: Situation): { gib: number; decides: boolean } | null => {
    const first = isSharp(s) ? solverOf(s).base.predictions[0] : undefined;
    if (!first || first.settings.runner === 'V2') return null;
    const rows = Math.min(first.settings.maxNumSeqs, first.settings.maxNumBatchedTokens);
    const { samplerGiB, decidedBy } = first.activation;
    return rows > 0 && samplerGiB > 0 ? { gib: samplerGiB / rows, decides: decidedBy === 'sampler' } : null;
  },
};

/** The budget of the start with these changes made; null where it cannot be computed. */
export const budgetWith = (s: Situation, changes: FixChange[]): Budget | null =>
  !isSharp(s) ? (changes.length === 0 ? s.budget : null) : withSettings(s, settings(changes)).budget;
