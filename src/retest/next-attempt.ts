import { fixes as knownFixes } from '../knowledge/fixes.js';
import { readLaunch } from '../launch/index.js';
import type { ArgValue } from '../launch/types.js';
import { applyFixes } from '../plan/apply.js';
import type { FixChange, ProposedFix } from '../plan/types.js';

export interface Attempted {
  fixes: ProposedFix[];
  command: string;
  diff: string;
}

/**
 * What to try next after a failed start: the smallest sufficient set; where that has been tried already, the next fix
 * alone that is not known to fall short. Null when nothing untried is left that brings the command forward.
 */
export const nextAttempt = (
  advice: { launchText: string; fixes: ProposedFix[]; selected: string[] },
  tried: ReadonlySet<string>,
): Attempted | null => {
  const args = readLaunch(advice.launchText)?.args ?? {};
  const useful = advice.fixes.filter(fix => !isPointless(fix, args) && !fix.changes.some(to => stepsBack(to, args)));
  const chosen = useful.filter(fix => advice.selected.includes(fix.id));
  const sets = [chosen, ...useful.filter(fix => fix.sufficient !== false).map(fix => [fix])];
  for (const fixes of sets) {
    const changed = applyFixes(advice.launchText, fixes);
    if (changed && !tried.has(changed.command)) return { fixes, ...changed };
  }
  return null;
};

/** The advice means to lower (or raise) a value, and the command is beyond the advised one already. */
const stepsBack = ({ where, flag, from, to }: FixChange, args: Record<string, ArgValue>): boolean => {
  const now = args[flag.replace(/^--/, '')];
  if (where !== 'vllm' || typeof from !== 'number' || typeof to !== 'number' || typeof now !== 'number') return false;
  return Math.sign(to - now) !== Math.sign(to - from);
};

/** Where no CUDA graphs are captured, nothing is won by fewer of them. */
const isPointless = (fix: ProposedFix, args: Record<string, ArgValue>): boolean => {
  const moves = knownFixes().get(fix.id)?.moves ?? [];
  const sets = (flag: string) => fix.changes.some(change => change.flag === flag);
  return (
    args['enforce-eager'] === true &&
    !sets('--enforce-eager') &&
    moves.length > 0 &&
    moves.every(part => part === 'graphs')
  );
};
