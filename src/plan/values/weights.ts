import { fact, figure, part, type Situation } from '../situation.js';
import { budgetWith, solve } from '../solver.js';
import type { FixChange } from '../types.js';
import { type Ask, type Outcome, type Strategy, saving } from './types.js';

/** Weights of 16-bit models that remain in 8 and 4 bits, embeddings in 16 bits included (range over usual models). */
const LEFT = { 8: { low: 0.5, mid: 0.53, high: 0.6 }, 4: { low: 0.26, mid: 0.3, high: 0.4 } } as const;

/** Weights per GPU: measured or from the model's config, else the checkpoint's size, else what the name says. */
const weightsPerGpu = (s: Situation): number | undefined => {
  const checkpoint = fact(s, 'checkpointGiB');
  const gpus = (fact(s, 'tensorParallelSize') ?? 1) * (fact(s, 'pipelineParallelSize') ?? 1);
  return part(s, 'weightsGiB')?.gib ?? (checkpoint === undefined ? figure(s, 'weightsNeededGiB') : checkpoint / gpus);
};

/** Which width suffices: 8 bits when they fit into the share with the peak, else 4. */
export const quantisedCheckpoint: Strategy = ({ s }: Ask): Outcome => {
  const bits = figure(s, 'quantisedBits');
  if (bits !== undefined && bits <= 4) return 'already';
  const total = figure(s, 'gpuTotalGiB');
  const share = figure(s, 'utilisation') ?? 0.9;
  const needed = weightsPerGpu(s);
  const room = total === undefined ? undefined : total * share - (part(s, 'activationGiB')?.gib ?? 1.5);
  // One request of the whole context must fit beside the weights, as vLLM checks.
  const request = solve.wholeRequestGiB(s) ?? 0;
  if (needed === undefined) return { to: bits === 8 ? '4-bit' : '8- or 4-bit', assumed: true };
  if (bits === 8) {
    return {
      to: '4-bit',
      saves: saving(needed * 0.45, needed * 0.35, needed * 0.5),
      sufficient:
        room === undefined ? null : needed * 0.55 >= room ? false : needed * 0.55 + request < room ? true : null,
    };
  }
  const width = room !== undefined && needed * LEFT[8].high < room ? 8 : 4;
  const left = LEFT[width];
  const enough =
    room === undefined ? null : needed * left.high + request < room ? true : needed * left.low > room ? false : null;
  const shorter = room !== undefined && needed * left.high < room && enough !== true;
  return {
    to: `${width}-bit`,
    saves: saving(needed * (1 - left.mid), needed * (1 - left.high), needed * (1 - left.low)),
    sufficient: enough,
    clearedBy: enough ? 'prediction' : null,
    basis: {
      en: `in ${width} bits about ${(needed * left.mid).toFixed(1)} GiB per GPU instead of ${needed.toFixed(1)}${shorter ? `; the ${request.toFixed(1)} GiB of KV cache for the whole context may then ask for a shorter one` : ''}`,
      zh: `${width} 位时每块 GPU 约 ${(needed * left.mid).toFixed(1)} GiB，原为 ${needed.toFixed(1)} GiB${shorter ? `；完整上下文的 KV 缓存需 ${request.toFixed(1)} GiB，可能还须缩短上下文` : ''}`,
    },
  };
};

/** float32 asked for: auto loads what the checkpoint has, in 16 bits. */
export const halfPrecision: Strategy = ({ s }: Ask): Outcome => {
  const dtype = fact(s, 'dtype')?.replace(/^torch\./, '');
  if (dtype !== 'float' && dtype !== 'float32') return 'elsewhere';
  const weights = part(s, 'weightsGiB');
  const capability = figure(s, 'capability');
  return {
    to: capability !== undefined && capability < 8 ? 'half' : 'auto',
    from: dtype,
    saves: weights ? saving(weights.gib / 2) : null,
    sufficient: null,
  };
};

/** GiB of weights per GPU that must be offloaded for the rest to fit beside the peak; undefined: sizes are unknown. */
export const leastOffloadGiB = ({ s }: Ask): number | undefined => {
  const off: FixChange = { where: 'vllm', flag: '--cpu-offload-gb', from: null, to: null };
  const all = budgetWith(s, [off])?.perGpu.weightsGiB;
  const total = figure(s, 'gpuTotalGiB');
  if (!all || total === undefined) return undefined;
  const room = total * (figure(s, 'utilisation') ?? 0.9) - (part(s, 'activationGiB')?.gib ?? 1.5) - 1;
  const least = Math.max(0, Math.ceil(all.high - room));
  // With room for one request of the whole context, where that still means less than now.
  const request = Math.max(0, Math.ceil(all.high - room + (solve.wholeRequestGiB(s) ?? 0)));
  return request < (fact(s, 'cpuOffloadGiB') ?? 0) ? request : least;
};

/** GiB of weights per GPU that do not fit beside the peak, and one more. */
export const offloadGib: Strategy = ({ s, cause }: Ask): Outcome => {
  const now = fact(s, 'cpuOffloadGiB') ?? 0;
  const weights = weightsPerGpu(s);
  const total = figure(s, 'gpuTotalGiB');
  if (cause.id === 'conserve' && weights !== undefined && now === 0)
    return {
      to: Math.max(1, Math.round(weights / 4)),
      from: null,
      assumed: true,
      saves: saving(Math.max(1, Math.round(weights / 4))),
    };
  if (weights === undefined || total === undefined) return now > 0 ? 'already' : 'unknown';
  const room = total * (figure(s, 'utilisation') ?? 0.9) - (part(s, 'activationGiB')?.gib ?? 1.5) - 1;
  const to = Math.ceil(weights - room);
  if (to <= now) return now > 0 ? 'already' : 'unknown';
  return { to, from: now || null, clearedBy: 'prediction', sufficient: to < weights ? null : false, saves: saving(to) };
};

/** How large a card (or how many) the weights ask for. */
export const neededGpu: Strategy = ({ s }: Ask): Outcome => {
  const weights = weightsPerGpu(s);
  if (weights === undefined) return { to: 'more memory' };
  const kv = fact(s, 'kvNeededGiB') ?? solve.wholeRequestGiB(s) ?? 1;
  const least = Math.ceil((weights + (part(s, 'activationGiB')?.gib ?? 1.5) + kv) / 0.9);
  const total = figure(s, 'gpuTotalGiB');
  if (total !== undefined && least <= total) return 'already';
  return {
    to: `${least} GiB or more per GPU`,
    assumed: true,
    basis: {
      en: `weights of about ${weights.toFixed(1)} GiB per GPU and ${kv.toFixed(1)} GiB of KV cache ask for ${least} GiB`,
      zh: `每块 GPU 的权重约 ${weights.toFixed(1)} GiB，KV 缓存 ${kv.toFixed(1)} GiB，需要 ${least} GiB 显存`,
    },
  };
};
