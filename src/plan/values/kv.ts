import { compareVersions } from '../../common/version.js';
import { fact, given, holds } from '../situation.js';
import { type Ask, type Outcome, type Strategy, saving } from './types.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Messages that show a pinned size where the launch is not at hand. */
const GIVEN = ['kv-memory-specified', 'startup-plan-applied'];

/** Bytes for --kv-cache-memory-bytes: what the check asked for with 1 % spare, else what was measured less 5 %. */
export const kvCacheBytes: Strategy = ({ s }: Ask): Outcome => {
  const from = given(s, 'kv-cache-memory-bytes') ?? fact(s, 'kvCacheMemoryBytes') ?? null;
  const needed = fact(s, 'kvNeededGiB');
  const available = fact(s, 'kvAvailableGiB') ?? fact(s, 'kvCacheGiB');
  if (needed !== undefined && (from !== null || holds({ event: GIVEN }, s))) {
    const to = Math.ceil((needed * 1.01 * GIB) / MIB) * MIB;
    if (typeof from === 'number' && to <= from) return 'already';
    return { to, from, clearedBy: 'prediction', sufficient: null };
  }
  if (needed === undefined && available !== undefined && available > 0 && from === null)
    return { to: Math.floor((available * 0.95 * GIB) / MIB) * MIB, from, clearedBy: 'prediction', sufficient: null };
  return 'unknown';
};

/** The 8-bit type under the name that the release takes: fp8_e5m2 up to 0.4.0, then fp8. */
export const kvCache8bit: Strategy = ({ s }: Ask): Outcome => {
  const current = fact(s, 'kvCacheDtype');
  if (current !== undefined && /^(?:fp8|int8|int4|nvfp4|turboquant)/.test(current)) return 'already';
  const to = s.release !== null && compareVersions(s.release, '0.4.0')! <= 0 ? 'fp8_e5m2' : 'fp8';
  const needed = fact(s, 'kvNeededGiB');
  const available = fact(s, 'kvAvailableGiB');
  const enough = needed === undefined || available === undefined ? null : needed / 2 <= available;
  return {
    to,
    from: current ?? 'auto',
    saves: needed === undefined ? null : saving(needed / 2),
    sufficient: enough,
    clearedBy: enough ? 'prediction' : null,
  };
};

/** VLLM_CPU_KVCACHE_SPACE in GiB: what the check asked for, rounded up; where host memory ran out, half. */
export const cpuKvGib: Strategy = ({ s, cause }: Ask): Outcome => {
  const current = fact(s, 'cpuKvSpaceGiB');
  const needed = fact(s, 'kvNeededGiB');
  const host = fact(s, 'hostLimitGiB') ?? fact(s, 'hostRamGiB');
  if (cause.id === 'host-ram')
    return current && current > 1
      ? { to: String(Math.max(1, Math.floor(current / 2))), from: String(current), assumed: true }
      : 'unknown';
  if (needed !== undefined) {
    const to = Math.ceil(needed * 1.05);
    if (current !== undefined && to <= current) return 'already';
    return {
      to: String(to),
      from: current === undefined ? null : String(current),
      clearedBy: 'prediction',
      sufficient: host === undefined ? null : to < host,
    };
  }
  return {
    to: String(Math.max(8, Math.ceil((current ?? 4) * 2))),
    from: current === undefined ? null : String(current),
    assumed: true,
  };
};
