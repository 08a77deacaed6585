import { GIB } from '../common/units.js';
import { amount, minus } from './amount.js';
import { accountingOf, since } from './eras.js';
import type { Measured } from './measured.js';
import type { ModelShape } from './model/shape.js';
import { hasPool, printedPool } from './printed-pool.js';
import { closed, settled, type Terms } from './reconcile.js';
import { type Settings, settingsOf } from './settings.js';
import { mayBeQuantised, type Subject } from './subject.js';
import { type ActivationPeak, activationOf } from './terms/activation.js';
import { weightsFromCheckpoint } from './terms/checkpoint.js';
import { cpuPool } from './terms/cpu.js';
import { graphsOf } from './terms/graphs.js';
import { type KvLayout, kvLayout, needFor } from './terms/kv-pool.js';
import { nonTorchOf, outsideOf } from './terms/non-torch.js';
import { type Stage, stagesOf } from './terms/stages.js';
import { weightsOf } from './terms/weights.js';
import type { Amount, PerGpuBudget } from './types.js';

/** The budget of one start under one release on one card, with what the log measured laid over the formulas. */
export interface Prediction {
  /** The card that it was computed for. */
  card: string | null;
  settings: Settings;
  shape: ModelShape;
  perGpu: PerGpuBudget;
  activation: ActivationPeak;
  /** Null where the layout of the cache is not known. */
  layout: KvLayout | null;
  /** The pool was told by the log (in GiB, tokens or blocks). */
  poolStated: boolean;
}

/** The formulas' terms of one stage, with what the peak is made of. */
interface Parts extends Omit<Terms, 'activation'> {
  activation: ActivationPeak;
}

/** What is charged to the budget beside the parts of {@link Terms}. */
const chargedBeside = (subject: Subject, settings: Settings, measured: Measured): Amount[] => [
  ...(accountingOf(settings.version, settings.engine).deviceWide && measured.others ? [measured.others] : []),
  ...(subject.gpu.unified && since(settings.version, '0.20.0') ? [amount(0, -0.5, 2)] : []),
];

/** What is taken off the budget beside the graphs; figures that hold two parts in one stand for both. */
const takenOf = (measured: Measured, terms: Terms): Amount[] | null => {
  const { weights, activation, nonTorch } = terms;
  if (measured.consumed) return [measured.consumed, activation];
  if (measured.peakWithWeights) return [measured.peakWithWeights, nonTorch];
  return weights && [weights, activation, nonTorch];
};

interface Pool {
  kv: Amount | null;
  /** Told by the log, not what the formulas leave: the computed parts give way to it. */
  stated: boolean;
}

/** KV pool: what is left of the budget, unless its size is given or was printed. */
const poolOf = (
  subject: Subject,
  settings: Settings,
  layout: KvLayout | null,
  measured: Measured,
  budget: Amount | null,
  terms: Terms,
): Pool => {
  if (measured.kv) return { kv: measured.kv, stated: true };
  if (settings.kvCacheMemoryBytes !== null) {
    const gib = settings.kvCacheMemoryBytes / GIB;
    return { kv: amount(gib, gib, gib, 'user'), stated: false };
  }
  if (settings.onCpu) return { kv: cpuPool(subject.facts, settings, terms.weights), stated: false };
  const ranksKnown = subject.facts.tensorParallelSize !== undefined || subject.launch !== null;
  const printed = layout && printedPool(subject.facts, settings, layout);
  const taken = takenOf(measured, terms);
  if (!budget || !taken) return { kv: ranksKnown ? printed : null, stated: ranksKnown && printed !== null };
  // The peak that 0.27.0 and later print already holds the graphs' estimate.
  if (settings.graphsCounted && !measured.activationHoldsGraphs) taken.push(measured.graphsEstimate ?? terms.graphs);
  const left = minus(budget, [...taken, ...chargedBeside(subject, settings, measured)]);
  if (printed && believable(printed, left, ranksKnown, mostOf(budget, measured, terms.weights)))
    return { kv: printed, stated: true };
  if (left.gib > 0 || !hasPool(subject.facts)) return { kv: left, stated: false };
  // vLLM came past the sizing of its cache: it holds one request, as far as what was measured leaves room for it.
  const need = layout && ranksKnown ? needFor(layout, settings, settings.autoLen ? 1 : settings.maxModelLen) / GIB : 0;
  const least = Math.max(0, Math.min(need, mostOf(budget, measured, null)));
  return { kv: amount(least, least, Math.max(left.high, 1.1 * least)), stated: true };
};

/** The most that the pool can be: the budget without what was measured and without nine tenths of the weights. */
const mostOf = (budget: Amount, measured: Measured, weights: Amount | null): number => {
  const { consumed, peakWithWeights } = measured;
  const held = consumed ?? peakWithWeights ?? measured.weights;
  const beside = [consumed ? null : measured.nonTorch, peakWithWeights ? null : measured.activation];
  return beside.reduce((rest, part) => rest - (part?.low ?? 0), budget.high - (held?.low ?? 0.9 * (weights?.low ?? 0)));
};

