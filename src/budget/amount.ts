import type { Amount } from './types.js';

/** An amount known exactly enough: the log printed it with two decimals, so the true value lies within half of the last one. */
export const measured = (gib: number, from: Amount['from'] = 'log'): Amount => ({
  gib,
  low: gib - 0.005,
  high: gib + 0.005,
  from,
});

/** An amount with its range; the range always holds the value. */
export const amount = (gib: number, low: number, high: number, from: Amount['from'] = 'formula'): Amount => ({
  gib,
  low: Math.min(low, gib),
  high: Math.max(high, gib),
  from,
});

/** A part of `gib` with a range of `below` and `above` as fractions of it, and at least `floor` GiB on each side; never less than nothing. */
export const around = (
  gib: number,
  below: number,
  above: number,
  floor = 0,
  from: Amount['from'] = 'formula',
): Amount =>
  amount(
    gib,
    Math.max(0, gib - Math.max(Math.abs(gib) * below, floor)),
    gib + Math.max(Math.abs(gib) * above, floor),
    from,
  );

/** The same amount without what lies below zero: memory that a part holds is never negative. */
export const atLeastNothing = ({ gib, low, high, from }: Amount): Amount => ({
  gib: Math.max(0, gib),
  low: Math.max(0, low),
  high: Math.max(0, high),
  from,
});

const WEAKNESS: Amount['from'][] = ['log', 'probe', 'user', 'formula', 'default'];

/** The weaker of two claims: a sum is assumed when one of its parts is. */
const weaker = (a: Amount['from'], b: Amount['from']): Amount['from'] =>
  WEAKNESS.indexOf(a) > WEAKNESS.indexOf(b) ? a : b;

/**
 * `whole` minus all `parts`. The errors of the parts are independent of each other (weights, peak and graphs come from
 * different code), so their deviations add as squares.
 */
export const minus = (whole: Amount, parts: Amount[]): Amount => {
  const gib = parts.reduce((rest, part) => rest - part.gib, whole.gib);
  const below = Math.hypot(whole.gib - whole.low, ...parts.map(part => part.high - part.gib));
  const above = Math.hypot(whole.high - whole.gib, ...parts.map(part => part.gib - part.low));
  return { gib, low: gib - below, high: gib + above, from: [whole, ...parts].map(a => a.from).reduce(weaker) };
};

export const plus = (a: Amount, b: Amount): Amount => {
  const gib = a.gib + b.gib;
  return {
    gib,
    low: gib - Math.hypot(a.gib - a.low, b.gib - b.low),
    high: gib + Math.hypot(a.high - a.gib, b.high - b.gib),
    from: weaker(a.from, b.from),
  };
};

/** One amount for several possibilities: the value of the first (the likeliest), the range of all. */
export const envelope = (amounts: Amount[], from: Amount['from']): Amount => ({
  gib: amounts[0]!.gib,
  low: Math.min(...amounts.map(a => a.low)),
  high: Math.max(...amounts.map(a => a.high)),
  from,
});
