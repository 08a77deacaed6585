import type { Text } from '../../common/text.js';
import { compareVersions } from '../../common/version.js';
import { fact, given } from '../situation.js';
import type { Ask, Outcome, Strategy } from './types.js';
import { leastOffloadGiB } from './weights.js';

/** /dev/shm: twice what was asked for, in whole GiB; without a figure 16 GiB, for containers only. */
export const shmSize: Strategy = ({ s }: Ask): Outcome => {
  const container = s.launch !== null && (s.launch.image !== null || s.launch.shmSize !== null);
  if (!container) return 'unknown';
  const needed = fact(s, 'shmNeededGiB');
  const to = needed === undefined ? 16 : Math.max(1, Math.ceil(needed * 2));
  const from = s.launch?.shmSize ?? null;
  const now = from === null ? null : /^(\d+(?:\.\d+)?)\s*g/i.exec(from);
  if (now && Number(now[1]) >= to && needed === undefined)
    return { to: `${Math.ceil(Number(now[1]) * 2)}g`, from, assumed: true };
  return {
    to: `${to}g`,
    from,
    ...(needed === undefined ? { assumed: true } : { clearedBy: 'log' as const, sufficient: true }),
  };
};

/** V1 never uses swap_space, so 0; V0 does without it too (it computes again), and WSL cannot pin it. */
export const lessSwap: Strategy = ({ s }: Ask): Outcome => {
  const from = fact(s, 'swapSpaceGiB') ?? s.defaults?.swapSpaceGiB?.value ?? null;
  return from === 0 ? 'already' : { to: 0, from, sufficient: s.phase === 'config' ? true : null };
};

/** Four times as much, at most what 40 % of the host's memory allows: above it vLLM warns, above 70 % it refuses. */
export const moreSwap: Strategy = ({ s }: Ask): Outcome => {
  const from = fact(s, 'swapSpaceGiB') ?? s.defaults?.swapSpaceGiB?.value ?? 4;
  const host = fact(s, 'hostLimitGiB') ?? fact(s, 'hostRamGiB');
  const most =
    host === undefined ? Number.POSITIVE_INFINITY : Math.floor((host * 0.4) / (fact(s, 'tensorParallelSize') ?? 1));
  const to = Math.min(Math.max(16, from * 4), most);
  return to > from ? { to, from, assumed: true } : 'already';
};

export const hostMemory: Strategy = ({ s }: Ask): Outcome => {
  const now = fact(s, 'hostLimitGiB') ?? fact(s, 'hostRamGiB');
  return { to: 'more', from: now === undefined ? null : `${now} GiB`, assumed: true };
};

export const offIfOn: Strategy = ({ s, change }: Ask): Outcome => {
  const now = given(s, change.flag);
  return now === undefined || now === false || now === 0 ? 'already' : { to: null, from: now };
};

/**
 * Only what the GPU cannot hold itself stays in host memory; without the sizes half of it. The offloaded weights take
 * 1.65 to 1.9 times their size in host memory, on every rank.
 */
export const lessOffload: Strategy = ask => {
  const { s } = ask;
  const now = fact(s, 'cpuOffloadGiB') ?? given(s, '--cpu-offload-gb');
  if (typeof now !== 'number' || now <= 0) return 'already';
  const least = leastOffloadGiB(ask);
  if (least === undefined || least >= now) {
    const to = Math.floor(now / 2);
    return { to: to > 0 ? to : null, from: now, assumed: true, basis: least === undefined ? OPEN : HOLDS_NOT };
  }
  const basis: Text =
    least > 0
      ? {
          en: `the GPU lacks room for about ${least} GiB of the weights beside the cache: with less the start would fail there`,
          zh: `显卡在缓存之外约放不下 ${least} GiB 权重：再少卸载会在显卡上失败`,
        }
      : { en: 'by the computation the GPU holds all weights without it', zh: '按计算，不卸载时显卡也放得下全部权重' };
  return { to: least > 0 ? least : null, from: now, basis };
};

const OPEN: Text = {
  en: 'half as much: whether the GPU then still holds the rest of the weights cannot be told without its size; without any offload it may not',
  zh: '减半：不知道显存大小，无法判断显卡能否放下其余权重；完全不卸载时可能放不下',
};
const HOLDS_NOT: Text = {
  en: 'half as much, although the GPU then lacks room for the weights: more GPUs or a quantised checkpoint must take them',
  zh: '减半；但显卡会放不下权重，须增加 GPU 或改用量化模型',
};

export const halveIfSet: Strategy = ({ s, change }: Ask): Outcome => {
  const now = given(s, change.flag);
  return typeof now === 'number' && now > 1 ? { to: Math.floor(now / 2), from: now, assumed: true } : 'already';
};

/** V0 can let the ranks load in turn; V1 never could. */
export const oneLoader: Strategy = ({ s }: Ask): Outcome => {
  const ranks = fact(s, 'tensorParallelSize') ?? 1;
  const v0 = fact(s, 'engine') === 'V0' && (s.release === null || compareVersions(s.release, '0.10.2')! <= 0);
  return ranks > 1 && v0 && given(s, 'max-parallel-loading-workers') !== 1 ? { to: 1, from: null } : 'already';
};
