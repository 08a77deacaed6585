import type { Verdict } from '../budget/fits.js';
import type { Solver } from '../budget/solve.js';
import type { Evidence, RankedCause } from '../diagnosis/types.js';
import type { Facts } from '../facts/types.js';
import { causes } from '../knowledge/causes.js';
import type { Launch } from '../launch/types.js';
import type { Phase } from '../log/types.js';
import { type Plan, planFixes } from '../plan/index.js';
import { fitSentence } from './fit.js';

/** What a start that does not fit would fail at. */
const HURDLES: Partial<Record<Verdict['because'], { cause: string; phase: Phase }>> = {
  weights: { cause: 'weights-exceed-gpu', phase: 'load' },
  budget: { cause: 'gpu-util-too-low', phase: 'kv-cache' },
  length: { cause: 'kv-cache-too-small', phase: 'kv-cache' },
  card: { cause: 'gpu-util-too-high', phase: 'graph-capture' },
};

/** A failure that has not happened yet: its cause and the phase that it would strike in. */
export interface Foreseen {
  cause: RankedCause;
  phase: Phase;
}

/** The failure that a start will meet which does not fit for certain; null: none is foreseen. */
export const foreseen = ({ verdict }: Solver, because: Evidence[]): Foreseen | null => {
  const hurdle = verdict.fits === false ? HURDLES[verdict.because] : undefined;
  const entry = hurdle && causes().find(({ id }) => id === hurdle.cause);
  if (!entry) return null;
  return {
    phase: hurdle.phase,
    cause: {
      id: entry.id,
      score: 0.9,
      title: entry.title,
      summary: fitSentence(verdict),
      regressedIn: null,
      fixedIn: null,
      because,
      against: [],
      fixes: entry.fixes,
    },
  };
};

/** The fixes for a failure that is foreseen, as if the start had failed there. */
export const planAgainst = (
  { cause, phase }: Foreseen,
  input: { facts: Facts; solve: Solver; launch: Launch | null; modelConfig: unknown },
): Plan =>
  planFixes({
    diagnosis: { verdict: 'oom', phase, summary: cause.summary, causes: [cause], questions: [], proof: [] },
    facts: input.facts,
    budget: input.solve.base.budget,
    launch: input.launch,
    reading: null,
    modelConfig: input.modelConfig,
    solve: input.solve,
  });
