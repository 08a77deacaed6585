import { inVersions } from '../common/version.js';
import { evaluate } from '../diagnosis/evaluate.js';
import type { FixChangeSpec } from '../knowledge/fixes.js';
import { releases } from '../knowledge/releases.js';
import type { ArgValue } from '../launch/types.js';
import type { Candidate } from './rank.js';
import { given, type Situation } from './situation.js';
import { fallsShort, fitsWith } from './solver.js';
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
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What an unknown version can be, by its engine: V0 ended with 0.10.2, V1 began with 0.6.4. */
const ENGINES = { V0: { from: '0.0.0', to: '0.10.2' }, V1: { from: '0.6.4', to: '9999.0.0' } };

/** False when the release is none of the span's, or cannot be by its engine. */
const isIn = (span: { from?: string; to?: string }, s: Situation): boolean => {
  const version = s.facts.vllmVersion?.value;
  const known = inVersions(version, span.from, span.to);
  if (known !== null) return known;
  const possible = ENGINES[s.facts.engine?.value ?? 'V1'];
  if (s.facts.engine === undefined) return true;
  return inVersions(possible.to, span.from) !== false && inVersions(possible.from, null, span.to) !== false;
};

/** What is set there now. */
const currently = (change: FixChangeSpec, s: Situation): ArgValue | null => {
  if (change.where === 'vllm') return given(s, change.flag) ?? null;
  if (change.where === 'env') return s.launch?.env[change.flag] ?? null;
  return null;
};

/** False when the user's release does not know the argument or refuses the value. Unknown releases refuse nothing. */
const isKnown = (change: FixChangeSpec, to: ArgValue | null, s: Situation): boolean => {
  if (s.release === null) return true;
  if (change.where === 'vllm') {
    if (releases().flag(s.release, change.flag) === null) return false;
    return to === null || !releases().validate(s.release, change.flag, to)?.fatal;
  }
  // Variables that vLLM does not read itself (CUDA_VISIBLE_DEVICES, PYTORCH_CUDA_ALLOC_CONF) are no matter of its release.
  if (change.where === 'env' && releases().envHistory(change.flag) !== null && change.flag.startsWith('VLLM_'))
    return releases().envVariable(s.release, change.flag) !== null;
  return true;
};

const outcomeOf = (candidate: Candidate, change: FixChangeSpec, s: Situation): Outcome => {
  if (change.releases && !isIn(change.releases, s)) return 'elsewhere';
  if (change.when && evaluate(change.when, s.at).value !== true) return 'elsewhere';
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
  const fits = cleared || open ? null : fitsWith(s, changes);
  return {
    candidate,
    changes,
    values: made.map(one => one.value),
    sufficient: sufficiency(made, open) ?? (fits === true ? true : fallsShort(s, changes) ? false : null),
    clearedBy: cleared ?? (fits === true ? 'prediction' : null),
  };
};
