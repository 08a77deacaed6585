import type { Fix } from '../knowledge/fixes.js';
import { propose } from './propose.js';
import { rankFixes, type WeighedCause } from './rank.js';
import type { Situation } from './situation.js';
import type { ProposedFix } from './types.js';

/** Fixes below this are no advice any more. */
const LEAST = 0.1;

/** A proposed fix with what it is worth and the cause that it answers. */
export interface Weighed {
  fix: ProposedFix;
  worth: number;
  cause: WeighedCause;
}

/** What a fix is worth with its value known: what the figures clear moves up, what falls short moves down. */
const worth = (score: number, fix: ProposedFix): number => {
  if (fix.sufficient === false) return score * 0.6;
  return fix.sufficient === true ? 1 - (1 - score) * 0.7 : score;
};

/** Equals are within a twentieth of each other: among them the least harm comes first. */
const inOrder = (a: Weighed, b: Weighed): number =>
  Math.round(b.worth * 20) - Math.round(a.worth * 20) ||
  (a.fix.harm ?? 0) - (b.fix.harm ?? 0) ||
  b.worth - a.worth ||
  (a.fix.id < b.fix.id ? -1 : 1);

/** Every fix that may help here with its values: the likeliest sufficient first, among equals the least harm. */
export const weighFixes = (s: Situation, all: Iterable<Fix>): Weighed[] =>
  rankFixes(s, all)
    .filter(candidate => candidate.score >= LEAST)
    .flatMap(candidate => {
      const fix = propose(candidate, s);
      return fix ? [{ fix, worth: worth(candidate.score, fix), cause: candidate.cause }] : [];
    })
    .sort(inOrder);
