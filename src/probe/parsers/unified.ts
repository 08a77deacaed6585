import type { Probe } from './types.js';

/** Carve-outs of integrated AMD GPUs are at most this big; the GTT beside it is the rest of the memory. */
const CARVE_OUT_MIB = 4096;

/** True when the text shows that GPU and system share their memory: names, `-tegra` kernels, small carve-outs. */
export const isUnified = (probe: Probe, text: string): boolean =>
  (probe.gpus ?? []).some(
    gpu =>
      /\b(?:GB10|Thor|Orin)\b/.test(gpu.name ?? '') ||
      (gpu.totalMiB !== null && gpu.totalMiB <= CARVE_OUT_MIB && (gpu.gttTotalMiB ?? 0) > gpu.totalMiB),
  ) ||
  /unified memory/i.test(text) ||
  /\d-tegra\b/.test(text) ||
  /^NvMapMem/m.test(text);
