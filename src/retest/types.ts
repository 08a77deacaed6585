import type { Text } from '../common/text.js';
import type { Phase } from '../log/types.js';

export type RetestVia = 'local' | 'docker' | 'ssh' | 'manual';

/** A program and its arguments, started as they are: no shell reads them. `env` is laid over our own environment. */
export interface StartCommand {
  file: string;
  args: string[];
  env: Record<string, string>;
}

/** What will be done, shown before anything is started. */
export interface RetestPlan {
  via: RetestVia;
  /** With `ssh`: where, as ssh takes it (a name of its configuration, user@host). */
  host?: string;
  /** Launch text in the user's shape (what is shown and written down). */
  command: string;
  timeoutMs: number;
  /** Send one real request when it is ready. */
  request: boolean;
  /** The command names a simulated vLLM: said on every screen and in the report. */
  simulated: boolean;
  /** The command as it is started; null where this launch cannot be started here. Absent: read from `command`. */
  start?: StartCommand | null;
  /** Where it will listen. Default: http, 127.0.0.1, 8000. */
  endpoint?: Endpoint;
  /** Requests at once after the first, as the user's own load would be. Absent: none. */
  load?: RetestLoad;
  /** Nothing printed for so long means that it hangs. Default: ten minutes. */
  quietMs?: number;
  /** How long it may take to end by itself after SIGTERM before it is killed. Default: ten seconds. */
  graceMs?: number;
}

/** A load of equal requests, all sent at once. */
export interface RetestLoad {
  concurrent: number;
  /** Length of each prompt; null: as long as the server admits (its max_model_len). */
  promptTokens: number | null;
}

/** Where the server is reached from here. */
export interface Endpoint {
  protocol: 'http' | 'https';
  host: string;
  port: number;
  apiKey: string | null;
}

/** What a running re-test tells, in order. Times are milliseconds since the start. */
export type RetestEvent =
  | { type: 'started'; atMs: number; pid: number | null }
  | { type: 'phase'; atMs: number; phase: Phase }
  | { type: 'line'; atMs: number; text: string }
  | { type: 'memory'; atMs: number; gpus: { index: number; usedGiB: number; totalGiB: number }[] }
  | { type: 'ready'; atMs: number; url: string }
  | { type: 'request'; atMs: number; ok: boolean; status: number | null; detail: string }
  | { type: 'load'; atMs: number; ok: boolean; sent: number; answered: number; promptTokens: number; detail: string }
  | {
      type: 'stopped';
      atMs: number;
      exitCode: number | null;
      signal: string | null;
      leftBehind: string[];
      /** What could not be looked at. Absent: all could. */
      unchecked?: Unchecked[];
    };

/** Something that may be left behind: who knows it did not answer. */
export interface Unchecked {
  what: Text;
  /** The command by which somebody can look later. */
  look: string;
}

/** What remains of a start after its end. */
export interface Remains {
  /** In words. */
  left: string[];
  unchecked: Unchecked[];
}

/** Why nothing was started: for exit codes and advice. */
export type NotStarted =
  | 'program-not-found'
  | 'engine-unreachable'
  | 'host-unreachable'
  | 'port-in-use'
  | 'not-startable'
  | 'via-unavailable';

/** Why a start was broken off that says nothing about its command. */
export type BrokenOff = 'foreign-server' | 'foreign-output' | 'connection-lost';

export interface RetestResult {
  outcome: 'proven' | 'failed' | 'stopped' | 'timeout' | 'not-started';
  reason: string;
  /** The reason in every language. */
  why?: Text;
  events: RetestEvent[];
  /** The child's output, for the next diagnosis. */
  log: string;
  startupMs: number | null;
  /** Set with outcome `not-started`. */
  notStarted?: NotStarted;
  /** Set with outcome `stopped` where nobody asked for it. */
  brokenOff?: BrokenOff;
  /** It said so itself, whatever the plan knew. */
  simulated?: boolean;
}

/** A running re-test. */
export interface RetestHandle {
  /** Ends it and everything that it started; `done` then tells `stopped`, or the outcome that was reached before. */
  stop(): void;
  /** Rejects only for a bug of ours; what was started is ended then, too. */
  done: Promise<RetestResult>;
}
