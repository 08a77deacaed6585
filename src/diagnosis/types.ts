import type { Text } from '../common/text.js';
import type { Phase } from '../log/types.js';

export type Verdict = 'oom' | 'not-oom' | 'healthy' | 'insufficient-log' | 'not-vllm';

/** A line of the user's text, or a fact or calculation (line null), and what it says for or against a cause. */
export interface Evidence {
  line: number | null;
  text: string;
  says: Text;
}

export interface RankedCause {
  id: string;
  /** 0 .. 1 */
  score: number;
  title: Text;
  /** One sentence in plain words with this case's own figures. */
  summary: Text;
  /** First release in which the same settings fail though they worked before; null when no regression is known. */
  regressedIn: string | null;
  fixedIn: string | null;
  because: Evidence[];
  against: Evidence[];
  /** Fix ids, most likely enough first, before planning. */
  fixes: string[];
}

export interface Question {
  ask: Text;
  /** Causes that the answer tells apart. */
  tells: string[];
  /** Command that fetches the answer, when there is one. */
  command?: string;
}

export interface Diagnosis {
  verdict: Verdict;
  phase: Phase;
  /** One sentence in plain words: what happened (also for healthy, not-oom ...). */
  summary: Text;
  causes: RankedCause[];
  questions: Question[];
  /** Lines that show a failure that is no memory failure, or that a start was healthy: the proof of the other verdicts. */
  proof: Evidence[];
}
