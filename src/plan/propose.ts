import type { FixChangeSpec } from '../knowledge/fixes.js';
import { releases } from '../knowledge/releases.js';
import type { ArgValue } from '../launch/types.js';
import type { Phase } from '../log/types.js';
import type { Candidate } from './rank.js';
import { isWithin } from './release-span.js';
import { shortGiB } from './short.js';
import { given, holds, type Situation } from './situation.js';
import { contradicted, fallsShort, fitsWith, savedBy } from './solver.js';
import type { FixChange, ProposedFix } from './types.js';
import { STRATEGIES } from './values/index.js';
import type { Outcome, Value } from './values/types.js';

interface Made {
  change: FixChange;
  value: Value;
}

/** A fix with its values, before what is costly to work out: what it saves, and the text it makes. */
export interface Draft {
  candidate: Candidate;
  changes: FixChange[];
  values: Value[];
  sufficient: boolean | null;
  clearedBy: ProposedFix['clearedBy'];
  savesGiB: ProposedFix['savesGiB'];
  /** Gets past the failure of the log, though the start then meets a hurdle that another fix takes. */
  passes: boolean;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** False when the release is none of these, or cannot be. */
const isIn = ({ from, to }: { from?: string; to?: string }, s: Situation): boolean =>
  isWithin(s.facts.vllmVersion?.value, s.span, from, to) !== false;

/** What is set there now. */
const currently = (change: FixChangeSpec, s: Situation): ArgValue | null => {
  if (change.where === 'vllm') return given(s, change.flag) ?? null;
  if (change.where === 'env') return s.launch?.env[change.flag] ?? null;
  return null;
};

/** Whether a release knows an argument or variable and takes the value. */
const knows = (release: string, change: FixChangeSpec, to: ArgValue | null): boolean => {
  if (change.where === 'vllm') {
    if (releases().flag(release, change.flag) === null) return false;
    return to === null || !releases().validate(release, change.flag, to)?.fatal;
  }
  // Variables that vLLM does not read itself (CUDA_VISIBLE_DEVICES, PYTORCH_CUDA_ALLOC_CONF) are no matter of its release.
  if (change.where === 'env' && change.flag.startsWith('VLLM_'))
    return releases().envVariable(release, change.flag) !== null;
  return true;
};

/** False when the user's release refuses it, or every end of the releases that it can be. */
const isKnown = (change: FixChangeSpec, to: ArgValue | null, s: Situation): boolean => {
  const possible = s.release ? [s.release] : s.span ? [s.span.from, s.span.to] : [];
  return possible.length === 0 || possible.some(release => knows(release, change, to));
};

const outcomeOf = (candidate: Candidate, change: FixChangeSpec, s: Situation): Outcome => {
  if (change.releases && !isIn(change.releases, s)) return 'elsewhere';
  if (!holds(change.when, s)) return 'elsewhere';
  if (change.set !== undefined) {
    const to = change.set as ArgValue | null;
    const now = currently(change, s);
    if (same(now, to) || (change.where === 'env' && String(now) === String(to))) return 'already';
    if (to === null && now === null && change.where === 'vllm') return 'already';
    return isKnown(change, to, s) ? { to, from: now } : 'elsewhere';
  }
  const strategy = STRATEGIES[change.value!];
  if (!strategy) return 'unknown';
  const outcome = strategy({ s, cause: candidate.cause, fix: candidate.fix, change });
  if (typeof outcome === 'object' && !isKnown(change, outcome.to, s)) return 'elsewhere';
  return outcome;
};

/** The changes of a fix in this case; null when there is nothing to change, because it is so already or cannot be. */
const changesOf = (candidate: Candidate, s: Situation): { made: Made[]; open: boolean } | null => {
  const made: Made[] = [];
  const done = new Set<string>();
  let open = false;
  for (const change of candidate.fix.changes) {
    if (change.group && done.has(change.group)) continue;
    const outcome = outcomeOf(candidate, change, s);
    if (outcome === 'elsewhere') continue;
    if (change.group) done.add(change.group);
    if (outcome === 'already') continue;
    if (outcome === 'unknown') open = true;
    else
      made.push({
        change: { where: change.where, flag: change.flag, from: outcome.from ?? currently(change, s), to: outcome.to },
        value: outcome,
      });
  }
  if (candidate.fix.changes.length > 0 && made.length === 0 && !open) return null;
  return { made, open };
};

/** Memory of the card that a failed allocation asked for: what frees less is not enough. Elsewhere the budget decides. */
const OF_AN_ALLOCATION: Phase[] = ['load', 'profile', 'graph-capture', 'sampler-warmup', 'serving'];

/** The strategy's own figure, else the budget's, else (only where the budget cannot tell) a rough one. */
const savingOf = (candidate: Candidate, made: Made[], s: Situation): ProposedFix['savesGiB'] => {
  const values = made.map(one => one.value);
  const own = values.find(value => value.saves)?.saves;
  if (own) return own;
  const changes = made.map(one => one.change);
  const computed = savedBy(s, changes, candidate.cause.id);
  return computed === undefined ? (values.find(value => value.roughly)?.roughly ?? null) : computed;
};

/** It frees less than the failed allocation lacked. */
const freesTooLittle = (saves: ProposedFix['savesGiB'], s: Situation): boolean => {
  const lack = OF_AN_ALLOCATION.includes(s.phase) ? shortGiB(s) : null;
  return lack !== null && saves !== null && saves.high < lack;
};

const sufficiency = (made: Made[], open: boolean): boolean | null => {
  if (open) return null;
  if (made.some(one => one.value.sufficient === false)) return false;
  return made.some(one => one.value.sufficient === true) ? true : null;
};

/** A candidate with its values; null when nothing is left to do of it here, or the release does not know it. */
export const propose = (candidate: Candidate, s: Situation): Draft | null => {
  if (!isIn(candidate.fix.releases, s)) return null;
  const found = changesOf(candidate, s);
  if (found === null) return null;
  const { made, open } = found;
  const changes = made.map(one => one.change);
  const cleared = made.find(one => one.value.clearedBy)?.value.clearedBy;
  // A budget that the log contradicts predicts nothing.
  const believed = !(cleared === 'prediction' && contradicted(s));
  const fits = cleared || open ? null : fitsWith(s, changes);
  const savesGiB = savingOf(candidate, made, s);
  const told = sufficiency(made, open);
  const short = fallsShort(s, changes) || freesTooLittle(savesGiB, s);
  return {
    candidate,
    changes,
    values: made.map(one => one.value),
    sufficient: believed && told !== null ? told : told === false || short ? false : fits === true ? true : null,
    clearedBy: believed ? (cleared ?? (fits === true ? 'prediction' : null)) : null,
    savesGiB,
    passes: believed && made.some(one => one.value.passes === true),
  };
};