/**
 * Whether a pool printed in tokens or blocks has the size that the model's layout gives it. An excerpt that does not tell
 * its ranks may be one of eight: there it only counts where it is what the parts leave. One that is larger than what can be
 * left shows another cache type or model than assumed.
 */
const believable = (printed: Amount, left: Amount, ranksKnown: boolean, most: number): boolean => {
  const near = 0.1 * Math.abs(left.gib);
  return ranksKnown ? printed.low <= most : printed.gib > left.low - near && printed.gib < left.high + near;
};

const budgetGiB = (subject: Subject, settings: Settings, measured: Measured): Amount | null => {
  if (measured.budget) return measured.budget;
  const total = subject.gpu.classOnly ? null : subject.gpu.totalGiB;
  if (!total) return null;
  const { utilisation } = settings;
  return {
    gib: total.gib * utilisation,
    low: total.low * utilisation,
    high: total.high * utilisation,
    from: total.from,
  };
};

/** What the formulas say for one stage. */
const partsOf = (subject: Subject, shape: ModelShape, settings: Settings, stage: Stage): Parts => {
  const activation = activationOf(shape, settings, subject.gpu, stage);
  const checkpoint = subject.facts.checkpointGiB;
  return {
    weights: checkpoint
      ? weightsFromCheckpoint(shape, subject.quantisation, settings, stage, checkpoint.value)
      : unlessDoubtful(subject, subject.quantisation && weightsOf(shape, subject.quantisation, settings, stage)),
    activation,
    nonTorch: nonTorchOf(shape, settings, subject.gpu, activation.moeGiB),
    graphs: graphsOf(shape, settings),
  };
};

/** Weights of a copy that may be quantised: unknown where 16 bit would not fit. */
const unlessDoubtful = (subject: Subject, weights: Amount | null): Amount | null => {
  const total = subject.gpu.classOnly ? null : subject.gpu.totalGiB;
  return weights && total && weights.gib > total.gib * 0.95 && mayBeQuantised(subject) ? null : weights;
};

const span = (amounts: Amount[], binding: Amount): Amount => ({
  ...binding,
  low: Math.min(...amounts.map(a => a.low)),
  high: Math.max(...amounts.map(a => a.high)),
});

/**
 * The budget under `version`. With pipeline parallelism the ranks differ: the values are those of the stage with the
 * least room, the ranges hold all stages. Null without an architecture, or where the release's defaults hang on an
 * unknown card.
 */
export const predict = (subject: Subject, version: string, measured: Measured): Prediction | null => {
  const { shape } = subject;
  if (!shape) return null;
  const settings = settingsOf({
    version,
    facts: subject.facts,
    launch: subject.launch,
    gpu: subject.gpu,
    shape,
    quantization: subject.quantisation?.method ?? null,
  });
  if (!settings) return null;
  const stages = stagesOf(shape, settings.pipelineParallel).map(stage => ({
    stage,
    parts: partsOf(subject, shape, settings, stage),
  }));
  const load = ({ parts }: { parts: Parts }) => (parts.weights?.gib ?? 0) + parts.activation.peak.gib;
  const binding = stages.reduce((most, stage) => (load(stage) > load(most) ? stage : most));
  const loads = stages.map(({ parts }) => parts.weights);
  const weights =
    binding.parts.weights && loads.every(each => each !== null) ? span(loads, binding.parts.weights) : null;
  const peak = span(
    stages.map(({ parts }) => parts.activation.peak),
    binding.parts.activation.peak,
  );
  const { nonTorch, graphs } = binding.parts;
  const budget = budgetGiB(subject, settings, measured);
  const layout = kvLayout(shape, settings, binding.stage);
  // The stage with the least room decides the pool; the ranges that are shown hold all stages.
  const own = settled(
    { ...binding.parts, activation: binding.parts.activation.peak },
    measured,
    settings.graphsCounted,
  );
  const { kv, stated } = poolOf(subject, settings, layout, measured, budget, own);
  const shown = settled({ weights, activation: peak, nonTorch, graphs }, measured, settings.graphsCounted);
  const sizedByBudget =
    stated && !settings.onCpu && settings.kvCacheMemoryBytes === null && settings.blocksOverride === null;
  const terms =
    sizedByBudget && kv && budget
      ? closed(
          shown,
          measured,
          settings.graphsCounted,
          minus(budget, [kv, ...chargedBeside(subject, settings, measured)]),
        )
      : shown;
  return {
    card: subject.gpu.name,
    settings,
    shape,
    activation: binding.parts.activation,
    layout,
    poolStated: stated,
    perGpu: {
      totalGiB: subject.gpu.classOnly ? null : subject.gpu.totalGiB,
      budgetGiB: budget,
      weightsGiB: terms.weights,
      activationGiB: terms.activation,
      nonTorchGiB: settings.onCpu ? measured.nonTorch : terms.nonTorch,
      graphsGiB: settings.onCpu ? measured.graphs : terms.graphs,
      kvCacheGiB: kv,
      otherProcessesGiB: measured.others,
      outsideGiB: settings.onCpu ? null : outsideOf(shape, settings, subject.gpu),
    },
  };
};
