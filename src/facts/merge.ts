import type { Facts } from './types.js';

/**
 * Lays `over` above `under`: a fact that both know comes from `over`. Callers pass the order of belief, e.g.
 * user's correction over log over command over config over probe over default.
 */
export const mergeFacts = (under: Facts, over: Facts): Facts => {
  const known = Object.entries(over).filter(([, fact]) => fact !== undefined);
  return { ...under, ...Object.fromEntries(known) };
};
