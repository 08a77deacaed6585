import { fact, figure, part, type Situation, signal } from '../situation.js';
import { requestGiB } from '../solver.js';
import { type Ask, type Outcome, type Strategy, saving, type Value } from './types.js';

const TOP = 0.95;

/** gpu_memory_utilization in force; the start-up check prints it, else the release's default. */
const current = (s: Situation): number | undefined =>
  fact(s, 'gpuMemoryUtilization') ?? figure(s, 'utilisation') ?? s.defaults?.gpuMemoryUtilization?.value;

const hundredthsDown = (value: number) => Math.floor(value * 100 + 1e-6) / 100;
const hundredthsUp = (value: number) => Math.ceil(value * 100 - 1e-6) / 100;

/** What must fit into the share at most, or at least: weights, peak and the rest of the profile, without the KV cache. */
const fixedGiB = (s: Situation, end: 'low' | 'high'): number | undefined => {
  const weights = part(s, 'weightsGiB');
  const peak = part(s, 'activationGiB');
  if (!weights || !peak) return undefined;
  const graphs = signal(s, 'graphsCounted') ? (part(s, 'graphsGiB')?.[end] ?? 0) : 0;
  return weights[end] + peak[end] + (part(s, 'nonTorchGiB')?.[end] ?? 0) + graphs;
};

/** Up by what the KV cache lacks, at most to 0.95, and not above what was free at the start. */
export const utilisationUp: Strategy = ({ s }: Ask): Outcome => {
  const from = current(s);
  if (from === undefined) return { to: TOP, from: null, assumed: true };
  const total = figure(s, 'gpuTotalGiB');
  const raised = (to: number, rest: Partial<Value>): Outcome =>
    to > from ? { to, from, saves: total ? gain(to, from, total) : null, ...rest } : 'already';
  const others = fact(s, 'otherProcessesGiB') ?? 0;
  if (signal(s, 'neighboursCharged') && total && others) {
    // The release counts neighbours: the share is cumulative.
    const wanted = hundredthsUp(from + others / total);
    return raised(Math.min(TOP, wanted), { clearedBy: 'prediction', sufficient: wanted <= TOP });
  }
  const free = fact(s, 'freeAtStartGiB') ?? (total ? total - others : undefined);
  const top = total && free !== undefined ? Math.min(TOP, hundredthsDown(free / total)) : TOP;
  if (top <= from) return 'already';
  const needed = fact(s, 'kvNeededGiB');
  const available = fact(s, 'kvAvailableGiB');
  const short = needed !== undefined && available !== undefined ? needed - available : undefined;
  if (short !== undefined && short > 0 && total) {
    const wanted = hundredthsUp(from + (short * 1.02) / total);
    return wanted <= top
      ? raised(wanted, { clearedBy: 'prediction', sufficient: true, basis: lacks(short) })
      : raised(top, { sufficient: false, basis: lacks(short) });
  }
  const fixed = fixedGiB(s, 'high');
  if (fixed !== undefined && total && s.phase === 'kv-cache') {
    // Half a GiB of KV cache, or what one request needs, is the least that is worth starting for.
    const wanted = hundredthsUp((fixed + Math.max(0.5, needed ?? 0)) / total);
    if (wanted > top) return raised(top, { sufficient: fixed < top * total ? null : false });
    return raised(Math.max(wanted, Math.min(top, hundredthsUp(from + 0.05))), {
      clearedBy: 'prediction',
      sufficient: true,
    });
  }
  return raised(Math.min(top, Math.max(0.9, hundredthsUp(from + 0.05))), { assumed: true });
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
  const fixed = fixedGiB(s, 'low');
  const checked = (wanted: number, rest: object): Outcome => {
    const to = Math.min(wanted, 0.99);
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
        zh: `缺 ${lack.toFixed(2)} GiB，另留 ${spare.toFixed(1)} GiB 余量`,
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
