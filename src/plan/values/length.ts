import { compareVersions } from '../../common/version.js';
import { fact, given, type Situation } from '../situation.js';
import { solve } from '../solver.js';
import { type Ask, downTo, type Outcome, type Strategy } from './types.js';

/** Block size of the KV cache; 16 in nearly every release (vllm/config/cache.py). */
const block = (s: Situation) => fact(s, 'blockSize') ?? 16;

const auto = (s: Situation): Outcome =>
  s.release !== null && compareVersions(s.release, '0.14.0')! >= 0 && given(s, 'max-model-len') !== 'auto'
    ? {
        to: 'auto',
        basis: {
          en: 'vLLM itself looks for the largest length that fits after its profile run',
          zh: '由 vLLM 在显存探测后自行确定可容纳的最大长度',
        },
      }
    : 'unknown';

/**
 * The longest context whose KV cache fits: vLLM's own estimate first (0.8.4 and later print it, V0 prints the tokens of
 * the whole cache), then its figures for needed and available memory, then the budget, then a careful value.
 */
export const maxModelLenThatFits: Strategy = ({ s, cause }: Ask) => {
  const current = fact(s, 'maxModelLen');
  const shorter = (to: number, rest: object): Outcome =>
    current !== undefined && to >= current ? 'already' : { to, from: current ?? null, ...rest };
  const atKv = s.phase === 'kv-cache' || ['kv-cache-too-small', 'conserve'].includes(cause.id);
  const estimate = fact(s, 'estimatedMaxModelLen');
  if (estimate !== undefined && estimate > 0)
    return shorter(estimate, {
      clearedBy: 'log',
      sufficient: true,
      basis: { en: `vLLM's own estimate in the log: ${estimate}`, zh: `日志中 vLLM 的估计值：${estimate}` },
    });
  const tokens = fact(s, 'kvTokens');
  if (atKv && tokens !== undefined && tokens > 0 && current !== undefined && tokens < current)
    return shorter(downTo(tokens, block(s)), {
      clearedBy: 'log',
      sufficient: true,
      basis: { en: `the cache holds ${tokens} tokens`, zh: `缓存可容纳 ${tokens} 个 token` },
    });
  const needed = fact(s, 'kvNeededGiB');
  const available = fact(s, 'kvAvailableGiB');
  if (atKv && needed && available !== undefined && current !== undefined && available > 0)
    return shorter(downTo(current * Math.min(1, available / needed) * 0.995, block(s)), {
      clearedBy: 'prediction',
      sufficient: true,
      basis: {
        en: `${current} tokens need ${needed} GiB, ${available} GiB is there`,
        zh: `${current} 个 token 需要 ${needed} GiB，可用 ${available} GiB`,
      },
    });
  if (atKv) {
    const fits = solve.largestMaxModelLen(s);
    if (fits !== null && fits > 0 && (current === undefined || fits < current))
      return { to: downTo(fits, block(s)), from: current ?? null, clearedBy: 'prediction', sufficient: true };
    const own = auto(s);
    if (own !== 'unknown' && cause.id !== 'conserve') return own;
  }
  if (current === undefined) return 'unknown';
  if (current <= 2048) return 'already';
  // A peak that grows with the length: 4096 is what the model's own documentation gives for V0 vision models.
  return { to: current > 8192 ? 4096 : downTo(current / 2, block(s)), from: current, assumed: true };
};
