import { figure, type Situation } from './situation.js';

/** GiB that are missing for the start or the request, as far as the figures tell. */
export const shortGiB = (s: Situation): number | null => {
  if (s.budget?.shortGiB !== null && s.budget?.shortGiB !== undefined && s.budget.shortGiB > 0)
    return s.budget.shortGiB;
  const kv = figure(s, 'kvShortGiB');
  if (kv !== undefined && kv > 0) return kv;
  const requested = figure(s, 'requestedGiB');
  const free = figure(s, 'freeGiB');
  return requested !== undefined && free !== undefined && requested > free ? requested - free : null;
};
