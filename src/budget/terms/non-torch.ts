import { GIB } from '../../common/units.js';
import { amount } from '../amount.js';
import { accountingOf, since } from '../eras.js';
import type { Gpu } from '../gpu.js';
import type { ModelShape } from '../model/shape.js';
import type { Settings } from '../settings.js';
import type { Amount } from '../types.js';

/** CUDA context and driver on an otherwise idle card in GiB (total minus free at start: 0.2 - 0.5 in public logs). */
export const CONTEXT = amount(0.45, 0.2, 0.75, 'default');

/** Cards that are sold with NVLink between them; an unnamed card may be one. */
const mayHaveNvlink = (gpu: Gpu): boolean =>
  gpu.name === null ||
  /unnamed/.test(gpu.name) ||
  (/\b(?:[ahbv]\d{2,3}|g[bh]\d{3})/i.test(gpu.name) && !/pcie|\bA(?:10|16|2|30|40)\b|A10G|A[2-6]000/i.test(gpu.name));

/**
 * NCCL and custom all-reduce buffers per rank in GiB inside the budget. Start-up lines with NVLink: 0.3 - 2.1 up to 0.10.2,
 * 0.41 in 0.11, 1.8 - 1.9 in 0.19 (though NCCL's own buffers lie outside from 0.11.0), about 0.7 in 0.26; without NVLink
 * there is no custom all-reduce: 0.3 - 0.5 throughout.
 */
const collectives = (settings: Settings, gpu: Gpu): Amount => {
  const { tensorParallel: tp, version } = settings;
  if (tp <= 1) return settings.pipelineParallel > 1 ? amount(0.05, 0, 0.3) : amount(0, 0, 0);
  if (!mayHaveNvlink(gpu)) return since(version, '0.18.0') ? amount(0.45, 0.15, 1.5) : amount(0.28, 0.1, 1);
  if (since(version, '0.26.0')) return amount(0.75, 0.2, 2.1);
  if (since(version, '0.18.0')) return amount(tp === 2 ? 1.82 : 1.92, 0.6, 2.1);
  if (since(version, '0.11.0')) return amount(tp === 2 ? 0.41 : 0.8, 0.25, 1.6);
  return amount(0.6, 0.2, 2.2);
};

/** Kernels, modules and library handles loaded after the snapshot: 0.01 - 0.16 GiB up to 0.10, 0.13 to 0.17, 0.25 from 0.18. */
const modules = (settings: Settings, gpu: Gpu): Amount => {
  const { version } = settings;
  if (settings.pipelineParallel > 1 && since(version, '0.11.0')) return amount(0.07, 0.03, 0.27);
  if (gpu.unified) return amount(1.5, 0.3, 5);
  if (since(version, '0.18.0')) return amount(0.25, 0.2, 0.32);
  if (since(version, '0.11.0')) return amount(0.13, 0.03, 0.2);
  return amount(0.08, 0.01, 0.45);
};

/** V2's sampler state made outside the measured phases: penalty counters and bit masks, S x V x (4 + 1/8) bytes. */
const samplerStateGiB = (shape: ModelShape, settings: Settings): number =>
  settings.runner === 'V2' ? (settings.maxNumSeqs * shape.vocab * 4.125) / GIB : 0;

/**
 * "non-torch" of the budget on one rank. `workspaceGiB` is the experts' scratch, which counts as consumed from 0.27.0.
 * Device-wide releases charge the CUDA context too.
 */
export const nonTorchOf = (shape: ModelShape, settings: Settings, gpu: Gpu, workspaceGiB: number): Amount => {
  const accounting = accountingOf(settings.version, settings.engine);
  const parts = [modules(settings, gpu), collectives(settings, gpu)];
  if (accounting.deviceWide) parts.push(CONTEXT);
  const extra = accounting.consumed ? samplerStateGiB(shape, settings) + workspaceGiB : 0;
  const add = (pick: (part: Amount) => number) => parts.reduce((sum, part) => sum + pick(part), extra);
  return amount(
    add(p => p.gib),
    add(p => p.low),
    add(p => p.high) + (accounting.consumed ? 0.25 : 0),
  );
};

/** What lies on the card but not in the budget, graphs aside: context, NCCL from 0.11.0, V2's sampler state before 0.27.0. */
export const outsideOf = (shape: ModelShape, settings: Settings, gpu: Gpu): Amount => {
  const accounting = accountingOf(settings.version, settings.engine);
  // NVLink cards: about 1 GiB of NCCL and custom all-reduce a rank (free at start 77.64 of 79.19); smaller cards have less of it.
  const big = (gpu.totalGiB?.gib ?? 80) >= 40;
  const inGroup = settings.tensorParallel > 1 && !accounting.ncclInside;
  const nccl = inGroup ? (big ? amount(1, 0.5, 1.5) : amount(0.5, 0.2, 1)) : amount(0, 0, 0);
  const state = accounting.consumed ? 0 : samplerStateGiB(shape, settings);
  const parts = [accounting.deviceWide ? amount(0, 0, 0) : CONTEXT, nccl];
  const add = (pick: (part: Amount) => number) => parts.reduce((sum, part) => sum + pick(part), state);
  return amount(
    add(p => p.gib),
    add(p => p.low),
    add(p => p.high),
    'default',
  );
};
