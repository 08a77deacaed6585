import { fill } from '../common/text.js';
import { inVersions } from '../common/version.js';
import { causes, WEIGHTS } from '../knowledge/causes.js';
import type { Case } from './case.js';
import { evaluate } from './evaluate.js';
import type { RankedCause } from './types.js';
import { namedValues, sentence, type Weighed, weigh } from './weigh.js';

/** At least one typical piece of evidence: hints alone make no cause win over another. */
const LEAST = WEIGHTS.typical;

/** Causes that something speaks for, the strongest first. Order among equals: by id, so that answers are repeatable. */
export const weighAll = (at: Case): Weighed[] => {
  const all = causes()
    .map(cause => weigh(cause, at))
    .filter((item): item is Weighed => item !== null && item.strength > 0)
    .sort((a, b) => b.strength - a.strength || a.cause.id.localeCompare(b.cause.id));
  return priorities(all);
};

/** A cause steps back directly behind the one that wins over it (data: `winsOver`) where both are well founded. */
const priorities = (all: Weighed[]): Weighed[] => {
  const ranked = [...all];
  for (const winner of all) {
    if (winner.strength < LEAST) continue;
    const first = ranked.findIndex(item => winner.cause.winsOver.includes(item.cause.id));
    const own = ranked.indexOf(winner);
    if (first < 0 || first > own) continue;
    ranked.splice(own, 1);
    ranked.splice(first, 0, winner);
    winner.strength = Math.max(winner.strength, ranked[first + 1]!.strength + WEIGHTS.hint);
  }
  return ranked;
};

/**
 * True when the evidence is enough to name the cause. Where a memory failure itself stands in vLLM's log a hint is enough
 * (told with a low score, and a question); where nothing says whose log it is, typical evidence; where only an envelope
 * or a cut traceback shows that something failed, strong evidence.
 */
export const isFounded = (item: Weighed, shown: boolean, at: Case): boolean => {
  const least = !shown ? WEIGHTS.strong : at.reading.isVllm || at.run?.launch ? WEIGHTS.hint : WEIGHTS.typical;
  return item.strength >= least;
};

/**
 * The causes as told: a score grows with the evidence (half-life: 4 units of weight) and shrinks where others have as
 * much of it.
 */
export const tell = (weighed: Weighed[], at: Case, most = 5): RankedCause[] => {
  const told = weighed.slice(0, most);
  const total = told.reduce((sum, item) => sum + 2 ** (item.strength / 3), 0);
  return told.map(item => {
    const confidence = 1 - 2 ** (-item.strength / 4);
    const share = 2 ** (item.strength / 3) / total;
    const regression = item.cause.regressions.find(
      known =>
        inVersions(at.facts.vllmVersion?.value, known.in, null) === true &&
        (known.fixed === null || inVersions(at.facts.vllmVersion?.value, known.fixed, null) === false) &&
        evaluate(known.when, at).value === true,
    );
    return {
      id: item.cause.id,
      score: Math.round(confidence * (0.5 + 0.5 * share) * 100) / 100,
      title: item.cause.title,
      summary: sentence(item.cause.summary, at),
      regressedIn: regression?.in ?? null,
      fixedIn: regression?.fixed ?? null,
      because: regression
        ? [
            ...item.because,
            {
              line: at.facts.vllmVersion?.line ?? null,
              text: `vLLM ${at.facts.vllmVersion?.value}`,
              says: fill(regression.what, namedValues(at)),
            },
          ]
        : item.because,
      against: item.against,
      fixes: item.cause.fixes,
    };
  });
};
