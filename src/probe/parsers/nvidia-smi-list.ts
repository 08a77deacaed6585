import { gpu, known, latest } from './text.js';
import type { MigDevice, Parser, Probe, ProbeGpu } from './types.js';

const GPU_LINE = /^\s{0,8}GPU (\d{1,3}):\s{1,4}(\S.{0,80}?)\s{0,4}\(UUID: ([\w/-]{4,80})\)/;
const MIG_LINE = /^\s{1,8}MIG\s{1,4}(\S{1,20})\s{1,20}Device\s{1,8}(\d{1,3}):\s{0,4}\(UUID: ([\w/-]{4,100})\)/;

/** `nvidia-smi -L` (GPUs and their MIG devices) and `nvidia-smi --version`. */
export const parseNvidiaList: Parser = ({ lines }) => {
  const gpus: ProbeGpu[] = [];
  const migDevices: MigDevice[] = [];
  const versions: Record<string, string> = {};
  for (const line of lines) {
    const one = GPU_LINE.exec(line);
    if (one) gpus.push(gpu({ index: Number(one[1]), name: known(one[2]), uuid: one[3]! }));
    const mig = MIG_LINE.exec(line);
    if (mig)
      migDevices.push({
        gpuIndex: gpus.at(-1)?.index ?? null,
        migIndex: Number(mig[2]),
        gi: null,
        ci: null,
        usedMiB: null,
        totalMiB: null,
        profile: mig[1]!,
        uuid: mig[3]!,
      });
    const version =
      /^\s{0,4}(NVIDIA-SMI|NVML|DRIVER|CUDA|KMD|CUDA UMD) version\s{0,24}:\s{1,8}(\d[\w.]{0,30})\s*$/i.exec(line);
    if (version) versions[version[1]!.toUpperCase()] = version[2]!;
  }
  const hasVersions = 'NVIDIA-SMI' in versions || 'NVML' in versions;
  if (gpus.length === 0 && migDevices.length === 0 && !hasVersions) return null;
  const probe: Probe = {};
  if (gpus.length || migDevices.length) probe.gpus = latest(gpus);
  if (migDevices.length) probe.migDevices = migDevices;
  if (hasVersions) {
    probe.driver = versions.KMD ?? versions.DRIVER ?? null;
    probe.cuda = versions['CUDA UMD'] ?? versions.CUDA ?? null;
  }
  return probe;
};
