import { gpu, known, latest, mibOf } from './text.js';
import type { GpuProcess, Parser, ProbeGpu } from './types.js';

/** `nvidia-smi -q`: indented `key : value` lines, one block a GPU; sections are told by their own line. */
export const parseNvidiaQuery: Parser = ({ lines, text }) => {
  if (!/NVSMI LOG|^\s*FB Memory Usage\s*$/m.test(text)) return null;
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  let section = '';
  let one: ProbeGpu | null = null;
  for (const line of lines) {
    const begin = /^GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s*$/.exec(line);
    if (begin) {
      one = gpu({ index: gpus.length, busId: begin[1]! });
      gpus.push(one);
      continue;
    }
    const pair = /^\s{1,40}([A-Z][\w .()/-]{0,50}?)\s{1,40}: (.{0,120})$/.exec(line);
    if (!pair) {
      section = line.trim();
      continue;
    }
    const [, key, raw] = pair;
    const value = known(raw);
    if (!one && section === 'FB Memory Usage') {
      one = gpu({});
      gpus.push(one);
    }
    if (key === 'Process ID')
      processes.push({ pid: Number(value), name: null, usedMiB: null, gpuIndex: one?.index ?? null });
    const process = processes.at(-1);
    if (process && key === 'Name') process.name = value;
    else if (process && key === 'Used GPU Memory') process.usedMiB = mibOf(value);
    if (!one) continue;
    if (key === 'Product Name') one.name = value;
    else if (key === 'GPU UUID') one.uuid = value;
    else if (section === 'MIG Mode' && key === 'Current')
      one.mig = value === 'Enabled' ? true : value === 'Disabled' ? false : null;
    else if (section === 'FB Memory Usage') {
      if (key === 'Total') one.totalMiB = mibOf(value);
      else if (key === 'Reserved') one.reservedMiB = mibOf(value);
      else if (key === 'Used') one.usedMiB = mibOf(value);
      else if (key === 'Free') one.freeMiB = mibOf(value);
    }
  }
  const value = (name: string) => known(new RegExp(`^\\s{0,8}${name}\\s{1,40}: (\\S{1,40})\\s*$`, 'm').exec(text)?.[1]);
  return {
    gpus: latest(gpus),
    driver: value('Driver Version') ?? value('KMD Version'),
    cuda: value('CUDA Version') ?? value('CUDA UMD Version'),
    ...(processes.length > 0 && { processes }),
  };
};
