import { setTimeout as sleep } from 'node:timers/promises';
import type { GpuUse, GpuWatch } from './gpu-memory.js';
import type { Observation } from './observation.js';
import type { Remains } from './types.js';
import { within } from './within.js';

/** What a GPU may still show above its state before the start: other programs move a little. */
const GPU_REST_GIB = 0.25;

/** The memory of the GPUs before, during and after one start. */
export class GpuAccount {
  private before: GpuUse[] | null = null;

  constructor(
    private readonly watch: GpuWatch,
    private readonly seen: Observation,
    /** A start does not wait longer for an nvidia-smi that hangs. */
    private readonly patienceMs: number,
  ) {}

  /** Takes note of the state before the start. */
  async open(): Promise<void> {
    this.before = await this.now();
  }

  /** Use of the GPUs now, told as an event; null when nvidia-smi does not say it soon. */
  async now(): Promise<GpuUse[] | null> {
    const gpus = await within(this.watch.read(), this.patienceMs);
    if (gpus) this.seen.emit({ type: 'memory', atMs: this.seen.now, gpus });
    return gpus;
  }

  /** Tells the use again and again as long as `isOn` says so. */
  async follow(everyMs: number, isOn: () => boolean): Promise<void> {
    while (isOn()) {
      const gpus = await this.watch.read();
      if (isOn() && gpus) this.seen.emit({ type: 'memory', atMs: this.seen.now, gpus });
      await sleep(everyMs, undefined, { ref: false });
    }
  }

  /** Waits until the GPUs have their memory back. @returns what is missing, in words, and what nobody could say */
  async remains(look: string): Promise<Remains> {
    if (!this.watch.isThere) return { left: [], unchecked: [] };
    const { before } = this;
    let left: string[] | null = null;
    // Silence twice is a driver in trouble; it tells nothing.
    for (let attempt = 0, silent = 0; before && attempt < 10 && silent < 2; attempt++) {
      if (attempt > 0) await sleep(500);
      const now = await this.now();
      if (!now) silent++;
      left = now === null ? null : now.flatMap(use => missing(use, before));
      if (left?.length === 0) break;
    }
    const what = { en: 'GPU memory (nvidia-smi does not answer)', zh: '显存（nvidia-smi 没有响应）' };
    return { left: left ?? [], unchecked: left === null ? [{ what, look }] : [] };
  }
}

const missing = ({ index, usedGiB }: GpuUse, before: GpuUse[]): string[] => {
  const rest = usedGiB - (before.find(gpu => gpu.index === index)?.usedGiB ?? usedGiB);
  return rest > GPU_REST_GIB ? [`GPU ${index}: ${rest.toFixed(2)} GiB more in use than before`] : [];
};
