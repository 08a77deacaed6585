import type { Text } from '../../common/text.js';
import { fact, figure, part, type Situation, signal } from '../situation.js';
import { contradicted, requestGiB, solve } from '../solver.js';
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

/** The share that the release takes where nobody says otherwise: as much as a card of one's own can give (0.90 or 0.92). */
const usual = (s: Situation): number => s.defaults?.gpuMemoryUtilization?.value ?? 0.9;

/** More than any single card has, GiB: 288 GB (B300, MI355X). */
const LARGEST_CARD = 268;

/** The card's memory at most, where it is unknown: the peak is not taken to be larger than weights and cache together. */
const mostTotal = (s: Situation, from: number, available: number): number => {
  const weights = fact(s, 'weightsGiB');
  return weights === undefined ? LARGEST_CARD : Math.min(LARGEST_CARD, (2 * (weights + available)) / from);
};

/**
 * Up by what the KV cache lacks, where nothing was left of it to the release's usual share at least: half a card that is
 * one's own helps nobody. At most to 0.95, and not above what was free at the start.
 */
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
  if (short !== undefined && short > 0) {
    const card = total ?? mostTotal(s, from, available!);
    const wanted = hundredthsUp(from + (short * 1.02) / card);
    const least = Math.min(top, usual(s));
    // Far below the usual share the card has room to give first; what is still missing is taken from the context.
    if (total && wanted > top && from < least - 0.05)
      return raised(least, {
        sufficient: false,
        passes: true,
        basis: leaves(available! + (least - from) * total, needed!),
      });
    if (wanted > top) return raised(top, { sufficient: false, basis: lacksMore(short, short / (top - from)) });
    if (total) return raised(wanted, { clearedBy: 'prediction', sufficient: true, basis: lacks(short) });
    return raised(Math.max(wanted, Math.min(top, from + 0.05)), { assumed: true, basis: lacks(short) });
  }
  const careful = Math.min(top, Math.max(usual(s), hundredthsUp(from + 0.05)));
  const fixed = fixedGiB(s, 'high');
  // Parts that leave a cache under the old share do not explain a log that had none: nothing follows from them.
  const explained = fixed !== undefined && total !== undefined && fixed > from * total - LEAST_CACHE;
  if (explained && !contradicted(s) && s.phase === 'kv-cache') {
    const request = needed ?? solve.wholeRequestGiB(s);
    const whole = hundredthsUp((fixed + Math.max(LEAST_CACHE, request ?? 0)) / total);
    if (whole <= top) return raised(Math.max(whole, careful), { clearedBy: 'prediction', sufficient: true });
    const start = hundredthsUp((fixed + LEAST_CACHE) / total);
    if (start > top) return raised(top, { sufficient: fixed < top * total ? null : false });
    const to = Math.max(start, careful);
    return raised(to, {
      clearedBy: 'prediction',
      sufficient: request === null,
      passes: true,
      ...(request !== null && { basis: leaves(to * total - fixed, request) }),
    });
  }
  return raised(careful, { assumed: true });
};

/** The least KV cache that is worth starting for, GiB. */
const LEAST_CACHE = 0.5;

const lacksMore = (short: number, card: number): Text => ({
  en: `${short.toFixed(2)} GiB of KV cache is missing: only a card of ${Math.ceil(card)} GiB has that much between both shares`,
  zh: `KV 缓存缺 ${short.toFixed(2)} GiB：两个比例之间要有这么多，显卡须有 ${Math.ceil(card)} GiB`,
});

const leaves = (cache: number, request: number): Text => ({
  en: `it leaves about ${cache.toFixed(1)} GiB for the KV cache, while one request of the whole context takes ${request.toFixed(1)} GiB: the context must be shorter as well`,
  zh: `这样约有 ${cache.toFixed(1)} GiB 用于 KV 缓存，而一个完整上下文的请求需要 ${request.toFixed(1)} GiB：还须缩短上下文`,
});

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
  const spare = spareGiB(s);
  if (lack !== null && total && from !== undefined && cause.id !== 'colocated-training') {
    // No more than what keeps one request of the longest length in the cache, as long as what was missing is freed.
    const wish = lack * 1.1 + spare;
    const give = Math.max(lack * 1.1 + Math.min(spare, 0.5), Math.min(wish, beyondOneRequest(s)));
    const to = hundredthsDown(from - Math.max(0.02, give / total));
    const freed = (from - to) * total;
    // While graphs are captured, what is free for all of them is enough; requests to come are not known.
    const enough = s.phase === 'graph-capture' && freed >= wish;
    return checked(to, {
      clearedBy: 'prediction',
      sufficient: enough ? true : null,
      basis: {
        en: `${lack.toFixed(2)} GiB was missing; ${(freed - lack).toFixed(1)} GiB more is left to spare`,
        zh: `缺 ${lack.toFixed(2)} GiB，另留 ${(freed - lack).toFixed(1)} GiB 余量`,
      },
    });
  }
  // Documented starting points: half the card beside a trainer or a second server, a few points for graphs and requests.
  const shared = ['colocated-training', 'two-instances-one-gpu'].includes(cause.id);
  const step = cause.id === 'unified-memory' ? 0.2 : 0.05;
  const start = from ?? 0.9;
  return checked(
    shared ? (start > 0.5 ? 0.45 : hundredthsDown(start - 0.1)) : hundredthsDown(Math.min(start, TOP) - step),
    { assumed: true },
  );
};

/** Capture goes on after the allocation that failed: what the other graphs may take must be there; else half a GiB. */
const spareGiB = (s: Situation): number => {
  if (s.phase !== 'graph-capture') return 0.5;
  const graphs = part(s, 'graphsGiB')?.high ?? 1;
  return Math.max(0.5, graphs - (fact(s, 'privatePoolsGiB') ?? 0));
};

/** KV cache beyond one request of the longest length, GiB; infinite where it is unknown. */
const beyondOneRequest = (s: Situation): number => {
  const kv = part(s, 'kvCacheGiB');
  const need = s.budget ? requestGiB(s.budget) : null;
  return kv && need !== null && kv.low > need ? kv.low - need : Number.POSITIVE_INFINITY;
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
