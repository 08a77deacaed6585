import type { LogEvent } from '../log/types.js';

/** The last message of a failed allocation: torch lists the processes on the GPU in it. */
const lastShortage = (events: LogEvent[]): string =>
  events.findLast(event => event.values.requestedGiB !== undefined)?.text ?? '';

const LISTED = /Process\s{0,4}\d{1,10}\s{0,4}has\s{0,4}(\d{1,6}(?:\.\d{1,4})?)\s{0,4}([MG])iB\s{0,4}memory/gi;

/** Sizes of the processes that torch lists beside this one, GiB. */
export const listedSizes = (events: LogEvent[]): number[] => {
  const clauses = lastShortage(events);
  return [...clauses.matchAll(LISTED)].map(match => Number(match[1]) / (match[2]!.toUpperCase() === 'M' ? 1024 : 1));
};

/** Number of sizes within a tenth of each other. */
export const largestGroup = (sizes: number[]): number | null => {
  const groups = sizes.map(size => sizes.filter(other => Math.abs(other - size) <= 0.1 * size).length);
  return groups.length > 0 ? Math.max(...groups) : null;
};

/** Process ids as far apart as those of ranks that one launcher starts. */
const NEAR = 256;
const BLIND = /Process\s{0,4}(\d{1,10})\s{0,4}has\s{0,4}0\s{0,4}bytes/gi;

/**
 * Number of processes on the GPU where the driver tells a container no sizes ("this process has 0 bytes"): those of
 * neighbouring ids are ranks of one launcher. Null where sizes are told.
 */
export const blindSiblings = (events: LogEvent[]): number | null => {
  const clauses = lastShortage(events);
  if (!/this process has 0 bytes/i.test(clauses)) return null;
  const ids = [...clauses.matchAll(BLIND)].map(match => Number(match[1]));
  const groups = ids.map(id => ids.filter(other => other >= id && other - id <= NEAR).length);
  return groups.length > 0 ? Math.max(...groups) : null;
};

/** What a process uses beside torch's pool at most: context, kernels, NCCL. */
const OUTSIDE_POOL_GIB = 2.5;

/** Of the listed processes the own one is that whose size goes with what torch allocated; else the largest is taken for it. */
export const listedOthers = (events: LogEvent[], allocatedGiB: number | undefined): number | null => {
  const clauses = lastShortage(events);
  if (/this process has/i.test(clauses)) return null;
  const sizes = listedSizes(events);
  if (sizes.length < 2) return null;
  const fitting = sizes.filter(
    size => allocatedGiB !== undefined && size >= allocatedGiB && size - allocatedGiB < OUTSIDE_POOL_GIB,
  );
  return sizes.reduce((sum, size) => sum + size, 0) - (fitting.length > 0 ? Math.min(...fitting) : Math.max(...sizes));
};
