import { GIB } from '../common/units.js';
import type { Facts } from '../facts/types.js';
import { amount, around, minus } from './amount.js';
import { accountingOf, since } from './eras.js';
import type { Measured } from './measured.js';
import type { ModelShape } from './model/shape.js';
import { type Settings, settingsOf } from './settings.js';
import { mayBeQuantised, type Subject } from './subject.js';
import { type ActivationPeak, activationOf } from './terms/activation.js';
import { weightsFromCheckpoint } from './terms/checkpoint.js';
import { cpuPool } from './terms/cpu.js';
import { graphsOf } from './terms/graphs.js';
import { type KvLayout, kvLayout, poolFrom } from './terms/kv-pool.js';
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
}

interface Parts {
  weights: Amount | null;
  activation: ActivationPeak;
  nonTorch: Amount;
  graphs: Amount;
}

/**
 * A pool told in blocks or tokens only: the log's number times the bytes that the model needs for one. Only where the ranks
 * are stated: an excerpt without them may be one of eight.
 */
const printedPool = (facts: Facts, settings: Settings, layout: KvLayout): Amount | null => {
  if (!facts.tensorParallelSize) return null;
  const positive = (value: number | undefined) => (value !== undefined && value > 0 ? value : null);
  const printed = { blocks: positive(facts.gpuBlocks?.value), tokens: positive(facts.kvTokens?.value) };
  const bytes = poolFrom(layout, settings, printed);
  return bytes === null ? null : around(bytes / GIB, 0.01, 0.01, 0.01, 'log');
};

/** KV pool: what is left of the budget, unless its size is given or was printed. */
const kvOf = (
  subject: Subject,
  settings: Settings,
  layout: KvLayout | null,
  measured: Measured,
  budget: Amount | null,
  parts: Parts,
): Amount | null => {
  if (measured.kv) return measured.kv;
  if (settings.kvCacheMemoryBytes !== null) {
    const gib = settings.kvCacheMemoryBytes / GIB;
    return amount(gib, gib, gib, 'user');
  }
  const weights = measured.weights ?? parts.weights;
  if (settings.onCpu) return cpuPool(subject.facts, settings, weights);
  const taken = takenOf(measured, weights, parts);
  const printed = layout && printedPool(subject.facts, settings, layout);
  if (!budget || !taken) return printed;
  // The peak that 0.27.0 and later print already holds the graphs' estimate.
  if (settings.graphsCounted && !measured.activationHoldsGraphs)
    taken.push(measured.graphsEstimate ?? measured.graphs ?? parts.graphs);
  if (accountingOf(settings.version, settings.engine).deviceWide && measured.others) taken.push(measured.others);
  if (subject.gpu.unified && since(settings.version, '0.20.0')) taken.push(amount(0, -0.5, 2));
  const left = minus(budget, taken);
  // What was printed is exact if model and cache dtype are as assumed; a printed pool that the parts rule out is not.
  const plausible =
    printed && printed.gib > left.low - 0.1 * Math.abs(left.gib) && printed.gib < left.high + 0.1 * Math.abs(left.gib);
  return plausible ? printed : left;
};

/** What is taken off the budget beside the graphs; figures that hold two parts in one stand for both. */
const takenOf = (measured: Measured, weights: Amount | null, parts: Parts): Amount[] | null => {
  const activation = measured.activation ?? parts.activation.peak;
  const nonTorch = measured.nonTorch ?? parts.nonTorch;
  if (measured.consumed) return [measured.consumed, activation];
  if (measured.peakWithWeights) return [measured.peakWithWeights, nonTorch];
  return weights && [weights, activation, nonTorch];
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
  return {
    card: subject.gpu.name,
    settings,
    shape,
    activation: binding.parts.activation,
    layout,
    perGpu: {
      totalGiB: subject.gpu.classOnly ? null : subject.gpu.totalGiB,
      budgetGiB: budget,
      weightsGiB: measured.weights ?? weights,
      activationGiB: measured.activation ?? peak,
      nonTorchGiB: measured.nonTorch ?? (settings.onCpu ? null : nonTorch),
      graphsGiB: measured.graphs ?? (settings.onCpu ? null : graphs),
      kvCacheGiB: kvOf(subject, settings, layout, measured, budget, binding.parts),
      otherProcessesGiB: measured.others,
      outsideGiB: settings.onCpu ? null : outsideOf(shape, settings, subject.gpu),
    },
  };
};
