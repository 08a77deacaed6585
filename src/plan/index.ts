import { fixes as knownFixes } from '../knowledge/fixes.js';
import { applyFixes } from './apply.js';
import { smallestSet } from './combine.js';
import { finish } from './finish.js';
import { nextNeeded } from './look-ahead.js';
import { notHelpful } from './not-helpful.js';
import { weighFixes } from './order.js';
import { remaining } from './remaining.js';
import { assess, type PlanInput } from './situation.js';
import type { Plan, ProposedFix } from './types.js';

export { applyFixes } from './apply.js';
export { conserveMemory } from './conserve.js';
export type { PlanInput } from './situation.js';
export type { Capacity, FixChange, Plan, ProposedFix } from './types.js';

/** More than this many fixes are no advice. */
const MOST = 10;

const chosenOf = (fixes: ProposedFix[], ids: string[]) => fixes.filter(fix => ids.includes(fix.id));

/** The fixes for a diagnosis with their values, in the order advised. Pure. */
export const planFixes = (input: PlanInput): Plan => {
  const s = assess(input);
  const all = knownFixes();
  const fixes = weighFixes(s, all.values())
    .slice(0, MOST)
    .map(draft => finish(draft, s));
  const selected = s.diagnosis.verdict === 'oom' ? smallestSet(s, fixes, all) : [];
  const next = selected.length > 0 ? nextNeeded(s, chosenOf(fixes, selected), all) : null;
  if (next) {
    const known = fixes.findIndex(fix => fix.id === next.id);
    if (known >= 0) fixes[known] = next;
    else fixes.push(next);
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
