import { given } from '../situation.js';
import type { Ask, Outcome, Strategy } from './types.js';

/** Half of the adapters that may be used at once; one is the least. */
export const fewerLoras: Strategy = ({ s }: Ask): Outcome => {
  const now = given(s, 'max-loras');
  return typeof now === 'number' && now > 1
    ? { to: Math.max(1, Math.floor(now / 2)), from: now, assumed: true }
    : 'unknown';
};

const RANKS = [8, 16, 32, 64, 128, 256, 320, 512];

export const lowerLoraRank: Strategy = ({ s }: Ask): Outcome => {
  const now = given(s, 'max-lora-rank');
  if (typeof now !== 'number' || now <= 16) return 'unknown';
  return { to: RANKS.findLast(rank => rank <= now / 2) ?? 16, from: now, assumed: true };
};

export const noSpeculation: Strategy = ({ s, cause, change }: Ask): Outcome => {
  const now = given(s, change.flag);
  if (now !== undefined) return { to: null, from: now };
  // The diagnosis names the drafter, so there is one, wherever it was set.
  return s.facts.speculativeConfig === undefined && cause.id !== 'speculative-draft' ? 'already' : 'unknown';
};

/** An evaluation harness has its own batch size; requests of other clients are told in words. */
export const requestSize: Strategy = ({ s }: Ask): Outcome => {
  const evaluation = s.launch?.program === 'lm_eval';
  return { to: evaluation ? 'batch_size 1, task by task' : 'smaller', assumed: true };
};
