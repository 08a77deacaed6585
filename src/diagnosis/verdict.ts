import type { Case } from './case.js';
import type { Findings } from './findings.js';
import { isFounded } from './rank.js';
import type { Verdict } from './types.js';
import type { Weighed } from './weigh.js';

/** The verdict with the causes it names. Only an `oom` blames them, so it has one at least; elsewhere they are likely ones. */
export type Judgement =
  | { verdict: 'oom'; blamed: [Weighed, ...Weighed[]] }
  | { verdict: Exclude<Verdict, 'oom'>; likely: Weighed[] };

/**
 * The first question, in the order of proof: another program; a memory failure with a cause; another failure; a figure
 * that proves a failure; wrappers and cut tracebacks (whose frames may still name the cause); what works; nothing.
 */
export const judge = (at: Case, found: Findings, weighed: Weighed[]): Judgement => {
  if (at.reading.isVllm === false) return { verdict: 'not-vllm', likely: [] };
  const insufficient: Judgement = { verdict: 'insufficient-log', likely: weighed };
  const founded = (shown: boolean) => weighed.filter(item => item.proves || isFounded(item, shown, at));
  if (found.shortages.length > 0) return oom(founded(true)) ?? insufficient;
  if (found.others.length > 0 || found.elsewhere) return { verdict: 'not-oom', likely: [] };
  // A server that was told to stop ends in wrappers and tracebacks too: no crash.
  const isCrash = [...found.wrappers, ...found.cutTraces].some(
    sign => found.stopped === null || sign.line < found.stopped.line,
  );
  if (isCrash || weighed.some(item => item.proves)) return oom(founded(false)) ?? insufficient;
  if (found.working.length > 0) return { verdict: 'healthy', likely: [] };
  if (found.stalled) return { verdict: 'not-oom', likely: [] };
  // The memory question is answered where the KV cache got its room and nothing begun after it is left unfinished.
  if (found.sized && founded(false).length === 0) return { verdict: 'healthy', likely: [] };
  // Alarming lines that mean nothing, pasted by themselves: the answer to the question whether they are harmless.
  if (found.harmless.length > 0 && at.phase === 'unknown') return { verdict: 'healthy', likely: [] };
  return insufficient;
};

const oom = ([first, ...rest]: Weighed[]): Judgement | null =>
  first ? { verdict: 'oom', blamed: [first, ...rest] } : null;
