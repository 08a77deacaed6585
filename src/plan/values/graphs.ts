import type { ArgValue } from '../../launch/types.js';
import { fact, given, part, type Situation } from '../situation.js';
import { currentSeqs } from './batch.js';
import { type Ask, type Outcome, type Strategy, saving } from './types.js';

const KEPT = 64;

/** Largest batch to capture: as many sequences as there are, else 64, which covers the batches of small servers. */
const wanted = (s: Situation): { size: number; assumed: boolean } => {
  const seqs = fact(s, 'maxNumSeqs');
  return seqs !== undefined && seqs <= KEPT
    ? { size: Math.max(1, seqs), assumed: false }
    : { size: KEPT, assumed: true };
};

/** Memory of the graphs that are left out: per graph about the same, the largest one a little more. */
const saved = (s: Situation, kept: number) => {
  const graphs = part(s, 'graphsGiB') ?? null;
  const sizes = s.defaults?.captureSizes?.value;
  if (!graphs || !sizes || sizes.length === 0) return null;
  const share = 1 - sizes.filter(size => size <= kept).length / sizes.length;
  return saving(graphs.gib * share, graphs.low * share * 0.6, graphs.high * Math.min(1, share * 1.2));
};

export const largestGraph: Strategy = ({ s, change }: Ask): Outcome => {
  const largest =
    s.defaults?.captureSizes?.value.at(-1) ??
    (currentSeqs(s) !== undefined ? Math.min(512, 2 * currentSeqs(s)!) : undefined);
  const set = given(s, change.flag);
  const now =
    typeof set === 'number' ? set : Array.isArray(set) ? Math.max(...set.filter(n => typeof n === 'number')) : largest;
  const { size, assumed } = wanted(s);
  if (given(s, 'enforce-eager') === true || (now !== undefined && now <= size)) return 'already';
  return { to: size, from: now ?? null, assumed, roughly: saved(s, size) };
};

/** Without graphs the capture that failed does not take place. */
export const noGraphs: Strategy = ({ s }: Ask): Outcome => {
  const now = given(s, 'enforce-eager') ?? fact(s, 'enforceEager');
  if (now === true) return 'already';
  const skipped = s.phase === 'graph-capture';
  return { to: true, from: now ?? null, ...(skipped && { clearedBy: 'prediction', sufficient: true }) };
};

/** V1 up to 0.8.5 takes the list of sizes only inside the compilation config. */
export const graphSizesJson: Strategy = ({ s }: Ask): Outcome => {
  const config = given(s, 'compilation-config');
  if (typeof config === 'number' || typeof config === 'string') return 'unknown';
  const now = (config ?? {}) as { [key: string]: ArgValue | null };
  const { size, assumed } = wanted(s);
  const sizes = [1, 2, 4, 8, 16, 32, 64].filter(n => n <= size);
  if (Array.isArray(now.cudagraph_capture_sizes) && now.cudagraph_capture_sizes.length <= sizes.length)
    return 'already';
  return {
    to: { ...now, cudagraph_capture_sizes: sizes } as ArgValue,
    from: config ?? null,
    assumed,
    roughly: saved(s, size),
  };
};
