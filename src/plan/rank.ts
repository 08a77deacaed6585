import type { Text } from '../common/text.js';
import type { RankedCause } from '../diagnosis/types.js';
import type { Fix } from '../knowledge/fixes.js';
import { holds, type Situation } from './situation.js';

export type WeighedCause = Pick<RankedCause, 'id' | 'score' | 'fixes' | 'regressedIn' | 'fixedIn'>;

/** What speaks against a fix for a cause here. */
export interface Objection {
  effect: 'useless' | 'harmful';
  why: Text;
}

/** A fix and how likely it is to cure what the diagnosis says, before values are known. */
export interface Candidate {
  fix: Fix;
  /** 0 .. 1 */
  score: number;
  /** The cause that it helps most. */
  cause: WeighedCause;
  why: Text | null;
}

/** What a fix is worth in a phase that it names neither as useful nor as useless. */
const ELSEWHERE = 0.85;

/** What a cause counts for by its place: a second guess is worth less than its score says. */
const PLACE = [1, 0.6, 0.4, 0.25, 0.15];

/** The first thing that speaks against a fix for a cause; null: nothing does. */
export const objectionTo = (fix: Fix, cause: string, s: Situation, namesPhase = false): Objection | null => {
  const limit = fix.limits.find(
    one =>
      (!one.causes || one.causes.includes(cause)) && (!one.phase || one.phase.includes(s.phase)) && holds(one.when, s),
  );
  if (limit) return { effect: limit.effect, why: limit.why };
  if (namesPhase) return null;
  for (const effect of ['useless', 'harmful'] as const)
    if (fix.phases[effect].includes(s.phase))
      return { effect, why: fix.phases.why ?? { en: 'it moves nothing in this phase', zh: '在本阶段不起作用' } };
  return null;
};

/** Weight of a fix for a cause: by its own table, else by its place in the cause's list. */
const weightFor = (fix: Fix, cause: WeighedCause, s: Situation): { weight: number; why: Text | null } => {
  const entry = fix.helps.find(
    one => one.cause === cause.id && (!one.phase || one.phase.includes(s.phase)) && holds(one.when, s),
  );
  const place = cause.fixes.indexOf(fix.id);
  const weight =
    entry?.weight ??
    (place < 0 || fix.helps.some(one => one.cause === cause.id) ? 0 : Math.max(0.1, 0.35 - 0.05 * place));
  if (weight === 0 || objectionTo(fix, cause.id, s, entry?.phase !== undefined)) return { weight: 0, why: null };
  const known = s.phase !== 'unknown' && s.phase !== 'none' && entry?.phase === undefined;
  const outside = known && fix.phases.useful.length > 0 && !fix.phases.useful.includes(s.phase);
  return { weight: outside ? weight * ELSEWHERE : weight, why: entry?.why ?? null };
};

/** A verdict that is no shortage is a cause of its own for the fixes that answer it. */
const causesOf = (s: Situation): WeighedCause[] => {
  const { verdict, causes } = s.diagnosis;
  if (verdict === 'oom' || verdict === 'insufficient-log') return causes;
  const own = { id: verdict, score: 1, fixes: [], regressedIn: null, fixedIn: null };
  return [own, ...causes];
};

/** Every fix that may help, the likeliest first. */
export const rankFixes = (s: Situation, all: Iterable<Fix>): Candidate[] => {
  const causes = causesOf(s);
  const candidates: Candidate[] = [];
  for (const fix of all) {
    let missing = 1;
    let best: { weight: number; cause: WeighedCause; why: Text | null } | null = null;
    for (const [index, cause] of causes.entries()) {
      const { weight, why } = weightFor(fix, cause, s);
      const share = weight * cause.score * (PLACE[index] ?? 0.1);
      missing *= 1 - share;
      if (weight > 0 && (best === null || share > best.weight)) best = { weight: share, cause, why };
    }
    if (best) candidates.push({ fix, score: 1 - missing, cause: best.cause, why: best.why });
  }
  return candidates.sort((a, b) => b.score - a.score);
};
