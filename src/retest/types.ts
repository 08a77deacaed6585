import type { Phase } from '../log/types.js';

export type RetestVia = 'local' | 'docker' | 'ssh' | 'manual';

/** What will be done, shown before anything is started. */
export interface RetestPlan {
  via: RetestVia;
  /** Launch text in the user's shape (what is shown and written down). */
  command: string;
  timeoutMs: number;
  /** Send one real request when it is ready. */
  request: boolean;
  /** The command names a simulated vLLM: said on every screen and in the report. */
  simulated: boolean;
}

/** What a running re-test tells, in order. Times are milliseconds since the start. */
export type RetestEvent =
  | { type: 'started'; atMs: number; pid: number | null }
  | { type: 'phase'; atMs: number; phase: Phase }
  | { type: 'line'; atMs: number; text: string }
  | { type: 'memory'; atMs: number; gpus: { index: number; usedGiB: number; totalGiB: number }[] }
  | { type: 'ready'; atMs: number; url: string }
  | { type: 'request'; atMs: number; ok: boolean; status: number | null; detail: string }
  | { type: 'stopped'; atMs: number; exitCode: number | null; signal: string | null; leftBehind: string[] };

export interface RetestResult {
  outcome: 'proven' | 'failed' | 'stopped' | 'timeout' | 'not-started';
  reason: string;
  events: RetestEvent[];
  /** The child's output, for the next diagnosis. */
  log: string;
  startupMs: number | null;
}
