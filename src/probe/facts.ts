import { round } from '../common/units.js';
import type { Facts, FactValues } from '../facts/types.js';
import type { MachineProbe } from './machine.js';
import type { Probe, ProbeGpu } from './parsers/types.js';

/** The value that all entries share; undefined when they differ or one does not know. */
const common = <T>(values: (T | null | undefined)[]): T | undefined =>
  values.length > 0 && values.every(value => value !== null && value !== undefined && value === values[0])
    ? (values[0] as T)
    : undefined;

const platformOf = (probe: Probe, gpus: ProbeGpu[]): FactValues['platform'] | undefined => {
  const names = gpus.map(gpu => gpu.name ?? '').join(' ');
  if (gpus.some(gpu => gpu.npu !== undefined)) return 'npu';
  if (/NVIDIA|Tesla|GeForce|Quadro|Orin|Thor/i.test(names) || probe.cuda) return 'cuda';
  if (/AMD|Radeon|Instinct|\bMI\d{2,3}/i.test(names) || probe.rocm || gpus.some(gpu => gpu.gttTotalMiB !== undefined))
    return 'rocm';
  return /Intel|\bArc\b/i.test(names) ? 'xpu' : undefined;
};

/**
 * torch's total in GiB: on NVIDIA memory.total - memory.reserved (seen on nine cards, driver 535 and later), on AMD and
 * Intel the tool's total. Undefined under WSL, for unified memory, where reserved was not asked for, and on Ascend,
 * whose tool counts what torch cannot have.
 */
const torchTotalGiB = (gpu: ProbeGpu, platform: string | undefined): number | undefined => {
  if (gpu.totalMiB === null) return undefined;
  if (platform === 'cuda') return gpu.reservedMiB === null ? undefined : round((gpu.totalMiB - gpu.reservedMiB) / 1024);
  return platform === 'rocm' || platform === 'xpu' ? round(gpu.totalMiB / 1024) : undefined;
};

/**
 * What a probe states about the machine, as facts. Of several GPUs only what all share: which one an error means is not
 * known here. Free memory is left out: it is that of now, not that of the failed start.
 */
export const factsFromProbe = (probe: Probe & Partial<Pick<MachineProbe, 'host' | 'vllm'>>): Facts => {
  const facts: Record<string, unknown> = {};
  const put = <Name extends keyof FactValues>(name: Name, value: FactValues[Name] | null | undefined) => {
    if (value !== undefined && value !== null) facts[name] = { value, from: 'probe' };
  };
  const gpus = probe.gpus ?? [];
  const platform = platformOf(probe, gpus);
  const env = probe.env ?? {};
  const { host, vllm } = probe;
  const isWsl = host?.isWsl || env.wsl === true;
  const hasMig = (probe.migDevices?.length ?? 0) > 0;
  if (gpus.length > 0) {
    put('platform', platform);
    put('gpuName', common(gpus.map(gpu => (gpu.name?.includes('...') ? null : gpu.name))));
    // On MIG vLLM sees one instance, whichever it was given.
    if (!hasMig) put('gpuCount', gpus.length);
    put('computeCapability', common(gpus.map(gpu => gpu.computeCapability)));
    if (!isWsl && !probe.unified && !hasMig) put('gpuTotalGiB', common(gpus.map(gpu => torchTotalGiB(gpu, platform))));
  }
  put('unifiedMemory', probe.unified);
  put('driverVersion', probe.driver);
  put('cudaVersion', probe.cuda);
  const { memory, limits } = probe;
  const ramGiB = memory?.totalKiB ? memory.totalKiB / 2 ** 20 : memory?.totalMiB ? memory.totalMiB / 2 ** 10 : null;
  put('hostRamGiB', ramGiB === null ? null : round(ramGiB));
  put('hostLimitGiB', limits?.memoryBytes ? round(limits.memoryBytes / 2 ** 30) : null);
  put('shmGiB', limits?.shmBytes ? round(limits.shmBytes / 2 ** 30, 4) : null);
  put('isWsl', isWsl || undefined);
  put('isContainer', host?.isContainer || undefined);
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  put('vllmVersion', text(env.vllmVersion) ?? vllm?.version);
  put('torchVersion', text(env.torchVersion));
  const kill = probe.containers?.find(container => container.exitCode !== null && container.exitCode !== 0);
  put('exitCode', probe.exitCode ?? kill?.exitCode);
  return facts as Facts;
};
