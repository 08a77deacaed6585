import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { cpu, dockerInfo, mem, osInfo } from 'systeminformation';
import { parseProbe } from './parsers/index.js';
import type { HostMemory, Limits, OomKill } from './parsers/types.js';
import { runTool } from './run-tool.js';

export interface Host {
  os: string | null;
  kernel: string | null;
  cpu: string | null;
  cores: number | null;
  isWsl: boolean;
  isContainer: boolean;
  /** Version of a Docker server that answers here. */
  docker: string | null;
}

const read = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').then(
    text => text.trim(),
    () => null,
  );

/** `value` when `promise` takes longer than `ms` or fails: no question to the machine holds the others up. */
const within = async <T>(promise: Promise<T>, ms: number, value: T): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>(resolve => {
    timer = setTimeout(resolve, ms, value);
  });
  try {
    return await Promise.race([promise.catch(() => value), late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Operating system and processor. */
export const probeHost = async (): Promise<Host> => {
  const [system, processor, docker, version] = await Promise.all([
    within(osInfo(), 3000, null),
    within(cpu(), 3000, null),
    within(dockerInfo(), 2000, null),
    read('/proc/version'),
  ]);
  return {
    os: system ? [system.distro, system.release].filter(Boolean).join(' ') || null : null,
    kernel: system?.kernel || null,
    cpu: processor ? [processor.manufacturer, processor.brand].filter(Boolean).join(' ') || null : null,
    cores: processor?.cores || null,
    isWsl: /microsoft/i.test(version ?? ''),
    isContainer:
      existsSync('/.dockerenv') ||
      existsSync('/run/.containerenv') ||
      process.env.KUBERNETES_SERVICE_HOST !== undefined,
    docker: docker?.serverVersion || null,
  };
};

/** Host memory: /proc/meminfo where it is (the whole host's, also in a container), else what the system tells. */
export const probeMemory = async (): Promise<HostMemory | null> => {
  const text = await read('/proc/meminfo');
  const memory = text === null ? undefined : parseProbe(text)?.memory;
  if (memory) return memory;
  const told = await within(mem(), 3000, null);
  return (
    told && {
      totalMiB: Math.round(told.total / 2 ** 20),
      usedMiB: Math.round(told.used / 2 ** 20),
      freeMiB: Math.round(told.free / 2 ** 20),
      availableMiB: Math.round(told.available / 2 ** 20),
    }
  );
};

const limitIn = (text: string | null): number | null =>
  text === null ? null : (parseProbe(text)?.limits?.memoryBytes ?? null);

/** Folders from this process's cgroup up to the root: the smallest limit on the way counts. */
const cgroupFolders = async (): Promise<{ folder: string; version: 1 | 2 }[]> => {
  const lines = ((await read('/proc/self/cgroup')) ?? '').split('\n');
  const v2 = lines.find(line => line.startsWith('0::'))?.slice(3);
  const v1 = lines
    .find(line => /^\d+:[^:]*\bmemory\b[^:]*:/.test(line))
    ?.split(':')
    .slice(2)
    .join(':');
  const [root, path, version] =
    v1 === undefined ? (['/sys/fs/cgroup', v2 ?? '/', 2] as const) : (['/sys/fs/cgroup/memory', v1, 1] as const);
  const parts = path.split('/').filter(part => part !== '' && part !== '..');
  return [...parts.keys(), parts.length].map(depth => ({ folder: join(root, ...parts.slice(0, depth)), version }));
};

/** Limits of this process: the smallest memory limit of its cgroups, kills there, the size of /dev/shm. */
export const probeLimits = async (): Promise<Limits> => {
  const limits: Limits = { memoryBytes: null };
  for (const { folder, version } of await cgroupFolders()) {
    const limit = limitIn(await read(join(folder, version === 2 ? 'memory.max' : 'memory.limit_in_bytes')));
    if (limit !== null) limits.memoryBytes = Math.min(limit, limits.memoryBytes ?? limit);
    const events = await read(join(folder, 'memory.events'));
    const kills = events === null ? null : (parseProbe(events)?.limits?.oomKills ?? null);
    if (kills !== null) limits.oomKills = Math.max(kills, limits.oomKills ?? 0);
  }
  const shm = await within(statfs('/dev/shm'), 2000, null).catch(() => null);
  if (shm) {
    limits.shmBytes = shm.blocks * shm.bsize;
    limits.shmUsedBytes = (shm.blocks - shm.bfree) * shm.bsize;
  }
  return limits;
};

const KILLS_TOLD = 10;

/**
 * The kernel's last OOM kills, newest first; null when neither dmesg nor the journal may be read (which is not "none").
 */
export const probeKills = async (run: typeof runTool = runTool): Promise<OomKill[] | null> => {
  const buffer = await run('dmesg', [], 3000);
  const answer =
    buffer.outcome === 'ok' && buffer.stdout !== ''
      ? buffer
      : await run('journalctl', ['-k', '-b', '-q', '--no-pager', '-n', '5000', '-o', 'short-iso'], 3000);
  if (answer.outcome !== 'ok' || answer.stdout === '') return null;
  return (parseProbe(answer.stdout)?.oomKills ?? []).slice(-KILLS_TOLD).reverse();
};
