import { applyFixes } from '../plan/apply.js';
import type { ProposedFix } from '../plan/types.js';

export interface Attempted {
  fixes: ProposedFix[];
  command: string;
  diff: string;
}

/**
 * What to try next after a failed start: the smallest sufficient set; where that has been tried already, the next fix
 * alone that is not known to fall short. Null when nothing untried is left that changes the command.
 */
export const nextAttempt = (
  advice: { launchText: string; fixes: ProposedFix[]; selected: string[] },
  tried: ReadonlySet<string>,
): Attempted | null => {
  const chosen = advice.fixes.filter(fix => advice.selected.includes(fix.id));
  const sets = [chosen, ...advice.fixes.filter(fix => fix.sufficient !== false).map(fix => [fix])];
  for (const fixes of sets) {
    const changed = applyFixes(advice.launchText, fixes);
    if (changed && !tried.has(changed.command)) return { fixes, ...changed };
  }
  return null;
};
