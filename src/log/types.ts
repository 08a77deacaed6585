import type { Facts } from '../facts/types.js';
import type { Mentions } from './read/mentions.js';
import type { PrintedAt } from './read/printed-at.js';

export type Phase =
  | 'config'
  | 'device-init'
  | 'load'
  | 'profile'
  | 'kv-cache'
  | 'graph-capture'
  | 'sampler-warmup'
  | 'serving'
  | 'shutdown'
  | 'host'
  | 'none'
  | 'unknown';

/** A message that the knowledge recognises, at its place in the text. */
export interface LogEvent {
  /** Id of the message in knowledge/messages. */
  id: string;
  /** 1-based line in the text as the user has it (before any repair). */
  line: number;
  /** The repaired line (prefix, escapes and wrapping undone), safe to show. */
  text: string;
  /** Where the message begins in that line; absent at its beginning. */
  at?: number;
  /** The values captured by the message's template; sizes in GiB, counts as numbers. */
  values: Record<string, string | number>;
  /** What the message means, from its entry: failure, wrapper, landmark, info, harmless, other-program. */
  kind?: 'failure' | 'wrapper' | 'landmark' | 'info' | 'harmless' | 'other-program';
  level?: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';
  /** Process that printed it, as in the prefix: `Worker_TP3`, `EngineCore`, `APIServer`, `rank0`. */
  process?: string;
  rank?: number;
}

/** A traceback's frames, innermost last: which part of vLLM was at work when it failed. */
export interface StackTrace {
  line: number;
  /** `code`: the source line that Python prints below a frame; in a trace that is cut it names the call that failed. */
  frames: { file: string; function: string; line: number; code?: string }[];
  /** Last line of the traceback: `torch.OutOfMemoryError: CUDA out of memory...` */
  error: string;
  process?: string;
  rank?: number;
}

/** One start of vLLM in the text (a paste may hold several: restarts, attempts). */
export interface RunReading {
  firstLine: number;
  lastLine: number;
  events: LogEvent[];
  traces: StackTrace[];
  facts: Facts;
  /** Where start-up (or serving) was when the text ended or the failure came. */
  phase: Phase;
  /** The launch command as found in the text, if any: a typed line, args: Namespace(...), non-default args: {...}. */
  launch: { text: string; line: number } | null;
  /** Releases that print these messages, where they narrow it: what is known of an unknown version. */
  releases?: { from: string | null; to: string | null } | null;
  /** The processes that printed it, as in {@link LogEvent.process}. */
  processes?: string[];
  /** Statements of vLLM's source that printed it. */
  printed?: PrintedAt[];
  /** How often each message came: `events` keeps only the first and the last of a kind. */
  eventCounts?: Record<string, number>;
}

export interface LogReading {
  lines: number;
  bytes: number;
  /** False: the text shows another program (named in `program`); null: nothing tells. */
  isVllm: boolean | null;
  /** Another program recognised in the text: TGI, SGLang, llama.cpp ... */
  program: string | null;
  /** Who carried the log, by the prefixes of its lines, where they tell: decides how the missing lines are fetched. */
  carrier?: 'docker' | 'kubernetes' | 'journal' | 'notebook';
  runs: RunReading[];
  /** Index in `runs` of the one that is judged: the last failing run. -1 when there is none. */
  judged: number;
  /** Repaired lines around the events, for showing the evidence in its context. Bounded, whatever the size of the log. */
  excerpts: { line: number; text: string }[];
  /** What the text around the log speaks of. */
  mentions?: Mentions;
  /** Runs in the text; more than `runs` holds in a restart loop of dozens. */
  runCount?: number;
}
