import { stripControls } from '../common/sanitize.js';
import { fill, type Lang, say, type Text } from '../common/text.js';
import { gib } from '../common/units.js';
import { describeKill } from './describe-kill.js';
import type { MachineProbe } from './machine.js';
import type { Container, GpuProcess, Probe, ProbeError, ProbeGpu } from './parsers/types.js';

const ERRORS: Record<ProbeError, Text> = {
  'driver-not-loaded': {
    en: 'nvidia-smi cannot reach the NVIDIA driver: it is not loaded. vLLM cannot use a GPU until it is.',
    zh: 'nvidia-smi 无法连接 NVIDIA 驱动：驱动未加载，在此之前 vLLM 无法使用 GPU。',
  },
  'nvml-mismatch': {
    en: 'The driver in the kernel and its library have different versions: the driver was updated without a reboot.',
    zh: '内核中的驱动与用户态库版本不一致：更新驱动后尚未重启。',
  },
  'nvml-unknown': {
    en: 'NVML answers "Unknown Error": inside a container this usually means that it lost its device access; restart it.',
    zh: 'NVML 返回 "Unknown Error"：在容器内通常表示已失去设备访问权限，请重启容器。',
  },
  permission: {
    en: 'The GPU tools are not permitted to reach the driver.',
    zh: 'GPU 工具没有访问驱动的权限。',
  },
  lost: { en: 'A GPU has been lost: the driver cannot reach it any more.', zh: '有 GPU 已丢失：驱动无法再访问它。' },
  'no-devices': { en: 'The driver is loaded but shows no GPU here.', zh: '驱动已加载，但这里看不到 GPU。' },
  'unsupported-field': {
    en: 'This nvidia-smi does not know a field that was asked for.',
    zh: '该版本的 nvidia-smi 不支持所查询的字段。',
  },
  'memory-not-supported': {
    en: 'The GPU does not report memory of its own: it shares the memory of the system.',
    zh: '该 GPU 不报告独立显存：它与系统共享内存。',
  },
  'no-device-node': {
    en: '/dev/kfd cannot be opened: ROCm programs will find no GPU.',
    zh: '无法打开 /dev/kfd:ROCm 程序将找不到 GPU。',
  },
  'shm-full': { en: '/dev/shm is full.', zh: '/dev/shm 已满。' },
};

const WORDS = {
  gpu: { en: 'GPU', zh: 'GPU' },
  noGpu: { en: 'No GPU was found.', zh: '未找到 GPU。' },
  hung: { en: '{tools} did not answer in time and was left alone.', zh: '{tools} 未在时限内响应，已放弃等待。' },
  driver: { en: 'driver {driver}', zh: '驱动 {driver}' },
  used: { en: '{used} of {total} GiB used', zh: '已用 {used} / {total} GiB' },
  total: { en: '{total} GiB', zh: '{total} GiB' },
  unknownMemory: { en: 'memory not told', zh: '显存未知' },
  free: { en: '{free} GiB free', zh: '空闲 {free} GiB' },
  torch: { en: 'vLLM reckons with {torch} GiB', zh: 'vLLM 按 {torch} GiB 计算' },
  unified: { en: 'GPU and system share their memory.', zh: 'GPU 与系统共享内存。' },
  mig: { en: 'MIG {mig}: {memory}', zh: 'MIG {mig}：{memory}' },
  processes: { en: 'Processes that hold GPU memory', zh: '占用显存的进程' },
  users: { en: 'Processes that hold host memory', zh: '占用主机内存的进程' },
  noProcesses: { en: 'No process holds GPU memory.', zh: '没有进程占用显存。' },
  hidden: {
    en: 'Processes are hidden: they run outside this container. Ask on the host.',
    zh: '进程不可见：它们运行在容器之外，请在主机上查看。',
  },
  notTold: { en: 'not told', zh: '未知' },
  memory: { en: 'Host memory', zh: '主机内存' },
  available: { en: '{available} of {total} GiB available', zh: '可用 {available} / {total} GiB' },
  limit: { en: 'memory limit {limit}', zh: '内存上限 {limit}' },
  shm: { en: '/dev/shm {shm}', zh: '/dev/shm {shm}' },
  shmNeeded: { en: '{shm} needed in /dev/shm', zh: '/dev/shm 需要 {shm}' },
  kills: { en: 'Killed for lack of memory', zh: '因内存不足被终止' },
  containers: { en: 'Containers', zh: '容器' },
  exit: { en: 'exit code {code}', zh: '退出码 {code}' },
  before: { en: 'before: {state}', zh: '此前：{state}' },
  restarts: { en: '{count} restarts', zh: '重启 {count} 次' },
  system: { en: 'System', zh: '系统' },
  container: { en: 'in a container', zh: '位于容器内' },
  colon: { en: ': ', zh: '：' },
  comma: { en: ', ', zh: '，' },
  vllm: { en: 'vLLM {version} in {location}', zh: 'vLLM {version}，位于 {location}' },
  noVllm: { en: 'vLLM is not installed here.', zh: '此处未安装 vLLM。' },
} satisfies Record<string, Text>;

