import { gpu, known, latest, numberOf } from './text.js';
import type { GpuProcess, Parser, ProbeGpu } from './types.js';

const ROW =
  /^\s{0,8}\[(\d{1,3})\]\s{1,4}(\S[^|]{0,80}?)\s{0,40}\|[^|]{0,80}\|\s{0,10}(\d{1,9}|\?{1,4})\s\/\s{1,8}(\d{1,9}|\?{1,4})\sMB\s{0,4}\|?(.{0,2000})$/;
/** `user:python3/1234(20480M)`; parts depend on the options. */
const USER = /(?:[\w.-]{1,40}:)?([^\s/|()]{1,80})\/(\d{1,10})\((\d{1,9}|\?)M\)/g;

/** gpustat: one line a GPU. MB is 2^20; its "used" counts the reserved part with old NVML. */
export const parseGpustat: Parser = ({ lines }) => {
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  for (const line of lines) {
    const row = ROW.exec(line);
    if (!row) continue;
    const index = Number(row[1]);
    gpus.push(gpu({ index, name: known(row[2]), usedMiB: numberOf(row[3]), totalMiB: numberOf(row[4]) }));
    for (const [, name, pid, used] of (row[5] ?? '').matchAll(USER))
      processes.push({ pid: Number(pid), name: name!, usedMiB: numberOf(used), gpuIndex: index });
  }
  if (gpus.length === 0) return null;
  return { gpus: latest(gpus), ...(processes.length > 0 && { processes }) };
};
