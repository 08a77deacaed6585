import type { Facts } from '../facts/types.js';
import { findGpu, gpusWithTotal } from '../knowledge/gpus.js';
import { amount, measured } from './amount.js';
import type { Amount } from './types.js';

/** The card by name, keeping the total that is known. */
export const asCard = (gpu: Gpu, name: string): Gpu => {
  const known = findGpu(name);
  return {
    ...gpu,
    name,
    computeCapability: gpu.computeCapability ?? (Number.parseFloat(known?.computeCapability ?? '') || null),
    processors: known?.processors ?? null,
    unified: gpu.unified || (known?.unified ?? false),
    platform: PLATFORMS[known?.vendor ?? ''] ?? gpu.platform,
  };
};

/** The cards that an unnamed one may be, by its total; empty: no idea. */
export const possibleCards = (gpu: Gpu): Gpu[] =>
  gpu.totalGiB ? gpusWithTotal(gpu.totalGiB.gib).map(name => asCard(gpu, name)) : [];

/** The card as far as its memory matters. */
export interface Gpu {
  /** The total only stands for a class of cards: it decides defaults, nothing is sized by it. */
  classOnly?: boolean;
  name: string | null;
  totalGiB: Amount | null;
  computeCapability: number | null;
  processors: number | null;
  unified: boolean;
  /** vLLM's platform for the card's maker; null: not known. */
  platform: 'cuda' | 'rocm' | 'xpu' | 'npu' | null;
}

const PLATFORMS: Record<string, Gpu['platform']> = {
  nvidia: 'cuda',
  amd: 'rocm',
  hygon: 'rocm',
  intel: 'xpu',
  huawei: 'npu',
};

/** The card that the facts tell: a stated or logged total beats what its name tells. */
export const gpuOf = (facts: Facts): Gpu => {
  const name = facts.gpuName?.value ?? null;
  const known = name === null ? null : findGpu(name);
  const stated = facts.gpuTotalGiB;
  const capability = Number.parseFloat(facts.computeCapability?.value ?? known?.computeCapability ?? '');
  const total = known?.totalGiB;
  return {
    name,
    totalGiB: stated
      ? measured(stated.value, stated.from === 'log' ? 'log' : stated.from === 'probe' ? 'probe' : 'user')
      : total
        ? amount(total.gib, total.low - 0.005, total.high + 0.005, total.seen ? 'formula' : 'default')
        : null,
    computeCapability: Number.isFinite(capability) ? capability : null,
    processors: known?.processors ?? null,
    unified: facts.unifiedMemory?.value ?? known?.unified ?? false,
    platform: PLATFORMS[known?.vendor ?? ''] ?? null,
  };
};
