import { structuredPatch } from 'diff';
import { editLaunch } from '../launch/index.js';
import type { LaunchChange } from '../launch/types.js';
import type { FixChange } from './types.js';

const CARRIED = new Set(['vllm', 'env', 'container']);

/** Lines of both texts with `-`, `+` and blank in front, as `diff -u` prints them, without file names. */
export const unifiedDiff = (before: string, after: string): string =>
  structuredPatch(
    '',
    '',
    before.endsWith('\n') ? before : `${before}\n`,
    after.endsWith('\n') ? after : `${after}\n`,
    '',
    '',
    { context: 2 },
  )
    .hunks.flatMap(hunk => hunk.lines)
    .join('\n');

/**
 * The user's text with the changes of these fixes, all at once: later fixes win where two set the same flag. Null when
 * none of the changes lies inside the text (freeing a GPU, a BIOS setting) or the shape cannot carry any of them.
 */
export const applyFixes = (
  launchText: string,
  fixes: { changes: FixChange[] }[],
): { command: string; diff: string; notApplied: LaunchChange[] } | null => {
  const changes = new Map<string, LaunchChange>();
  for (const { where, flag, to } of fixes.flatMap(fix => fix.changes))
    if (CARRIED.has(where)) changes.set(`${where} ${flag}`, { where, flag, to } as LaunchChange);
  if (changes.size === 0) return null;
  const { text, notApplied } = editLaunch(launchText, [...changes.values()]);
  return text === launchText ? null : { command: text, diff: unifiedDiff(launchText, text), notApplied };
};
