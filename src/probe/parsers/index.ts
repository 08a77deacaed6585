import { parseAmdSmi } from './amd-smi.js';
import { parseCgroup, parseExitCode } from './cgroup.js';
import { parseCollectEnv } from './collect-env.js';
import { parseDocker } from './docker.js';
import { parseGpustat } from './gpustat.js';
import { parseFree, parseMeminfo, parseTegrastats } from './host-memory.js';
import { parseKernelOom } from './kernel-oom.js';
import { parseKubernetes } from './kubernetes.js';
import { parseNpuSmi } from './npu-smi.js';
import { parseNvidiaError } from './nvidia-error.js';
import { parseNvidiaCsv } from './nvidia-smi-csv.js';
import { parseNvidiaList } from './nvidia-smi-list.js';
import { parseNvidiaQuery } from './nvidia-smi-query.js';
import { parseNvidiaTable } from './nvidia-smi-table.js';
import { parseNvmlJson } from './nvml-json.js';
import { parseEarlyoom, parseRay, parseSlurm, parseSystemdOomd } from './other-killers.js';
import { parseRocmSmi } from './rocm-smi.js';
import { parseShm } from './shm.js';
import { prepare } from './text.js';
import type { Parser, Probe } from './types.js';
import { isUnified } from './unified.js';
import { parseXpuSmi } from './xpu-smi.js';

export type * from './types.js';

/** The tools that list devices: what one of them claims is not looked at by the next. */
const DEVICES: Parser[] = [
  parseNvidiaTable,
  parseNvidiaList,
  parseNvidiaQuery,
  parseGpustat,
  parseAmdSmi,
  parseRocmSmi,
  parseXpuSmi,
  parseNpuSmi,
  parseNvmlJson,
  parseCollectEnv,
];

const HOST: Parser[] = [
  parseMeminfo,
  parseFree,
  parseTegrastats,
  parseCgroup,
  parseShm,
  parseDocker,
  parseKubernetes,
  parseKernelOom,
  parseSystemdOomd,
  parseEarlyoom,
  parseRay,
  parseSlurm,
];

const LISTS = ['gpus', 'migDevices', 'processes', 'containers', 'oomKills'] as const;

/** Lays what another parser read beside what is known: lists are joined, single values kept where they are known. */
const join = (a: Probe, b: Probe): Probe => {
  const joined: Record<string, unknown> = { ...b };
  for (const [key, value] of Object.entries(a)) {
    const other = joined[key];
    if ((LISTS as readonly string[]).includes(key) && Array.isArray(other))
      joined[key] = [...(value as unknown[]), ...other];
    else if (['limits', 'memory', 'env'].includes(key) && other) joined[key] = { ...other, ...(value as object) };
    else if (value !== null || other === undefined) joined[key] = value;
  }
  return joined as Probe;
};

/**
 * Reads a saved output of nvidia-smi, rocm-smi, amd-smi, xpu-smi, npu-smi, tegrastats, free, /proc/meminfo, cgroup files,
 * df, docker, kubectl, the kernel's and other OOM killers, Ray, Slurm or collect_env; several in one text are all read.
 * Null when the text holds none of them. Never throws.
 */
export const parseProbe = (raw: string): Probe | null => {
  const text = prepare(raw);
  const devices = DEVICES.map(parser => parser(text)).filter(probe => probe !== null);
  // CSV without a header is told by its look only: not in texts that another tool explains.
  if (devices.every(probe => probe.gpus === undefined || probe.gpus.length === 0)) {
    const csv = parseNvidiaCsv(text);
    if (csv) devices.push(csv);
  }
  const error = parseNvidiaError(text);
  const host = HOST.map(parser => parser(text)).filter(probe => probe !== null);
  const found = [...devices, ...host, ...(error ? [error] : [])];
  if (found.length === 0) {
    const exit = parseExitCode(text);
    return exit;
  }
  const probe = found.reduce(join);
  const exit = probe.containers || devices.length ? null : parseExitCode(text);
  if (exit) Object.assign(probe, exit);
  if (isUnified(probe, text.text)) probe.unified = true;
  return probe;
};
