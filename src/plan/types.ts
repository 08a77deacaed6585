import type { Text } from '../common/text.js';

export interface FixChange {
  where: 'vllm' | 'env' | 'container' | 'request' | 'host';
  /** `--max-num-seqs`, `VLLM_USE_V1`, `--shm-size`; for request and host a short name of what is to be done. */
  flag: string;
  from: unknown;
  to: unknown;
}

export interface ProposedFix {
  id: string;
  title: Text;
  savesGiB: { gib: number; low: number; high: number } | null;
  /** Price in the user's terms: context, concurrency, speed, quality, money. */
  costs: Text;
  changes: FixChange[];
  /** The user's own command with this change; null when there is no command or the change lies outside it. */
  command: string | null;
  diff: string | null;
  /** Release for which flags and values were checked; null when the release is unknown. */
  validFor: string | null;
  /** How it is known to be enough: told by the log's own figures, predicted, seen in a re-test; null: not known. */
  clearedBy: 'log' | 'prediction' | 'retest' | null;
  /** Enough on its own, as far as can be told. */
  sufficient: boolean | null;
  /** What to do outside the command and how to see that it is done. */
  steps: Text[];
  /** Why this fix, here. */
  why: Text;
  /** How one sees that it took effect. */
  check?: Text;
  /** A value is not computed from this case but taken from documentation: said wherever it is shown. */
  assumed?: boolean;
  /** 0 nothing .. 5 money, quality or the whole function. */
  harm?: number;
  /** Known threads in which it helped, in which it was tried in vain, and made it worse; null: not counted. */
  threads?: { helped: number | null; vain: number | null; worse: number | null };
}

/** What the server can still do with the selected fixes; null where it cannot be told. */
export interface Capacity {
  maxModelLen: number | null;
  maxNumSeqs: number | null;
  kvTokens: number | null;
  maxConcurrency: number | null;
}

export interface Plan {
  fixes: ProposedFix[];
  /** Ids of the smallest sufficient set, selected at the start. */
  selected: string[];
  /** Fixes that will not help, and popular claims that do not hold. */
  notHelpful: { id: string; why: Text; title?: Text }[];
  /** The user's launch with the whole selected set applied; null when there is none or nothing in it changes. */
  command?: string | null;
  diff?: string | null;
  /** What capacity remains with the selected set. */
  remaining?: Capacity;
}