/** `25 MiB`, `7.31 GiB` */
const sizeOf = (mib: number) => (mib < 1024 ? `${Math.round(mib)} MiB` : `${gib(mib / 1024)} GiB`);

const inGib = (mib: number) => gib(mib / 1024);

/** A probe for people: a few lines, nothing that is not known. Ends with a line feed. */
export const describeProbe = (probe: Probe | MachineProbe, lang: Lang): string => {
  const put = (word: Text, values: Record<string, string | number> = {}) => say(fill(word, values), lang);
  const lines: string[] = [];
  const isMachine = 'host' in probe;
  if (probe.error) lines.push(say(ERRORS[probe.error], lang));
  if (isMachine && probe.hung.length) lines.push(put(WORDS.hung, { tools: probe.hung.join(', ') }));
  const versions = [
    probe.driver && put(WORDS.driver, { driver: probe.driver }),
    probe.cuda && `CUDA ${probe.cuda}`,
    probe.rocm && `ROCm ${probe.rocm}`,
  ].filter(Boolean);
  const gpus = probe.gpus ?? [];
  gpus.forEach((gpu, i) => {
    lines.push(
      `${put(WORDS.gpu)} ${gpu.index ?? i}  ${[gpu.name, memoryOf(gpu, put), i === 0 && versions.join(', ')].filter(Boolean).join(' · ')}`,
    );
  });
  if (gpus.length === 0 && versions.length) lines.push(versions.join(', '));
  if (gpus.length === 0 && isMachine && !probe.error) lines.push(put(WORDS.noGpu));
  for (const device of probe.migDevices ?? [])
    lines.push(
      `  ${put(WORDS.mig, {
        mig: [device.profile, device.gpuIndex !== null && `${device.gpuIndex}:${device.migIndex ?? device.gi}`]
          .filter(Boolean)
          .join(' '),
        memory:
          device.totalMiB === null
            ? put(WORDS.notTold)
            : put(WORDS.used, { used: inGib(device.usedMiB ?? 0), total: inGib(device.totalMiB) }),
      })}`,
    );
  if (probe.unified) lines.push(put(WORDS.unified));
  lines.push(...processLines(probe, put));
  lines.push(...hostLines(probe, put));
  if (probe.containers?.length) {
    lines.push('', put(WORDS.containers), ...probe.containers.map(one => `  ${containerLine(one, put)}`));
  } else if (probe.exitCode !== undefined) lines.push(put(WORDS.exit, { code: probe.exitCode }));
  if (probe.oomKills?.length)
    lines.push('', put(WORDS.kills), ...probe.oomKills.map(kill => `  ${say(describeKill(kill), lang)}`));
  lines.push(...systemLines(probe, put));
  return `${stripControls(lines.join('\n').trim())}\n`;
};

type Put = (word: Text, values?: Record<string, string | number>) => string;

const containerLine = (one: Container, put: Put): string => {
  const ending = [
    one.reason,
    one.exitCode !== null && put(WORDS.exit, { code: one.exitCode }),
    one.oomKilled && 'OOMKilled',
  ];
  const parts = [
    one.state,
    one.stateReason,
    // What ended before the present state; without an earlier one the ending is that of the state itself.
    one.lastState ? put(WORDS.before, { state: [one.lastState, ...ending].filter(Boolean).join(', ') }) : ending,
    one.restarts && put(WORDS.restarts, { count: one.restarts }),
  ];
  return `${one.name ?? '?'}: ${parts.flat().filter(Boolean).join(' · ')}`;
};

