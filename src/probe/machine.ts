import { probeGpus } from './gpus.js';
import { type Host, probeHost, probeKills, probeLimits, probeMemory } from './host.js';
import { findInstalledVllm, type InstalledVllm } from './installed-vllm.js';
import type { Probe } from './parsers/types.js';
import { isUnified } from './parsers/unified.js';

/** What this machine says: the fields of a saved output, and what no single tool prints. */
export interface MachineProbe extends Probe {
  host: Host;
  vllm: InstalledVllm | null;
  /** Tools that did not answer in time. */
  hung: string[];
}

let running: Promise<MachineProbe> | null = null;

const ask = async (): Promise<MachineProbe> => {
  const [gpus, host, memory, limits, kills] = await Promise.all([
    probeGpus(),
    probeHost(),
    probeMemory(),
    probeLimits(),
    probeKills(),
  ]);
  const probe: MachineProbe = {
    ...gpus.probe,
    ...(memory && { memory }),
    limits,
    ...(kills && { oomKills: kills }),
    host,
    vllm: findInstalledVllm(),
    hung: gpus.hung,
  };
  if (isUnified(probe, '')) probe.unified = true;
  return probe;
};

/**
 * Asks this machine, everything at once and each question with its own time limit: at most about 30 s on a broken
 * driver, a second or two otherwise. Calls that overlap share one answer. Starts nothing but the vendors' tools.
 */
export const probeMachine = (): Promise<MachineProbe> => {
  running ??= ask().finally(() => {
    running = null;
  });
  return running;
};
