import { fixes as knownFixes } from '../knowledge/fixes.js';
import { applyFixes } from './apply.js';
import { smallestSet } from './combine.js';
import { finish } from './finish.js';
import { nextNeeded } from './look-ahead.js';
import { notHelpful } from './not-helpful.js';
import { weighFixes } from './order.js';
import type { Draft } from './propose.js';
import { remaining } from './remaining.js';
import { assess, type PlanInput, type Situation } from './situation.js';
import type { Plan, ProposedFix } from './types.js';

export { applyFixes } from './apply.js';
export { conserveMemory } from './conserve.js';
export type { PlanInput } from './situation.js';
export type { Capacity, FixChange, Plan, ProposedFix } from './types.js';

/** More than this many fixes are no advice. */
const MOST = 10;

/** Where nothing failed there is nothing to mend: saving memory is asked for on its own (conserve.ts). */
const answers = (draft: Draft, s: Situation): boolean =>
  s.diagnosis.verdict !== 'healthy' || draft.candidate.cause.id === 'healthy';

const chosenOf = (fixes: ProposedFix[], ids: string[]) => fixes.filter(fix => ids.includes(fix.id));

/** The fixes for a diagnosis with their values, in the order advised. Pure. */
export const planFixes = (input: PlanInput): Plan => {
  const s = assess(input);
  const all = knownFixes();
  const drafts = weighFixes(s, all.values())
    .filter(draft => answers(draft, s))
    .slice(0, MOST);
  let fixes = drafts.map(draft => finish(draft, s));
  const smallest = (passes = false) => (s.diagnosis.verdict === 'oom' ? smallestSet(s, fixes, all, passes) : []);
  let selected = smallest(drafts[0]?.passes);
  const next = selected.length > 0 ? nextNeeded(s, chosenOf(fixes, selected), all) : null;
  // What gets past the failure alone is no answer where the rest cannot be told.
  if (!next && drafts[0]?.passes) selected = smallest();
  if (next) {
    // Beside the fixes that it completes, not where its value for the unchanged start stood.
    fixes = fixes.filter(fix => fix.id !== next.id);
    fixes.splice(fixes.findLastIndex(fix => selected.includes(fix.id)) + 1, 0, next);
    selected.push(next.id);
  }
  const chosen = chosenOf(fixes, selected);
  const applied = s.launch && chosen.length > 0 ? applyFixes(s.launch.text, chosen) : null;
  return {
    fixes,
    selected,
    notHelpful: notHelpful(s, all.values(), new Set([...fixes.slice(0, 3).map(fix => fix.id), ...selected])),
    command: applied?.command ?? null,
    diff: applied?.diff ?? null,
    remaining: remaining(s, chosen),
  };
};
