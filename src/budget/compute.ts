import { GIB } from '../common/units.js';
import type { Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import { envelope, minus } from './amount.js';
import { possibleReleases } from './eras.js';
import { possibleCards } from './gpu.js';
import { type Measured, measuredOf } from './measured.js';
import { type Prediction, predict } from './predict.js';
import { mayBeQuantised, type Subject, subjectOf } from './subject.js';
import { longestIn, needFor, poolFigures } from './terms/kv-pool.js';
import type { Amount, Budget, PerGpuBudget } from './types.js';

/** Cards that stand for all when the user's is unknown: below 70 GiB, above, A100 80GB apart (its defaults differ). */
const CARD_SCENARIOS = [
  { gpuTotalGiB: 79.2, gpuName: 'H100 80GB' },
  { gpuTotalGiB: 23.6, gpuName: 'RTX 4090' },
];

interface Scenario {
  version: string;
  subject: Subject;
}

/** Every combination of what is unknown, the likeliest first. */
const scenariosOf = (subject: Subject): Scenario[] => {
  const { facts, gpu } = subject;
  const versions = facts.vllmVersion
    ? [facts.vllmVersion.value]
    : possibleReleases(subject.shape?.modelType ?? '', facts.engine?.value, facts.modelRunner?.value);
  const cards = (): Subject[] => {
    if (facts.platform?.value === 'cpu')
      return [{ ...subject, gpu: { ...gpu, totalGiB: null, name: gpu.name ?? 'CPU' } }];
    if (gpu.totalGiB && gpu.name !== null) return [subject];
    if (gpu.totalGiB) {
      const seen = possibleCards(gpu).slice(0, 4);
      const unnamed = gpu.totalGiB.gib >= 70 ? ['unnamed card', 'A100'] : ['unnamed card'];
      return (seen.length > 0 ? seen : unnamed.map(name => ({ ...gpu, name }))).map(each => ({
        ...subject,
        gpu: each,
      }));
    }
    // Without a total there is no pool to size, but what the sampler and the profile take still has its bounds.
    return CARD_SCENARIOS.map(card => ({
      ...subject,
      gpu: {
        ...gpu,
        name: gpu.name ?? card.gpuName,
        totalGiB: { gib: card.gpuTotalGiB, low: card.gpuTotalGiB, high: card.gpuTotalGiB, from: 'default' as const },
      },
    }));
  };
  return cards().flatMap(each => versions.map(version => ({ version, subject: each })));
};

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
const combined = (predictions: Prediction[], totalKnown: boolean): PerGpuBudget => {
  const [first] = predictions as [Prediction];
  const pick = (key: keyof PerGpuBudget): Amount | null => {
    const amounts = predictions.map(prediction => prediction.perGpu[key]);
    if (amounts.some(a => a === null)) return null;
    const all = amounts as Amount[];
    if (predictions.length === 1 || all.every(a => a.from === 'log' || a.from === 'probe' || a.from === 'user'))
      return all[0]!;
    return envelope(all, all.every(a => a.gib === all[0]!.gib) ? all[0]!.from : 'default');
  };
  const perGpu = Object.fromEntries(KEYS.map(key => [key, pick(key)])) as unknown as PerGpuBudget;
  if (!totalKnown) {
    perGpu.totalGiB = null;
    if (first.perGpu.budgetGiB?.from === 'default') perGpu.budgetGiB = null;
    if (perGpu.kvCacheGiB && !['log', 'user', 'probe'].includes(perGpu.kvCacheGiB.from)) perGpu.kvCacheGiB = null;
  }
  return perGpu;
};

/** Width of the KV cache's range over several predictions; without a pool that of the activation peak. */
const widthOf = (predictions: Prediction[]): number => {
  const ranges = predictions
    .map(({ perGpu }) => perGpu.kvCacheGiB ?? perGpu.activationGiB)
    .filter(range => range !== null);
  return ranges.length === 0 ? 0 : Math.max(...ranges.map(r => r.high)) - Math.min(...ranges.map(r => r.low));
};

/** By how many GiB the range shrinks on average when the answers to one question are told apart. */
const narrowing = (predictions: Prediction[], key: (prediction: Prediction) => string): number => {
  const groups = new Map<string, Prediction[]>();
  for (const prediction of predictions)
    groups.set(key(prediction), [...(groups.get(key(prediction)) ?? []), prediction]);
  const widths = [...groups.values()].map(widthOf);
  return widthOf(predictions) - widths.reduce((sum, width) => sum + width, 0) / Math.max(1, widths.length);
};

/** What stands in the way of any answer, then what would narrow the range, the most useful first. */
const missingOf = (subject: Subject, predictions: Prediction[] = [], weightsUnknown = false): string[] => {
  const { facts, gpu, shape } = subject;
  const onCpu = facts.platform?.value === 'cpu';
  const blocking: string[] = [];
  if (!shape) blocking.push(facts.model ? 'modelConfig' : 'model');
  if (shape && (!subject.quantisation || (weightsUnknown && mayBeQuantised(subject)))) blocking.push('quantization');
  if (!gpu.totalGiB && !onCpu) blocking.push('gpuTotalGiB');
  if (onCpu && !facts.hostRamGiB && !facts.cpuKvSpaceGiB) blocking.push('hostRamGiB');
  const narrows: [string, number][] = [];
  if (!facts.vllmVersion) narrows.push(['vllmVersion', narrowing(predictions, ({ settings }) => settings.version)]);
  const cards = new Set(predictions.map(({ card }) => card));
  if (gpu.totalGiB && gpu.name === null && cards.size > 1)
    narrows.push(['gpuName', narrowing(predictions, ({ card }) => card ?? '')]);
  const total = gpu.totalGiB;
  if (total?.from === 'default' && total.high - total.low > 0.3)
    narrows.push(['gpuTotalGiB', (total.high - total.low) * 0.9]);
  if (shape?.vision && shape.vision.imageTokens === null) narrows.push(['limitMmPerPrompt', 0.5]);
  return [...blocking, ...narrows.sort((a, b) => b[1] - a[1]).map(([name]) => name)];
};

const statedShort = (facts: Facts): number | null => {
  const gaps = [
    facts.kvNeededGiB && facts.kvAvailableGiB ? facts.kvNeededGiB.value - facts.kvAvailableGiB.value : null,
    facts.desiredGiB && facts.freeAtStartGiB ? facts.desiredGiB.value - facts.freeAtStartGiB.value : null,
    facts.requestedGiB && facts.freeGiB ? facts.requestedGiB.value - facts.freeGiB.value : null,
    facts.kvCacheGiB && facts.kvCacheGiB.value <= 0 ? -facts.kvCacheGiB.value : null,
  ].filter(gap => gap !== null);
  return gaps.length > 0 ? Math.max(0, ...gaps) : null;
};

/** The identity that vLLM computes with, where all its parts are stated: what the budget leaves is the KV cache. */
const remainder = (budget: Amount | null, measured: Measured): Amount | null => {
  const { weights, activation, nonTorch, graphsEstimate } = measured;
  if (!budget || !weights || !activation || !nonTorch) return null;
  return minus(budget, [
    weights,
    activation,
    nonTorch,
    ...(graphsEstimate && !measured.activationHoldsGraphs ? [graphsEstimate] : []),
  ]);
};

/** What the log alone tells, when nothing is known about the model. */
const statedOnly = (subject: Subject): Budget | null => {
  const { facts, gpu } = subject;
  const measured = measuredOf(facts, facts.vllmVersion?.value ?? null);
  const utilisation = facts.gpuMemoryUtilization?.value;
  const budget =
    measured.budget ??
    (gpu.totalGiB && utilisation !== undefined
      ? {
          gib: gpu.totalGiB.gib * utilisation,
          low: gpu.totalGiB.low * utilisation,
          high: gpu.totalGiB.high * utilisation,
          from: gpu.totalGiB.from,
        }
      : null);
  const perGpu: PerGpuBudget = {
    totalGiB: gpu.totalGiB,
    budgetGiB: budget,
    weightsGiB: measured.weights,
    activationGiB: measured.activation,
    nonTorchGiB: measured.nonTorch,
    graphsGiB: measured.graphs,
    kvCacheGiB: measured.kv ?? remainder(budget, measured),
    otherProcessesGiB: measured.others,
    outsideGiB: null,
  };
  if (Object.values(perGpu).every(part => part === null)) return null;
  return {
    perGpu,
    kvTokens: facts.kvTokens?.value ?? null,
    maxConcurrency: facts.maxConcurrency?.value ?? null,
    maxModelLenThatFits: facts.estimatedMaxModelLen?.value ?? null,
    shortGiB: statedShort(facts),
    missing: missingOf(subject),
  };
};

/** Everything that a budget is made of, for callers that ask further (plan, solve). */
export interface Computed {
  subject: Subject;
  /** Under the user's release, or under each that it may be. */
  predictions: Prediction[];
  budget: Budget | null;
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

/** The budget with what it is made of. `stated` lays other measured parts over those of the facts (a changed start). */
export const compute = (input: BudgetInput, stated: Partial<Measured> = {}): Computed => {
  const subject = subjectOf(input);
  const predictions = subject.shape
    ? scenariosOf(subject)
        .map(scenario =>
          predict(scenario.subject, scenario.version, { ...measuredOf(subject.facts, scenario.version), ...stated }),
        )
        .filter(prediction => prediction !== null)
    : [];
  const [first] = predictions;
  if (!first) return { subject, predictions, budget: statedOnly(subject) };
  const { facts } = subject;
  const perGpu = combined(predictions, subject.gpu.totalGiB !== null || first.settings.onCpu);
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
  return {
    subject,
    predictions,
    budget: {
      perGpu,
      graphsCounted: predictions.every(({ settings }) => settings.graphsCounted === first.settings.graphsCounted)
        ? first.settings.graphsCounted
        : null,
      kvTokens: facts.kvTokens?.value ?? figures?.tokens ?? null,
      maxConcurrency: facts.maxConcurrency?.value ?? (figures ? Math.round(figures.concurrency * 100) / 100 : null),
      maxModelLenThatFits: facts.estimatedMaxModelLen?.value ?? longest,
      shortGiB: statedShort(facts) ?? short,
      missing: missingOf(subject, predictions, perGpu.weightsGiB === null),
    },
  };
};
