/** Bytes inside, GiB (2^30) at the edge: vLLM and torch print GiB (vLLM <= 0.7 wrote "GB" for it). */
export const GIB = 2 ** 30;
export const MIB = 2 ** 20;

/** GiB with two decimals, for people: `15.63`. */
export const gib = (value: number): string => value.toFixed(2);

/** Rounds to `digits` decimals; keeps JSON free of 15.629999999. */
export const round = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** A whole number with commas between thousands: `58,224`. Not `toLocaleString`: that loads ICU's data, 30 ms at the first call. */
export const thousands = (value: number): string => String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
