import type { Budget } from '../budget/types.js';
import type { Text } from '../common/text.js';
import type { Evidence, Question, RankedCause, Verdict } from '../diagnosis/types.js';
import type { Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import type { LogReading, Phase } from '../log/types.js';
import type { ProposedFix } from '../plan/types.js';

/** What the doctor was given. Facts of the user (form, --vllm, --gpu) stand over what the texts say. */
export interface Incident {
  files: { name: string; text: AsyncIterable<string> | Iterable<string> }[];
  command: string | null;
  userFacts: Facts;
  probeFacts: Facts;
  /** Parsed config.json of the model, when the user hands one over. */
  modelConfig: unknown;
}

/** The whole answer to an incident: what `diagnose` prints and what the wizard shows. */
export interface Answer {
  schemaVersion: 1;
  input: {
    file: string;
    bytes: number;
    lines: number;
    runs: number;
    /** Several files are one text; where each begins (1-based line of that text). */
    parts?: { file: string; firstLine: number }[];
  };
  verdict: Verdict;
  phase: Phase;
  summary: Text;
  facts: Facts;
  causes: RankedCause[];
  proof: Evidence[];
  budget: Budget | null;
  fixes: ProposedFix[];
  /** Ids of the fixes that together are the smallest sufficient set. */
  selected: string[];
  notHelpful: { id: string; why: Text; title?: Text }[];
  questions: Question[];
  /** The user's launch as read (null: none found). */
  launch: Launch | null;
  /** Other runs in the same text and what they show. */
  otherRuns: { firstLine: number; lastLine: number; summary: Text }[];
  excerpts: LogReading['excerpts'];
}
