import type { Case } from './case.js';
import type { Findings } from './findings.js';
import { isFounded } from './rank.js';
import type { Verdict } from './types.js';
import type { Weighed } from './weigh.js';

/**
 * The first question, in the order of proof: another program; a memory failure with a cause; another failure; wrappers
 * and cut tracebacks (whose frames may still name the cause); what works; nothing.
 */
export const verdictOf = (at: Case, found: Findings, weighed: Weighed[]): Verdict => {
  if (at.reading.isVllm === false) return 'not-vllm';
  const best = weighed[0];
  if (found.shortages.length > 0) return best && isFounded(best, true, at) ? 'oom' : 'insufficient-log';
  if (found.others.length > 0 || found.elsewhere) return 'not-oom';
  if (best?.proves) return 'oom';
  // A server that was told to stop ends in wrappers and tracebacks too: no crash.
  const failing = [...found.wrappers, ...found.cutTraces].filter(
    sign => found.stopped === null || sign.line < found.stopped.line,
  );
  const calm = failing.length === 0;
  if (best && !calm && isFounded(best, false, at)) return 'oom';
  if (calm && found.working.length > 0) return 'healthy';
  if (calm && found.stalled) return 'not-oom';
  if (calm && (found.sized || (found.harmless.length > 0 && at.phase === 'unknown'))) return 'healthy';
  return 'insufficient-log';
};
