import { fact, figure, part, type Situation } from '../situation.js';
import { fitsWith, solve } from '../solver.js';
import type { FixChange } from '../types.js';
import { type Ask, type Outcome, type Strategy, saving } from './types.js';

/** Shares of weights that move when the model is divided by `more` instead of `now` GPUs. */
const lighter = ({ s }: Ask, now: number, more: number) => {
  const weights = part(s, 'weightsGiB');
  const share = 1 - now / more;
  return weights ? saving(weights.gib * share, weights.low * share * 0.9, weights.high * share) : null;
};

const powerAtMost = (value: number) => 2 ** Math.floor(Math.log2(Math.max(1, value)));

/** The smallest doubling below `sure` that is not known to fail: the limit lies inside the range of the computation. */
const likely = (s: Situation, now: number, sure: number | null): number | undefined => {
  if (sure === null) return undefined;
  const changes = (to: number): FixChange[] => [{ where: 'vllm', flag: '--tensor-parallel-size', from: null, to }];
  return [2, 4, 8, 16].find(
    size => size > now && size < sure && sure % size === 0 && fitsWith(s, changes(size)) === null,
  );
};

/** The smallest number of ranks that fits, among the GPUs there are; a pipeline on the same cards becomes tensor parallel. */
export const tensorParallel: Strategy = (ask: Ask): Outcome => {
  const { s } = ask;
  const now = fact(s, 'tensorParallelSize') ?? 1;
  const stages = fact(s, 'pipelineParallelSize') ?? 1;
  const from = fact(s, 'tensorParallelSize') ?? null;
  if (stages > 1 && now === 1) return { to: stages, from, sufficient: null };
  const idle = figure(s, 'idleGpus');
  const most = idle === undefined || idle <= 0 ? undefined : powerAtMost((now * stages + idle) / stages);
  const sure = solve.smallestTensorParallel(s);
  // Cards that stand idle cost nothing: there the size that fits for certain. Others are paid for: the least that may fit.
  const fits = sure !== null && idle !== undefined && idle > 0 ? sure : (likely(s, now, sure) ?? sure);
  if (fits !== null && fits > now && (most === undefined || fits <= most))
    return {
      to: fits,
      from,
      ...(fits === sure && { clearedBy: 'prediction' }),
      sufficient: most === undefined || fits !== sure ? null : true,
      roughly: lighter(ask, now, fits),
    };
  if (most !== undefined && most > now) {
    const to = most;
    return { to, from, assumed: true, sufficient: null, roughly: lighter(ask, now, to) };
  }
  const to = now * 2;
  return { to, from, assumed: true, sufficient: null, roughly: lighter(ask, now, to) };
};

const changeTo = (to: number): FixChange => ({ where: 'vllm', flag: '--pipeline-parallel-size', from: null, to });

export const pipelineParallel: Strategy = (ask: Ask): Outcome => {
  const { s } = ask;
  const now = fact(s, 'pipelineParallelSize') ?? 1;
  const tensor = fact(s, 'tensorParallelSize') ?? 1;
  const idle = figure(s, 'idleGpus');
  const to = idle !== undefined && idle > 0 ? Math.floor((now * tensor + idle) / tensor) : now * 2;
  if (to <= now) return 'already';
  const sizes = [2, 3, 4, 6, 8, 16].filter(size => size > now && (idle === undefined || idle <= 0 || size <= to));
  const enough = sizes.find(size => fitsWith(s, [changeTo(size)]) === true);
  if (enough !== undefined)
    return {
      to: enough,
      from: fact(s, 'pipelineParallelSize') ?? null,
      clearedBy: 'prediction',
      sufficient: idle !== undefined && idle > 0 ? true : null,
      roughly: lighter(ask, now, enough),
    };
  return { to, from: fact(s, 'pipelineParallelSize') ?? null, assumed: true, roughly: lighter(ask, now, to) };
};

/** Layers by the memory of each card: only where both are known. */
export const layerPartition: Strategy = ({ s }: Ask): Outcome => {
  const totals = s.facts.gpuTotalGiB?.perRank;
  const layers = solve.layers(s);
  const stages = fact(s, 'pipelineParallelSize') ?? 1;
  if (stages < 2) return 'already';
  if (s.launch?.env.VLLM_PP_LAYER_PARTITION !== undefined || !totals || layers === null) return 'unknown';
  const cards = Object.values(totals);
  if (cards.length !== stages) return 'unknown';
  const sum = cards.reduce((a, b) => a + b, 0);
  const shares = cards.map(card => Math.max(1, Math.floor((layers * card) / sum)));
  // What rounding leaves goes to the roomiest card, which is not the last: that one holds the output layer as well.
  const roomiest = cards.indexOf(Math.max(...cards));
  shares[roomiest] = shares[roomiest]! + layers - shares.reduce((a, b) => a + b, 0);
  return { to: shares.join(','), from: null, assumed: true };
};
