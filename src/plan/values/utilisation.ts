import { fact, figure, part, type Situation } from '../situation.js';
import { requestGiB } from '../solver.js';
import { type Ask, type Outcome, type Strategy, saving } from './types.js';

const TOP = 0.95;

/** gpu_memory_utilization in force; the start-up check prints it, else the release's default. */
const current = (s: Situation): number | undefined =>
  fact(s, 'gpuMemoryUtilization') ?? figure(s, 'utilisation') ?? s.defaults?.gpuMemoryUtilization?.value;

const hundredthsDown = (value: number) => Math.floor(value * 100 + 1e-6) / 100;
const hundredthsUp = (value: number) => Math.ceil(value * 100 - 1e-6) / 100;

/** What must fit into the share: weights, peak and the rest that the profile measured, without the KV cache. GiB per GPU. */
const fixedGiB = (s: Situation): number | undefined => {
  const weights = part(s, 'weightsGiB');
  const peak = part(s, 'activationGiB');
  if (!weights || !peak) return undefined;
  const graphs =
    (s.at.facts as Record<string, { value: unknown } | undefined>).graphsCounted?.value === true
      ? (part(s, 'graphsGiB')?.gib ?? 0)
      : 0;
  return weights.gib + peak.gib + (part(s, 'nonTorchGiB')?.gib ?? 0) + graphs;
};

/** Up by what the KV cache lacks, at most to 0.95, and not above what was free at the start. */
export const utilisationUp: Strategy = ({ s }: Ask): Outcome => {
  const from = current(s);
  if (from !== undefined && from >= TOP) return 'already';
  const total = figure(s, 'gpuTotalGiB');
  const free = fact(s, 'freeAtStartGiB') ?? undefined;
  const top = total && free !== undefined ? Math.min(TOP, hundredthsDown(free / total)) : TOP;
  const others = fact(s, 'otherProcessesGiB');
  const charged = (s.at.facts as Record<string, { value: unknown } | undefined>).neighboursCharged?.value === true;
  if (from === undefined) return { to: TOP, from: null, assumed: true };
  if (charged && total && others) {
    // The release counts neighbours: the share is cumulative.
    const to = Math.min(TOP, hundredthsUp(from + others / total));
    return to > from
      ? { to, from, clearedBy: 'prediction', sufficient: from + others / total <= TOP, saves: gain(to, from, total) }
      : 'already';
  }
  if (top <= from) return 'already';
  const needed = fact(s, 'kvNeededGiB');
  const available = fact(s, 'kvAvailableGiB');
  const short = needed !== undefined && available !== undefined ? needed - available : undefined;
  if (short !== undefined && short > 0 && total) {
    const wanted = hundredthsUp(from + (short * 1.02) / total);
    return wanted <= top
      ? {
          to: wanted,
          from,
          clearedBy: 'prediction',
          sufficient: true,
          saves: gain(wanted, from, total),
          basis: lacks(short),
        }
      : { to: top, from, sufficient: false, saves: gain(top, from, total), basis: lacks(short) };
  }
  const fixed = fixedGiB(s);
  if (fixed !== undefined && total && s.phase === 'kv-cache') {
    // Half a GiB of KV cache, or what one request needs, is the least that is worth starting for.
    const least = Math.max(0.5, needed ?? 0);
    const wanted = hundredthsUp((fixed + least) / total);
    if (wanted > top)
      return { to: top, from, sufficient: fixed < top * total ? null : false, saves: gain(top, from, total) };
    const to = Math.max(wanted, Math.min(top, hundredthsUp(from + 0.05)));
    return { to, from, clearedBy: 'prediction', sufficient: true, saves: gain(to, from, total) };
  }
  return {
    to: Math.min(top, Math.max(0.9, hundredthsUp(from + 0.05))),
    from,
    assumed: true,
    roughly: total ? gain(Math.min(top, Math.max(0.9, hundredthsUp(from + 0.05))), from, total) : null,
  };
};

const gain = (to: number, from: number, total: number) => saving((to - from) * total);
const lacks = (short: number) => ({
  en: `${short.toFixed(2)} GiB of KV cache is missing`,
  zh: `KV 缓存缺 ${short.toFixed(2)} GiB`,
});

/**
 * Down by what is missing outside the budget and its spread; at start-up to what is free. A share in which weights and
 * peak no longer fit is no answer.
 */
export const utilisationDown: Strategy = ({ s, cause }: Ask): Outcome => {
  const from = current(s);
  const total = figure(s, 'gpuTotalGiB') ?? (fact(s, 'desiredGiB') && from ? fact(s, 'desiredGiB')! / from : undefined);
  const fixed = fixedGiB(s);
  const checked = (to: number, rest: object): Outcome => {
    if (from !== undefined && to >= from) return 'already';
    if (to < 0.05) return 'already';
    const fits = fixed === undefined || !total ? null : to * total > fixed && leavesKv(s, from, to, total);
    return {
      to,
      from: from ?? null,
      saves: from !== undefined && total ? saving((from - to) * total) : null,
      ...rest,
      ...(fits === false && { sufficient: false }),
    };
  };
  const free = fact(s, 'freeAtStartGiB');
  if (free !== undefined && total && s.phase !== 'serving' && s.phase !== 'graph-capture')
    return checked(hundredthsDown((free - 0.02) / total), {
      clearedBy: 'log',
      sufficient: free / total >= 0.6 ? true : null,
      basis: { en: `${free} of ${total.toFixed(2)} GiB is free`, zh: `${total.toFixed(2)} GiB 中空闲 ${free} GiB` },
    });
  const lack = missing(s);
  // Capture goes on after the allocation that failed: what all graphs may take must be there, else half a GiB to spare.
  const spare = s.phase === 'graph-capture' ? (part(s, 'graphsGiB')?.high ?? 1) : 0.5;
  if (lack !== null && total && from !== undefined && cause.id !== 'colocated-training')
    return checked(hundredthsDown(from - Math.max(0.02, (lack * 1.1 + spare) / total)), {
      clearedBy: 'prediction',
      sufficient: null,
      basis: {
        en: `${lack.toFixed(2)} GiB was missing; ${spare.toFixed(1)} GiB more is left to spare`,
        zh: `缺 ${lack.toFixed(2)} GiB,另留 ${spare.toFixed(1)} GiB 余量`,
      },
    });
  // Documented starting points: half the card beside a trainer or a second server, a few points for graphs and requests.
  const shared = ['colocated-training', 'two-instances-one-gpu'].includes(cause.id);
  const step = cause.id === 'unified-memory' ? 0.2 : 0.05;
  const start = from ?? 0.9;
  return checked(
    shared ? (start > 0.5 ? 0.45 : hundredthsDown(start - 0.1)) : hundredthsDown(Math.min(start, TOP) - step),
    { assumed: true },
  );
};

/** False when one request of the longest length would no longer fit into the smaller cache. */
const leavesKv = (s: Situation, from: number | undefined, to: number, total: number): boolean => {
  const kv = part(s, 'kvCacheGiB');
  const need = s.budget ? requestGiB(s.budget) : null;
  // Where the budget sees too little already, it contradicts the log, which got past that check.
  if (!kv || need === null || from === undefined || kv.high < need) return true;
  return kv.high - (from - to) * total >= need;
};

/** What the failed allocation lacked, GiB; null when it is not told. */
const missing = (s: Situation): number | null => {
  const requested = fact(s, 'requestedGiB');
  const free = fact(s, 'freeGiB');
  return requested === undefined || free === undefined ? null : Math.max(0, requested - free);
};
