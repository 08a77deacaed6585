import type { Text } from '../../common/text.js';
import { fact, given, part, type Situation, signal } from '../situation.js';
import { solve } from '../solver.js';
import { type Ask, downTo, type Outcome, type Strategy, saving } from './types.js';

/** max_num_seqs in force: given, printed, or the release's default on this GPU; the dummy requests of the warm-up say it too. */
export const currentSeqs = (s: Situation): number | undefined =>
  fact(s, 'maxNumSeqs') ?? fact(s, 'dummyRequests') ?? s.defaults?.maxNumSeqs?.value;

const powerBelow = (value: number) => 2 ** Math.floor(Math.log2(Math.max(1, value)));

/** The number of sequences whose peak leaves room. */
export const maxNumSeqsThatFits: Strategy = ({ s, cause }: Ask): Outcome => {
  const current = currentSeqs(s);
  const from = current ?? null;
  // "max_num_seqs (n) exceeds available Mamba cache blocks (b)" (config/compilation.py, 0.20.0)
  const blocks = fact(s, 'mambaBlocks');
  if (blocks !== undefined && blocks >= 1)
    return current !== undefined && blocks >= current
      ? 'already'
      : {
          to: Math.floor(blocks),
          from,
          clearedBy: 'log',
          sufficient: true,
          basis: { en: `the log names ${blocks} state blocks`, zh: `日志给出 ${blocks} 个状态块` },
        };
  if (current !== undefined && current <= 1) return 'already';
  const fits = cause.id === 'hybrid-state-cache' ? null : solve.largestMaxNumSeqs(s);
  if (fits !== null && fits >= 1 && current !== undefined && fits < current)
    return { to: fits, from, clearedBy: 'prediction', sufficient: true };
  return samplerSeqs(s, current) ?? carefulSeqs(s, current);
};

/**
 * Where the sampler itself ran out: as many rows as find room in what was free and unallocated when it failed, less a
 * tenth. The rows that had room already are not counted, so this is on the safe side.
 */
const samplerSeqs = (s: Situation, current: number | undefined): Outcome | null => {
  const free = fact(s, 'freeGiB');
  const row = solve.samplerRow(s);
  if (fact(s, 'dummyRequests') === undefined || free === undefined || row === null || current === undefined)
    return null;
  const room = free + (fact(s, 'reservedUnallocatedGiB') ?? 0);
  const to = downTo((room * 0.9) / row.gib, 8, 1);
  if (to >= current) return null;
  const saved = (current - to) * row.gib;
  // After the cache is made, what the sampler no longer needs went to the cache where the sampler decided the peak.
  const sure = s.phase === 'profile' || !row.decides;
  const mib = (row.gib * 1024).toFixed(1);
  return {
    to,
    from: current,
    clearedBy: sure ? 'prediction' : null,
    sufficient: sure ? true : null,
    saves: saving(saved, saved * 0.8, saved * 1.1),
    basis: {
      en: `a sequence takes ${mib} MiB in the sampler and ${room.toFixed(2)} GiB was there: room for ${to}`,
      zh: `采样器中每个序列占 ${mib} MiB，可用 ${room.toFixed(2)} GiB，可容纳 ${to} 个`,
    },
  };
};

/**
 * Without a figure for the limit: an eighth of the dummy images in V0 (32 of 256, as the models' authors advise), a
 * quarter of the rows elsewhere. Peaks grow in proportion to the rows, so what the failed allocation found free tells how
 * many of them had room; half of those are kept to spare.
 */
const carefulSeqs = (s: Situation, current: number | undefined): Outcome => {
  const from = current ?? null;
  const images = fact(s, 'engine') === 'V0' && fact(s, 'isMultimodal') === true;
  if (current === undefined) return { to: images ? 32 : 64, from, assumed: true };
  const careful = Math.max(1, Math.floor(current / (images ? 8 : 4)));
  const requested = fact(s, 'requestedGiB');
  const free = fact(s, 'freeGiB');
  const had = requested && free !== undefined && free < requested ? (current * free) / requested : null;
  const least = Math.min(careful, images ? 2 : 8);
  const to = had === null || images ? careful : Math.max(least, Math.min(careful, powerBelow(had / 2)));
  const basis: Text | undefined = images
    ? {
        en: `V0 prepares a dummy image for each of ${current} sequences`,
        zh: `V0 为 ${current} 个序列各构造一张虚拟图像`,
      }
    : to < careful
      ? {
          en: `${free!.toFixed(2)} GiB was free where ${requested!.toFixed(2)} GiB was asked for with ${current} sequences`,
          zh: `${current} 个序列时请求 ${requested!.toFixed(2)} GiB，仅剩 ${free!.toFixed(2)} GiB`,
        }
      : {
          en: `a quarter of ${current}: no figure tells the limit`,
          zh: `取当前值 ${current} 的四分之一：没有数字给出上限`,
        };
  return to >= current ? 'already' : { to, from, assumed: true, basis };
};

/** max_num_batched_tokens whose peak leaves room; never below max_num_seqs, which vLLM refuses. */
export const batchedTokensThatFit: Strategy = ({ s }: Ask): Outcome => {
  const set = fact(s, 'maxNumBatchedTokens') ?? s.defaults?.maxNumBatchedTokens?.value;
  const unchunked = signal(s, 'chunked') === false;
  const length = fact(s, 'maxModelLen');
  const current = unchunked && length !== undefined ? Math.max(set ?? 0, length) : set;
  const least = Math.max(512, currentSeqs(s) ?? 0);
  const from = given(s, 'max-num-batched-tokens') ?? current ?? null;
  if (current === undefined) return { to: Math.max(2048, least), from: null, assumed: true };
  if (current <= least) return 'already';
  const fits = solve.largestMaxNumBatchedTokens(s);
  if (fits !== null && fits >= least && fits < current)
    return { to: fits, from, clearedBy: 'prediction', sufficient: true };
  const to = Math.max(least, unchunked ? Math.min(2048, current / 2) : current > 4096 ? 2048 : Math.floor(current / 2));
  const peak = part(s, 'activationGiB');
  const left = to / current;
  return {
    to,
    from,
    assumed: true,
    roughly: peak ? saving(peak.gib * (1 - left) * 0.7, 0, peak.high * (1 - left)) : null,
  };
};
