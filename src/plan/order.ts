import type { Fix } from '../knowledge/fixes.js';
import { type Draft, propose } from './propose.js';
import { rankFixes } from './rank.js';
import type { Situation } from './situation.js';

/** Fixes below this are no advice any more. */
const LEAST = 0.1;

/** A draft with what it is worth. */
interface Weighed {
  draft: Draft;
  worth: number;
}

/** What a fix is worth with its value known: what the figures clear moves up, what falls short moves down. */
const worth = ({ candidate, sufficient, passes }: Draft): number => {
  if (passes) return candidate.score;
  if (sufficient === false) return candidate.score * 0.6;
  return sufficient === true ? 1 - (1 - candidate.score) * 0.7 : candidate.score;
};

/** Equals are within a twentieth of each other: among them the least harm comes first. */
const inOrder = (a: Weighed, b: Weighed): number => {
  const [x, y] = [a.draft.candidate.fix, b.draft.candidate.fix];
  return (
    Math.round(b.worth * 20) - Math.round(a.worth * 20) ||
    x.harm - y.harm ||
    b.worth - a.worth ||
    (x.id < y.id ? -1 : 1)
  );
};

/** Every fix that may help here with its values: the likeliest sufficient first, among equals the least harm. */
export const weighFixes = (s: Situation, all: Iterable<Fix>): Draft[] =>
  rankFixes(s, all)
    .filter(candidate => candidate.score >= LEAST)
    .flatMap(candidate => propose(candidate, s) ?? [])
    .map(draft => ({ draft, worth: worth(draft) }))
    .sort(inOrder)
    .map(({ draft }) => draft);
