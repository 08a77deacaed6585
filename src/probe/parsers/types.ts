/** One GPU, NPU chip or logical device that a text lists. MiB are 2^20 bytes; null: not printed, N/A. */
export interface ProbeGpu {
  index: number | null;
  name: string | null;
  totalMiB: number | null;
  usedMiB: number | null;
  /** Only as printed, never computed. */
  freeMiB: number | null;
  reservedMiB: number | null;
  uuid: string | null;
  busId: string | null;
  computeCapability: string | null;
  mig: boolean | null;
  gttTotalMiB?: number | null;
  gttUsedMiB?: number | null;
  vramPercent?: number | null;
  hipIndex?: number | null;
  npu?: number | null;
  chip?: number | null;
  physicalId?: number | null;
  health?: string | null;
  arch?: string | null;
}

export interface MigDevice {
  gpuIndex: number | null;
  migIndex: number | null;
  gi: number | null;
  ci: number | null;
  usedMiB: number | null;
  totalMiB: number | null;
  profile: string | null;
  uuid: string | null;
}

/** A process that holds a GPU (or host memory, in Ray's table). */
export interface GpuProcess {
  pid: number;
  name: string | null;
  usedMiB: number | null;
  gpuIndex: number | null;
  gpuUuid?: string | null;
  busId?: string | null;
  type?: string;
  gi?: number;
  ci?: number;
  npu?: number;
  chip?: number;
  usedGB?: number;
}

export interface HostMemory {
  totalKiB?: number | null;
  freeKiB?: number | null;
  availableKiB?: number | null;
  cachedKiB?: number | null;
  shmemKiB?: number | null;
  swapTotalKiB?: number | null;
  nvMapUsedKiB?: number | null;
  totalMiB?: number | null;
  usedMiB?: number | null;
  freeMiB?: number | null;
  availableMiB?: number | null;
}

export interface Limits {
  memoryBytes?: number | null;
  memswBytes?: number | null;
  rssBytes?: number | null;
  cacheBytes?: number | null;
  oomKills?: number | null;
  maxEvents?: number | null;
  shmBytes?: number | null;
  shmUsedBytes?: number | null;
  shmNeededBytes?: number | null;
  ipcMode?: string | null;
  gpus?: unknown;
}

export interface Container {
  name: string | null;
  init?: boolean;
  state: string | null;
  stateReason?: string | null;
  lastState?: string | null;
  reason?: string | null;
  exitCode: number | null;
  /** Docker's flag; true only when the container's own limit was hit. */
  oomKilled?: boolean | null;
  restarts?: number | null;
  pid?: number | null;
  args?: string[] | null;
}

/** A process that was ended for lack of host memory, and who did it. */
export interface OomKill {
  killer?: 'kernel' | 'systemd-oomd' | 'earlyoom' | 'ray' | 'slurm';
  pid?: number;
  name?: string;
  constraint?: 'none' | 'memcg' | 'memory-policy' | 'cpuset';
  nodemask?: string;
  cgroup?: string;
  limitKiB?: number;
  anonRssKiB?: number;
  totalVmKiB?: number;
  invokedBy?: string;
  unit?: string;
  reason?: string;
  pressurePct?: number;
  limitPct?: number;
  killedProcesses?: number;
  pids?: number[];
  signal?: string;
  rssMiB?: number;
  usedGB?: number;
  nodeUsedGB?: number;
  nodeTotalGB?: number;
  threshold?: number;
  count?: number;
  crashed?: number;
  step?: string;
}

export type ProbeError =
  | 'driver-not-loaded'
  | 'nvml-mismatch'
  | 'nvml-unknown'
  | 'permission'
  | 'lost'
  | 'no-devices'
  | 'unsupported-field'
  | 'memory-not-supported'
  | 'no-device-node'
  | 'shm-full';

/** What a machine, or a saved output of a tool, says. Absent: the text has no such part. */
export interface Probe {
  gpus?: ProbeGpu[];
  migDevices?: MigDevice[];
  processes?: GpuProcess[];
  /** nvidia-smi's process panel: rows, "No running processes found", no rows at all (hidden), no panel, cut off. */
  processSection?: 'listed' | 'none' | 'empty' | 'absent' | 'cut';
  processesHidden?: boolean;
  driver?: string | null;
  cuda?: string | null;
  rocm?: string | null;
  tool?: string | null;
  /** GPU and system share their memory. */
  unified?: boolean;
  memory?: HostMemory;
  swap?: { totalMiB: number | null; usedMiB: number | null };
  limits?: Limits;
  containers?: Container[];
  oomKills?: OomKill[];
  env?: Record<string, unknown>;
  error?: ProbeError;
  field?: string;
  busId?: string;
  libraryVersion?: string;
  exitCode?: number;
}

/** A text, cleaned: no control sequences, no log prefixes, lines of bounded length. */
export interface ProbeText {
  lines: string[];
  text: string;
  /** Parsed, when the whole text (or its one block in brackets) is JSON. */
  json: unknown;
}

/** Reads the parts of a text that one tool prints; null when there are none. */
export type Parser = (text: ProbeText) => Probe | null;
