import type { FactName, Facts } from '../facts/types.js';

/** Values that a setting or figure can have; anything else is damage (a cut line, a typing error) and counts as unknown. */
const RANGES: Partial<Record<FactName, { from: number; to: number; whole?: boolean }>> = {
  tensorParallelSize: { from: 1, to: 4096, whole: true },
  pipelineParallelSize: { from: 1, to: 4096, whole: true },
  dataParallelSize: { from: 1, to: 4096, whole: true },
  gpuCount: { from: 1, to: 1e6, whole: true },
  gpuMemoryUtilization: { from: 0.001, to: 1 },
  maxModelLen: { from: 1, to: 2 ** 40, whole: true },
  maxNumSeqs: { from: 1, to: 2 ** 24, whole: true },
  maxNumBatchedTokens: { from: 1, to: 2 ** 32, whole: true },
  blockSize: { from: 1, to: 2 ** 16, whole: true },
  kvTokens: { from: 0, to: 2 ** 44 },
  gpuBlocks: { from: 0, to: 2 ** 40 },
  gpuTotalGiB: { from: 0.1, to: 2 ** 14 },
  hostRamGiB: { from: 0.1, to: 2 ** 20 },
  hostLimitGiB: { from: 0.1, to: 2 ** 20 },
};

const isUsable = (name: string, value: unknown): boolean => {
  if (typeof value !== 'number') return true;
  if (!Number.isFinite(value) || Math.abs(value) > 2 ** 60) return false;
  const range = RANGES[name as FactName];
  return !range || (value >= range.from && value <= range.to && (!range.whole || Number.isInteger(value)));
};

/** The facts without those whose value cannot be. */
export const usableFacts = (facts: Facts): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name, fact]) => fact && isUsable(name, fact.value))) as Facts;
