import { computeBudget } from '../budget/index.js';
import type { Budget } from '../budget/types.js';
import { factsFromLaunch } from '../facts/from-launch.js';
import { mergeFacts } from '../facts/merge.js';
import { readLaunch } from '../launch/index.js';
import { applyFixes } from '../plan/apply.js';
import type { ProposedFix } from '../plan/types.js';
import { lastingFacts } from './record.js';
import type { Answer } from './types.js';

/** What a set of fixes would make of the launch: the command, and the memory as far as it can be computed. */
export interface Preview {
  fixes: ProposedFix[];
  /** The changed command; null when there is none or nothing in it changes. */
  command: string | null;
  diff: string | null;
  /** Computed for the changed command from the facts that do not depend on it. A prediction, never a measurement. */
  budget: Budget | null;
  /** Sum of what the fixes are said to free, with its range; null when none of them says. */
  savesGiB: { gib: number; low: number; high: number } | null;
  /** Enough, as far as can be told: one of them is alone, or they are the set that was planned to be. */
  enough: boolean | null;
}

/** Pure. */
export const previewFixes = (answer: Answer, ids: readonly string[], modelConfig: unknown): Preview => {
  const fixes = answer.fixes.filter(fix => ids.includes(fix.id));
  const changed = answer.launch ? applyFixes(answer.launch.text, fixes) : null;
  const launch = changed ? readLaunch(changed.command) : null;
  const budget = launch
    ? computeBudget({
        facts: mergeFacts(lastingFacts(answer.facts), factsFromLaunch(launch)),
        launch,
        modelConfig,
      })
    : null;
  const savings = fixes.map(fix => fix.savesGiB).filter(saving => saving !== null);
  const sum = (pick: 'gib' | 'low' | 'high') => savings.reduce((total, saving) => total + saving[pick], 0);
  const planned = answer.selected.length > 0 && answer.selected.every(id => ids.includes(id));
  return {
    fixes,
    command: changed?.command ?? null,
    diff: changed?.diff ?? null,
    budget,
    savesGiB: savings.length ? { gib: sum('gib'), low: sum('low'), high: sum('high') } : null,
    enough:
      fixes.length === 0
        ? false
        : planned || fixes.some(fix => fix.sufficient === true)
          ? true
          : fixes.every(fix => fix.sufficient === false)
            ? false
            : null,
  };
};
