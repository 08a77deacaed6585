import { maskSecrets } from '../../common/mask.js';
import type { Phase } from '../../log/types.js';
import type { RetestEvent, RetestPlan } from '../../retest/types.js';

/** What a running re-test shows; kept small whatever the child prints. */
export interface LiveRetest {
  plan: RetestPlan;
  startedAt: Date;
  phases: { phase: Phase; atMs: number }[];
  /** Use and total of the fullest GPU, the last samples. */
  memory: { atMs: number; usedGiB: number; totalGiB: number }[];
  tail: string[];
  readyUrl: string | null;
  request: { ok: boolean; detail: string } | null;
  load: { ok: boolean; sent: number; answered: number } | null;
  stopping: boolean;
}

const MEMORY_SAMPLES = 120;
const TAIL_LINES = 200;

/** A re-test that has printed nothing yet. */
export const startedRetest = (plan: RetestPlan, startedAt: Date): LiveRetest => ({
  plan,
  startedAt,
  phases: [],
  memory: [],
  tail: [],
  readyUrl: null,
  request: null,
  load: null,
  stopping: false,
});

/** The list with one more at its end, without the oldest where it would be longer than `most`. */
const appended = <T>(list: readonly T[], item: T, most: number): T[] => [...list.slice(1 - most), item];

/** The re-test after one of its events; secrets in what the child prints are masked before they are kept. */
export const afterEvent = (live: LiveRetest, event: RetestEvent): LiveRetest => {
  switch (event.type) {
    case 'phase':
      return { ...live, phases: [...live.phases, { phase: event.phase, atMs: event.atMs }] };
    case 'line':
      return { ...live, tail: appended(live.tail, maskSecrets(event.text), TAIL_LINES) };
    case 'memory': {
      const fullest = event.gpus.toSorted((a, b) => b.usedGiB - a.usedGiB)[0];
      if (!fullest) return live;
      const { usedGiB, totalGiB } = fullest;
      return { ...live, memory: appended(live.memory, { atMs: event.atMs, usedGiB, totalGiB }, MEMORY_SAMPLES) };
    }
    case 'ready':
      return { ...live, readyUrl: event.url };
    case 'load':
      return { ...live, load: { ok: event.ok, sent: event.sent, answered: event.answered } };
    case 'request':
      return { ...live, request: { ok: event.ok, detail: maskSecrets(event.detail) } };
    default:
      return live;
  }
};
