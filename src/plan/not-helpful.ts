import { fill, type Text } from '../common/text.js';
import { inVersions } from '../common/version.js';
import { evaluate } from '../diagnosis/evaluate.js';
import type { Fix } from '../knowledge/fixes.js';
import { objectionTo } from './rank.js';
import type { Situation } from './situation.js';

/** Whether people commonly try it in such a case, or vLLM itself proposes it. */
const isTried = (fix: Fix, s: Situation): boolean =>
  fix.tried !== undefined &&
  (!fix.tried.phase || fix.tried.phase.includes(s.phase)) &&
  (!fix.tried.when || evaluate(fix.tried.when, s.at).value === true);

/** Well-known tips that will not help here, each with the reason in terms of this case. */
export const notHelpful = (
  s: Situation,
  all: Iterable<Fix>,
  offered: ReadonlySet<string>,
): { id: string; why: Text }[] => {
  const cause = s.diagnosis.causes[0]?.id;
  if (cause === undefined || s.diagnosis.verdict !== 'oom') return [];
  const values = Object.fromEntries([...s.at.figures].map(([name, value]) => [name, Math.round(value * 100) / 100]));
  const told: { id: string; why: Text }[] = [];
  for (const fix of all) {
    if (offered.has(fix.id) || !isTried(fix, s)) continue;
    const own = fix.helps.find(one => one.cause === cause && one.phase?.includes(s.phase));
    const objection = objectionTo(fix, cause, s, own !== undefined);
    const unknownHere = inVersions(s.facts.vllmVersion?.value, fix.releases.from, fix.releases.to) === false;
    if (objection) told.push({ id: fix.id, why: fill(objection.why, values) });
    else if (unknownHere) told.push({ id: fix.id, why: notInRelease(fix, s.release ?? '?') });
  }
  return told;
};

const notInRelease = (fix: Fix, release: string): Text => ({
  en: `vLLM ${release} does not know it (${fix.releases.from ?? 'the first'} to ${fix.releases.to ?? 'the newest release'})`,
  zh: `vLLM ${release} 不支持(适用于 ${fix.releases.from ?? '最早'} 至 ${fix.releases.to ?? '最新'} 版本)`,
});
