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
}

export interface Plan {
  fixes: ProposedFix[];
  /** Ids of the smallest sufficient set, selected at the start. */
  selected: string[];
  notHelpful: { id: string; why: Text }[];
}
