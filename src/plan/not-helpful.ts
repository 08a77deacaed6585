import { fill, type Text } from '../common/text.js';
import { claims } from '../knowledge/claims.js';
import type { Fix } from '../knowledge/fixes.js';
import { objectionTo } from './rank.js';
import { isWithin } from './release-span.js';
import { holds, type Situation } from './situation.js';
import type { Plan } from './types.js';

/** Whether people commonly try it in such a case, or vLLM itself proposes it. */
const isTried = (fix: Fix, cause: string, s: Situation): boolean =>
  fix.tried !== undefined &&
  (!fix.tried.causes || fix.tried.causes.includes(cause)) &&
  (!fix.tried.phase || fix.tried.phase.includes(s.phase)) &&
  holds(fix.tried.when, s);

/** Why a fix will not help with this cause; null: it may. */
const reasonAgainst = (fix: Fix, cause: string, s: Situation): Text | null => {
  const own = fix.helps.some(one => one.cause === cause && one.phase?.includes(s.phase));
  const objection = objectionTo(fix, cause, s, own);
  if (objection) return objection.why;
  return isWithin(s.facts.vllmVersion?.value, s.span, fix.releases.from, fix.releases.to) === false
    ? notInRelease(fix, s.release ?? `${s.span?.from} – ${s.span?.to}`)
    : null;
};

const notInRelease = (fix: Fix, release: string): Text => ({
  en: `vLLM ${release} does not know it (${fix.releases.from ?? 'the first'} to ${fix.releases.to ?? 'the newest release'})`,
  zh: `vLLM ${release} 不支持（适用于 ${fix.releases.from ?? '最早'} 至 ${fix.releases.to ?? '最新'} 版本）`,
});

/** Popular claims that somebody with this failure is likely to meet, and why they do not hold. */
const claimsAgainst = (cause: string, s: Situation): Plan['notHelpful'] =>
  claims().flatMap(claim => {
    if (claim.causes && !claim.causes.includes(cause)) return [];
    const reason = claim.reasons.find(one => holds(one.when, s));
    return reason ? [{ id: claim.id, title: claim.title, why: reason.why }] : [];
  });

/** Well-known tips that will not help here, each with the reason in terms of this case. */
export const notHelpful = (s: Situation, all: Iterable<Fix>, offered: ReadonlySet<string>): Plan['notHelpful'] => {
  const { verdict, causes } = s.diagnosis;
  const cause = verdict === 'oom' ? causes[0]?.id : verdict;
  if (cause === undefined || verdict === 'insufficient-log' || verdict === 'not-vllm') return [];
  const values = Object.fromEntries([...s.at.figures].map(([name, value]) => [name, Math.round(value * 100) / 100]));
  const tips = [...all].flatMap(fix => {
    if (verdict !== 'oom' || offered.has(fix.id) || !isTried(fix, cause, s)) return [];
    const why = reasonAgainst(fix, cause, s);
    return why ? [{ id: fix.id, title: fix.title, why: fill(why, values) }] : [];
  });
  return [...tips, ...claimsAgainst(cause, s)];
};
