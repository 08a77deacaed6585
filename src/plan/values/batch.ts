import { fact, given, part, type Situation } from '../situation.js';
import { solve } from '../solver.js';
import { type Ask, type Outcome, type Strategy, saving } from './types.js';

/** max_num_seqs in force: given, printed, or the release's default on this GPU; the dummy requests of the warm-up say it too. */
export const currentSeqs = (s: Situation): number | undefined =>
  fact(s, 'maxNumSeqs') ?? fact(s, 'dummyRequests') ?? s.defaults?.maxNumSeqs?.value;

/** Blocks that vLLM names in "max_num_seqs (n) exceeds available Mamba cache blocks (b)" (config/compilation.py, 0.20.0). */
const stateBlocks = (s: Situation): number | undefined => {
  const run = s.reading?.runs[s.reading.judged];
  const told = run?.events.findLast(event => typeof event.values.mambaBlocks === 'number');
  return told ? Number(told.values.mambaBlocks) : undefined;
};

const powerBelow = (value: number) => 2 ** Math.floor(Math.log2(Math.max(1, value)));

/** The number of sequences whose peak leaves room. */
export const maxNumSeqsThatFits: Strategy = ({ s, cause }: Ask): Outcome => {
  const current = currentSeqs(s);
  const from = current ?? null;
  const blocks = stateBlocks(s);
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
  // Peaks grow in proportion to the rows (V0: to the dummy images): what the failed allocation found free tells the share.
  const requested = fact(s, 'requestedGiB');
  const free = fact(s, 'freeGiB');
  const images = fact(s, 'engine') === 'V0' && fact(s, 'isMultimodal') === true;
  const careful = current === undefined ? (images ? 32 : 64) : Math.max(1, Math.floor(current / (images ? 8 : 4)));
  const share =
    requested && free !== undefined && current !== undefined ? (current * Math.min(1, free / requested)) / 2 : careful;
  const to = Math.max(1, Math.min(careful, powerBelow(share) || 1));
  if (current !== undefined && to >= current) return 'already';
  return { to: Math.max(to, Math.min(careful, images ? 2 : 8)), from, assumed: true };
};

/** max_num_batched_tokens whose peak leaves room; never below max_num_seqs, which vLLM refuses. */
export const batchedTokensThatFit: Strategy = ({ s }: Ask): Outcome => {
  const set = fact(s, 'maxNumBatchedTokens') ?? s.defaults?.maxNumBatchedTokens?.value;
  const unchunked =
    s.at.facts && (s.at.facts as Record<string, { value: unknown } | undefined>).chunked?.value === false;
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
