import type { Facts } from '../../facts/types.js';
import { amount } from '../amount.js';
import { since } from '../eras.js';
import type { Settings } from '../settings.js';
import type { Amount } from '../types.js';

/** Memory that a CPU start may use: the container's limit from 0.24.0 (utils/cpu_resource_utils.py), else the machine's. */
export const hostGiB = (facts: Facts, version: string): number | null => {
  const ram = facts.hostRamGiB?.value;
  const limit = facts.hostLimitGiB?.value;
  if (ram === undefined) return limit ?? null;
  return limit !== undefined && since(version, '0.24.0') ? Math.min(ram, limit) : ram;
};

/**
 * The KV cache of the CPU back-end. Up to 0.12.0: VLLM_CPU_KVCACHE_SPACE, else 4 GiB, unchecked; 0.13.0 - 0.19.1: the
 * variable, else half of a NUMA node's memory; from 0.20.0 utilisation x memory minus what the process holds after warm-up.
 * vllm/platforms/cpu.py, vllm/v1/worker/cpu_worker.py. Null: the host's memory is unknown.
 */
export const cpuPool = (facts: Facts, settings: Settings, weights: Amount | null): Amount | null => {
  const { version } = settings;
  const stated = facts.cpuKvSpaceGiB?.value;
  if (stated !== undefined && stated > 0) return amount(stated, stated, stated, 'user');
  if (!since(version, '0.13.0')) return amount(4, 4, 4, 'default');
  const host = hostGiB(facts, version);
  if (host === null) return null;
  // How many NUMA nodes share the memory is rarely told: two are usual on servers.
  if (!since(version, '0.20.0')) return amount(host / 2, host / 8, host / 2, 'default');
  if (!weights) return null;
  const budget = host * settings.utilisation;
  return amount(
    budget - weights.gib - 1.5,
    budget * 0.5 - 1.15 * weights.high - 4,
    budget - weights.low - 0.5,
    'formula',
  );
};
