import { fixes as knownFixes } from '../knowledge/fixes.js';
import { applyFixes } from './apply.js';
import { smallestSet } from './combine.js';
import { notHelpful } from './not-helpful.js';
import { propose } from './propose.js';
import { type Candidate, rankFixes } from './rank.js';
import { assess, type PlanInput, type Situation } from './situation.js';
import type { Plan, ProposedFix } from './types.js';

export { applyFixes } from './apply.js';
export type { Capacity, FixChange, Plan, ProposedFix } from './types.js';

/** Fixes below this are no advice any more. */
const LEAST = 0.1;
const MOST = 10;

/**
 * What a fix is worth with its value known: what the figures clear moves up, what falls short moves down, what is set
 * already to some degree (no value could be computed) stays.
 */
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

interface Weighed {
  fix: ProposedFix;
  worth: number;
  candidate: Candidate;
}

const weigh = (s: Situation, candidates: Candidate[]): Weighed[] =>
  candidates.flatMap(candidate => {
    const fix = propose(candidate, s);
    return fix ? [{ fix, worth: worth(candidate.score, fix), candidate }] : [];
  });

/** The fixes for a diagnosis with their values, in the order advised. Pure. */
export const planFixes = (input: PlanInput): Plan => {
  const s = assess(input);
  const all = knownFixes();
  const candidates = rankFixes(s, all.values()).filter(candidate => candidate.score >= LEAST);
  const fixes = weigh(s, candidates)
    .sort(inOrder)
    .slice(0, MOST)
    .map(one => one.fix);
  const selected = s.diagnosis.verdict === 'oom' ? smallestSet(s, fixes, all) : [];
  const chosen = fixes.filter(fix => selected.includes(fix.id));
  const applied = s.launch && chosen.length > 0 ? applyFixes(s.launch.text, chosen) : null;
  return {
    fixes,
    selected,
    notHelpful: notHelpful(s, all.values(), new Set(fixes.slice(0, 3).map(fix => fix.id))),
    command: applied?.command ?? null,
    diff: applied?.diff ?? null,
  };
};
