import { type Lang, say } from '../../common/text.js';
import type { FixChange, ProposedFix } from '../../plan/types.js';
import { writtenChange } from '../../plan/written.js';
import { STR } from '../strings.js';

const valueText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);

/** `--max-num-seqs 256 → 64` */
export const changeText = (change: FixChange, lang: Lang): string => {
  const { flag, from, to } = change;
  if (to === null) return `${flag} ${say(STR.fixes.remove, lang)}`;
  if (to === true) return flag;
  if (from === null || from === undefined) return writtenChange(change);
  return `${flag} ${valueText(from)} → ${valueText(to)}`;
};

/** The changes that stand in a launch; those of the host and of requests are told as steps. */
export const launchChanges = (fixes: readonly ProposedFix[]): FixChange[] =>
  fixes.flatMap(fix => fix.changes).filter(({ where }) => where !== 'host' && where !== 'request');