const memoryOf = (gpu: ProbeGpu, put: Put): string => {
  if (gpu.totalMiB === null)
    return gpu.vramPercent === undefined || gpu.vramPercent === null
      ? put(WORDS.unknownMemory)
      : `VRAM ${gpu.vramPercent} %`;
  const parts = [
    gpu.usedMiB === null
      ? put(WORDS.total, { total: inGib(gpu.totalMiB) })
      : put(WORDS.used, { used: inGib(gpu.usedMiB), total: inGib(gpu.totalMiB) }),
  ];
  if (gpu.freeMiB !== null) parts.push(put(WORDS.free, { free: inGib(gpu.freeMiB) }));
  if (gpu.reservedMiB !== null) parts.push(put(WORDS.torch, { torch: inGib(gpu.totalMiB - gpu.reservedMiB) }));
  return parts.join(put(WORDS.comma));
};

const processLines = (probe: Probe, put: Put): string[] => {
  if (probe.processesHidden) return [put(WORDS.hidden)];
  if (!probe.processes) return [];
  if (probe.processes.length === 0) return [put(WORDS.noProcesses)];
  const size = (one: GpuProcess) =>
    one.usedGB !== undefined
      ? sizeOf(one.usedGB * 1024)
      : one.usedMiB === null
        ? put(WORDS.notTold)
        : sizeOf(one.usedMiB);
  const heading = probe.processes.some(one => one.usedGB !== undefined) ? WORDS.users : WORDS.processes;
  const ordered = [...probe.processes].sort(
    (a, b) => (b.usedMiB ?? (b.usedGB ?? -1) * 1024) - (a.usedMiB ?? (a.usedGB ?? -1) * 1024),
  );
  return [
    '',
    put(heading),
    ...ordered.map(
      one =>
        `  ${size(one).padStart(12)}  pid ${one.pid}${one.gpuIndex === null ? '' : `  GPU ${one.gpuIndex}`}  ${one.name ?? '?'}`,
    ),
  ];
};

const hostLines = ({ memory, swap, limits }: Probe, put: Put): string[] => {
  const total = memory?.totalKiB ? memory.totalKiB / 1024 : memory?.totalMiB;
  const available = memory?.availableKiB ? memory.availableKiB / 1024 : memory?.availableMiB;
  const parts = [
    total &&
      (available
        ? put(WORDS.available, { available: inGib(available), total: inGib(total) })
        : memory?.usedMiB
          ? put(WORDS.used, { used: inGib(memory.usedMiB), total: inGib(total) })
          : put(WORDS.total, { total: inGib(total) })),
    swap?.totalMiB && `swap ${inGib(swap.totalMiB)} GiB`,
    limits?.memoryBytes && put(WORDS.limit, { limit: sizeOf(limits.memoryBytes / 2 ** 20) }),
    limits?.shmBytes && put(WORDS.shm, { shm: sizeOf(limits.shmBytes / 2 ** 20) }),
    limits?.shmNeededBytes && put(WORDS.shmNeeded, { shm: sizeOf(limits.shmNeededBytes / 2 ** 20) }),
    limits?.oomKills && `oom_kill ${limits.oomKills}`,
  ].filter(Boolean);
  return parts.length ? ['', `${put(WORDS.memory)}${put(WORDS.colon)}${parts.join(put(WORDS.comma))}`] : [];
};

const systemLines = (probe: Probe | MachineProbe, put: Put): string[] => {
  const env = probe.env ?? {};
  const told = ['os', 'vllmVersion', 'torchVersion', 'pythonVersion'].flatMap(name =>
    typeof env[name] === 'string' ? [`${name.replace('Version', '')} ${env[name]}`] : [],
  );
  if (!('host' in probe)) return told.length ? ['', told.join(' · ')] : [];
  const { host, vllm } = probe;
  const parts = [
    host.os,
    host.kernel,
    host.cpu,
    host.isWsl && 'WSL',
    host.docker && `Docker ${host.docker}`,
    host.isContainer && put(WORDS.container),
  ].filter(Boolean);
  return [
    '',
    `${put(WORDS.system)}${put(WORDS.colon)}${parts.join(' · ')}`,
    vllm ? put(WORDS.vllm, { version: vllm.version, location: vllm.location }) : put(WORDS.noVllm),
  ];
};
