import { round } from '../../common/units.js';
import type { Facts, FactValues } from '../../facts/types.js';
import type { Probe, ProbeGpu } from './types.js';

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
 * The exit code that the endings tell; undefined where containers ended differently, as it is not known which one is meant.
 */
const exitCodeOf = ({ exitCode, containers = [] }: Probe): number | undefined =>
  exitCode ?? common(containers.map(container => container.exitCode).filter(code => code !== null && code !== 0));

/**
 * What the output of a tool states about the machine, as facts. Of several GPUs only what all share: which one an error
 * means is not known here. Free memory is left out: it is that of the moment, not that of the failed start.
 */
export const factsFromOutput = (probe: Probe): Facts => {
  const facts: Record<string, unknown> = {};
  const put = <Name extends keyof FactValues>(name: Name, value: FactValues[Name] | null | undefined) => {
    if (value !== undefined && value !== null) facts[name] = { value, from: 'probe' };
  };
  const gpus = probe.gpus ?? [];
  const platform = platformOf(probe, gpus);
  const env = probe.env ?? {};
  const isWsl = env.wsl === true;
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
  // Docker lists its default size beside --ipc=host, where the host's /dev/shm is the one in use.
  put('shmGiB', limits?.shmBytes && limits.ipcMode !== 'host' ? round(limits.shmBytes / 2 ** 30, 4) : null);
  put('isWsl', isWsl || undefined);
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  put('vllmVersion', text(env.vllmVersion));
  put('torchVersion', text(env.torchVersion));
  put('exitCode', exitCodeOf(probe));
  return facts as Facts;
};
