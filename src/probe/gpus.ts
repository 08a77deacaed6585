import { parseProbe } from './parsers/index.js';
import type { Probe, ProbeGpu } from './parsers/types.js';
import { runTool, type ToolResult } from './run-tool.js';

/** Without persistence mode the first call loads the driver, which takes seconds. */
const TIMEOUT_MS = 8000;

type Run = (file: string, args: string[], timeoutMs: number) => Promise<ToolResult>;

/** What the tools said, and those that did not answer in time. */
export interface GpuProbe {
  probe: Probe;
  hung: string[];
}

const FIELDS = [
  'index',
  'uuid',
  'name',
  'memory.total',
  'memory.used',
  'memory.free',
  'memory.reserved',
  'driver_version',
  'compute_cap',
  'mig.mode.current',
  'pci.bus_id',
];
/** What nvidia-smi 470 and older do not know; one unknown field makes the whole query fail. */
const NEWER = new Set(['memory.reserved', 'compute_cap']);

const csv = (what: string, fields: string[]) => [`--query-${what}=${fields.join(',')}`, '--format=csv'];

/** NVIDIA, one call after the other: parallel calls of nvidia-smi hold each other up. */
const askNvidia = async (run: Run): Promise<GpuProbe | null> => {
  const ask = (args: string[]) => run('nvidia-smi', args, TIMEOUT_MS);
  let answer = await ask(csv('gpu', FIELDS));
  if (answer.outcome === 'missing') return null;
  let probe = parseProbe(answer.stdout) ?? {};
  if (probe.error === 'unsupported-field') {
    answer = await ask(
      csv(
        'gpu',
        FIELDS.filter(field => !NEWER.has(field)),
      ),
    );
    probe = parseProbe(answer.stdout) ?? {};
  }
  if (answer.outcome === 'timeout') return { probe: {}, hung: ['nvidia-smi'] };
  if (probe.error || !probe.gpus?.length) return { probe, hung: [] };
  const apps = await ask(csv('compute-apps', ['pid', 'process_name', 'used_memory', 'gpu_uuid']));
  const processes = parseProbe(apps.stdout)?.processes;
  if (processes)
    probe.processes = processes.map(process => ({
      ...process,
      gpuIndex: probe.gpus!.find(gpu => gpu.uuid === process.gpuUuid)?.index ?? null,
    }));
  // The version of CUDA and the sizes of MIG devices stand in the table only; MIG's profiles and UUIDs in the list.
  const table = parseProbe((await ask([])).stdout);
  if (table?.cuda) probe.cuda = table.cuda;
  if (probe.gpus.some(gpu => gpu.mig)) probe.migDevices = joinMig(table, parseProbe((await ask(['-L'])).stdout));
  return { probe, hung: apps.outcome === 'timeout' ? ['nvidia-smi'] : [] };
};

/** MIG devices with memory (table) and profile (list): both name the GPU and the device's number. */
const joinMig = (table: Probe | null, list: Probe | null) =>
  (table?.migDevices ?? list?.migDevices ?? []).map(device => {
    const named = list?.migDevices?.find(
      other => other.gpuIndex === device.gpuIndex && other.migIndex === device.migIndex,
    );
    return { ...device, profile: named?.profile ?? device.profile, uuid: named?.uuid ?? device.uuid };
  });

/** Fields of the same GPU from several answers: the first known one counts. */
const joinGpus = (...lists: (ProbeGpu[] | undefined)[]): ProbeGpu[] => {
  const [first = [], ...others] = lists;
  return first.map(gpu => {
    const joined: Record<string, unknown> = { ...gpu };
    for (const other of others) {
      const same = other?.find(candidate => candidate.index === gpu.index) ?? {};
      for (const [key, value] of Object.entries(same)) joined[key] ??= value;
    }
    return joined as unknown as ProbeGpu;
  });
};

/** AMD: amd-smi, else rocm-smi. */
const askAmd = async (run: Run): Promise<GpuProbe | null> => {
  const ask = (args: string[]) => run('amd-smi', args, TIMEOUT_MS);
  const fixed = await ask(['static', '--asic', '--vram', '--bus', '--driver', '--json']);
  if (fixed.outcome === 'timeout') return { probe: {}, hung: ['amd-smi'] };
  const known = parseProbe(fixed.stdout);
  if (known?.gpus?.length) {
    const [metric, users] = [
      parseProbe((await ask(['metric', '--mem-usage', '--json'])).stdout),
      parseProbe((await ask(['process', '--json'])).stdout),
    ];
    const probe: Probe = { ...known, gpus: joinGpus(known.gpus, metric?.gpus) };
    if (users?.processes) probe.processes = users.processes;
    return { probe, hung: [] };
  }
  const rocm = await run(
    'rocm-smi',
    ['--showproductname', '--showmeminfo', 'vram', 'gtt', '--showdriverversion', '--showbus', '--json'],
    TIMEOUT_MS,
  );
  if (rocm.outcome === 'missing') return null;
  return { probe: parseProbe(rocm.stdout) ?? {}, hung: rocm.outcome === 'timeout' ? ['rocm-smi'] : [] };
};

/** Intel: the list has no memory, each device's own page has. */
const askIntel = async (run: Run): Promise<GpuProbe | null> => {
  const list = await run('xpu-smi', ['discovery', '-j'], TIMEOUT_MS);
  if (list.outcome === 'missing') return null;
  if (list.outcome === 'timeout') return { probe: {}, hung: ['xpu-smi'] };
  const probe = parseProbe(list.stdout) ?? {};
  const pages: ProbeGpu[] = [];
  for (const gpu of (probe.gpus ?? []).slice(0, 16)) {
    const page = parseProbe((await run('xpu-smi', ['discovery', '-d', String(gpu.index), '-j'], TIMEOUT_MS)).stdout);
    pages.push(...(page?.gpus ?? []));
    probe.driver ??= page?.driver ?? null;
  }
  if (probe.gpus) probe.gpus = joinGpus(probe.gpus, pages);
  return { probe, hung: [] };
};

/** Huawei Ascend. */
const askAscend = async (run: Run): Promise<GpuProbe | null> => {
  const answer = await run('npu-smi', ['info'], TIMEOUT_MS);
  if (answer.outcome === 'missing') return null;
  return { probe: parseProbe(answer.stdout) ?? {}, hung: answer.outcome === 'timeout' ? ['npu-smi'] : [] };
};

/** Asks every vendor's tool that is there, the vendors at once. The first that lists GPUs is the machine's. */
export const probeGpus = async (run: Run = runTool): Promise<GpuProbe> => {
  const answers = (await Promise.all([askNvidia, askAmd, askIntel, askAscend].map(ask => ask(run)))).filter(
    answer => answer !== null,
  );
  const best =
    answers.find(({ probe }) => probe.gpus?.length) ?? answers.find(({ probe }) => probe.error) ?? answers[0];
  return { probe: best?.probe ?? {}, hung: answers.flatMap(({ hung }) => hung) };
};
