import type { Fact, Facts } from '../facts/types.js';
import type { MachineProbe } from '../probe/machine.js';
import type { Probe } from '../probe/parsers/types.js';

/** A saved output says less than a machine that is asked. */
type Machine = Probe & Partial<Pick<MachineProbe, 'host' | 'vllm'>>;

const GIB_IN_MIB = 1024;
const GIB_IN_KIB = 2 ** 20;

const probed = <T>(value: T): Fact<T> => ({ value, from: 'probe' });

const ramGiB = ({ memory }: Probe): number | null => {
  if (memory?.totalMiB) return memory.totalMiB / GIB_IN_MIB;
  return memory?.totalKiB ? memory.totalKiB / GIB_IN_KIB : null;
};

/**
 * What a machine says about an incident on it. The GPU's total is not among it: vLLM works with torch's total, which is
 * less than what nvidia-smi prints, and is found by the GPU's name. Cards of different kinds are not one name. Pure.
 */
export const factsFromProbe = (probe: Machine): Facts => {
  const facts: Facts = {};
  const gpus = probe.gpus ?? [];
  const names = new Set(gpus.map(gpu => gpu.name).filter(name => name !== null));
  if (gpus.length > 0) facts.gpuCount = probed(gpus.length);
  if (names.size === 1) facts.gpuName = probed([...names][0]!);
  if (probe.driver) facts.driverVersion = probed(probe.driver);
  if (probe.cuda) facts.cudaVersion = probed(probe.cuda);
  if (probe.unified) facts.unifiedMemory = probed(true);
  if (probe.vllm) facts.vllmVersion = probed(probe.vllm.version);
  if (probe.host?.isWsl) facts.isWsl = probed(true);
  if (probe.host?.isContainer) facts.isContainer = probed(true);
  const ram = ramGiB(probe);
  if (ram !== null) facts.hostRamGiB = probed(ram);
  const { memoryBytes, shmBytes } = probe.limits ?? {};
  if (memoryBytes) facts.hostLimitGiB = probed(memoryBytes / 2 ** 30);
  if (shmBytes) facts.shmGiB = probed(shmBytes / 2 ** 30);
  return facts;
};

/** A machine in one row: `2 × NVIDIA A100-SXM4-80GB · driver 550.54 · 503 GiB RAM · GPU 0: 6.2 GiB in use (python3 4242)` */
export const machineInWords = (probe: Machine): string => {
  const gpus = probe.gpus ?? [];
  const counts = new Map<string, number>();
  for (const { name } of gpus) counts.set(name ?? 'GPU', (counts.get(name ?? 'GPU') ?? 0) + 1);
  const ram = ramGiB(probe);
  const parts = [
    ...[...counts].map(([name, count]) => `${count} × ${name}`),
    probe.vllm ? `vLLM ${probe.vllm.version}` : '',
    probe.driver ? `driver ${probe.driver}` : '',
    ram === null ? '' : `${ram.toFixed(0)} GiB RAM`,
    ...(probe.processes ?? [])
      .filter(({ usedMiB }) => usedMiB !== null && usedMiB >= 256)
      .slice(0, 3)
      .map(
        ({ gpuIndex, usedMiB, name, pid }) =>
          `GPU ${gpuIndex ?? '?'}: ${(usedMiB! / GIB_IN_MIB).toFixed(1)} GiB (${name ?? '?'} ${pid})`,
      ),
    ...(probe.oomKills ?? []).slice(0, 1).map(({ name, pid }) => `OOM kill: ${name ?? '?'} ${pid ?? ''}`.trim()),
  ];
  return parts.filter(Boolean).join(' · ');
};
