import type { Facts } from '../facts/types.js';
import type { MachineProbe } from './machine.js';
import { factsFromOutput } from './parsers/facts.js';
import type { Probe } from './parsers/types.js';

/** What a machine states about itself, as facts: what its tools print, and what was found out beside them. */
export const factsFromProbe = (probe: Probe & Partial<Pick<MachineProbe, 'host' | 'vllm'>>): Facts => {
  const { host, vllm } = probe;
  const facts = factsFromOutput(probe);
  if (host?.isWsl) {
    facts.isWsl = { value: true, from: 'probe' };
    // What the driver reports under WSL is not what torch gets.
    delete facts.gpuTotalGiB;
  }
  if (host?.isContainer) facts.isContainer = { value: true, from: 'probe' };
  if (vllm?.version) facts.vllmVersion ??= { value: vllm.version, from: 'probe' };
  return facts;
};
