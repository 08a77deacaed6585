import { GIB } from '../common/units.js';
import type { Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import { envelope } from './amount.js';
import { type Measured, measuredOf } from './measured.js';
import { missingOf } from './missing.js';
import { type Prediction, predict } from './predict.js';
import { type Scenario, scenariosOf } from './scenarios.js';
import { statedOnly, statedShort } from './stated.js';
import { type Subject, subjectOf } from './subject.js';
import { longestIn, needFor, poolFigures } from './terms/kv-pool.js';
import type { Amount, Budget, PerGpuBudget } from './types.js';
import { usableFacts } from './usable.js';

const KEYS: (keyof PerGpuBudget)[] = [
  'totalGiB',
  'budgetGiB',
  'weightsGiB',
  'activationGiB',
  'nonTorchGiB',
  'graphsGiB',
  'kvCacheGiB',
  'otherProcessesGiB',
  'outsideGiB',
];

/** One budget for several possibilities: measured parts stay, the others span all. */
const combined = (predictions: Prediction[]): PerGpuBudget => {
  const pick = (key: keyof PerGpuBudget): Amount | null => {
    const amounts = predictions.map(prediction => prediction.perGpu[key]);
    if (amounts.some(a => a === null)) return null;
    const all = amounts as Amount[];
    if (predictions.length === 1 || all.every(a => a.from === 'log' || a.from === 'probe' || a.from === 'user'))
      return all[0]!;
    return envelope(all, all.every(a => a.gib === all[0]!.gib) ? all[0]!.from : 'default');
  };
  return Object.fromEntries(KEYS.map(key => [key, pick(key)])) as unknown as PerGpuBudget;
};

/** Everything that a budget is made of, for callers that ask further (plan, solve). */
export interface Computed {
  subject: Subject;
  /** Under the user's release, or under each that it may be. */
  predictions: Prediction[];
  budget: Budget | null;
  /** As in the budget; told even when there is none. */
  missing: string[];
}

/** Pool bytes that are safe to count on: the low end of the range, unless the user set the size. */
export const safePool = (kv: Amount): number => (kv.from === 'user' ? kv.gib : kv.low) * GIB;

/** GiB missing for one request of max_model_len; 0: it fits; null: the range leaves it open or the layout is unknown. */
const predictedShort = (prediction: Prediction, kv: Amount | null): number | null => {
  if (!kv) return null;
  if (kv.high <= 0) return -kv.gib + (prediction.layout ? needFor(prediction.layout, prediction.settings, 1) / GIB : 0);
  if (!prediction.layout) return null;
  const need =
    needFor(prediction.layout, prediction.settings, prediction.settings.autoLen ? 1 : prediction.settings.maxModelLen) /
    GIB;
  if (kv.low >= need) return 0;
  return kv.high < need ? need - kv.gib : null;
};

export interface BudgetInput {
  facts: Facts;
  launch: Launch | null;
  /** Parsed config.json; null: the catalogue is asked. */
  modelConfig: unknown;
}

/** A scenario's prediction, under either model runner where the release does not tell which one it is. */
const predictAll = ({ subject, version }: Scenario, stated: Partial<Measured>): Prediction[] => {
  const measured = { ...measuredOf(subject.facts, version), ...stated };
  const likeliest = predict(subject, version, measured);
  if (!likeliest) return [];
  if (!likeliest.settings.runnerOpen) return [likeliest];
  const other = likeliest.settings.runner === 'V1' ? 'V2' : 'V1';
  const facts: Facts = { ...subject.facts, modelRunner: { value: other, from: 'default' } };
  return [likeliest, predict({ ...subject, facts }, version, measured)].filter(prediction => prediction !== null);
};

/** The budget with what it is made of. `stated` lays other measured parts over those of the facts (a changed start). */
export const compute = (input: BudgetInput, stated: Partial<Measured> = {}): Computed => {
  const subject = subjectOf({ ...input, facts: usableFacts(input.facts) });
  const predictions = subject.shape ? scenariosOf(subject).flatMap(scenario => predictAll(scenario, stated)) : [];
  const [first] = predictions;
  if (!first) return { subject, predictions, budget: statedOnly(subject), missing: missingOf(subject) };
  const { facts } = subject;
  const perGpu = combined(predictions);
  const kv = perGpu.kvCacheGiB;
  const limit = first.shape.maxPositions ?? first.settings.maxModelLen;
  const lengths = predictions.map(({ layout, settings }) =>
    kv && layout ? longestIn(layout, settings, safePool(kv), Math.max(limit, facts.maxModelLen?.value ?? 0)) : null,
  );
  const longest = lengths.some(length => length === null) ? null : Math.min(...(lengths as number[]));
  // With `--max-model-len auto` vLLM goes on with what fits.
  const settings = first.settings.autoLen && longest ? { ...first.settings, maxModelLen: longest } : first.settings;
  const figures = kv && first.layout && kv.gib > 0 ? poolFigures(first.layout, settings, kv.gib * GIB) : null;
  const shorts = predictions.map(prediction => predictedShort(prediction, kv));
  const short = shorts.every(s => s === shorts[0]) || shorts.every(s => s !== null && s > 0) ? shorts[0]! : null;
  const missing = missingOf(subject, predictions, perGpu.weightsGiB === null);
  return {
    subject,
    predictions,
    missing,
    budget: {
      perGpu,
      graphsCounted: predictions.every(({ settings }) => settings.graphsCounted === first.settings.graphsCounted)
        ? first.settings.graphsCounted
        : null,
      kvTokens: facts.kvTokens?.value ?? figures?.tokens ?? null,
      maxConcurrency: facts.maxConcurrency?.value ?? (figures ? Math.round(figures.concurrency * 100) / 100 : null),
      maxModelLenThatFits: facts.estimatedMaxModelLen?.value ?? longest,
      shortGiB: statedShort(facts) ?? short,
      missing,
    },
  };
};
