import type { Prediction } from './predict.js';
import { knownRelease } from './scenarios.js';
import { mayBeQuantised, type Subject } from './subject.js';

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
export const missingOf = (subject: Subject, predictions: Prediction[] = [], weightsUnknown = false): string[] => {
  const { facts, gpu, shape } = subject;
  const onCpu = facts.platform?.value === 'cpu';
  const blocking: string[] = [];
  if (!shape) blocking.push(facts.model ? 'modelConfig' : 'model');
  if (shape && (!subject.quantisation || (weightsUnknown && mayBeQuantised(subject)))) blocking.push('quantization');
  if (!gpu.totalGiB && !onCpu) blocking.push('gpuTotalGiB');
  if (onCpu && !facts.hostRamGiB && !facts.cpuKvSpaceGiB) blocking.push('hostRamGiB');
  const narrows: [string, number][] = [];
  if (!knownRelease(subject)) narrows.push(['vllmVersion', narrowing(predictions, ({ settings }) => settings.version)]);
  const cards = new Set(predictions.map(({ card }) => card));
  if (gpu.totalGiB && gpu.name === null && cards.size > 1)
    narrows.push(['gpuName', narrowing(predictions, ({ card }) => card ?? '')]);
  const total = gpu.totalGiB;
  if ((total?.from === 'default' || total?.from === 'formula') && total.high - total.low > 0.3)
    narrows.push(['gpuTotalGiB', (total.high - total.low) * 0.9]);
  if (shape?.vision && shape.vision.imageTokens === null) narrows.push(['limitMmPerPrompt', 0.5]);
  return [...blocking, ...narrows.sort((a, b) => b[1] - a[1]).map(([name]) => name)];
};
