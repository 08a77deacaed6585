import type { MachineProbe } from '../probe/machine.js';
import type { Probe } from '../probe/parsers/types.js';

export { factsFromProbe } from '../probe/facts.js';

/** A saved output says less than a machine that is asked. */
type Machine = Probe & Partial<Pick<MachineProbe, 'host' | 'vllm'>>;

const GIB_IN_MIB = 1024;
const GIB_IN_KIB = 2 ** 20;

const ramGiB = ({ memory }: Probe): number | null => {
  if (memory?.totalMiB) return memory.totalMiB / GIB_IN_MIB;
  return memory?.totalKiB ? memory.totalKiB / GIB_IN_KIB : null;
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
