import { cellsOf, gpu, isObject, known, latest, mibOf, numberOf } from './text.js';
import type { GpuProcess, Parser, Probe, ProbeGpu } from './types.js';

/** Intel's xpu-smi 1.x and 2.x and xpumd's Prometheus text. */
export const parseXpuSmi: Parser = ({ lines, text, json }) =>
  fromJson(json) ??
  fromMetrics(lines) ??
  fromDump(lines) ??
  fromProcesses(lines) ??
  fromTable2(lines, text) ??
  fromTable(lines);

const textOf = (value: unknown) =>
  known(typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);

/** A row of `xpu-smi ps -j`; sizes are kB as in its table. */
const userOf = (user: Record<string, unknown>): GpuProcess[] => {
  const pid = numberOf(textOf(user.process_id));
  const size = numberOf(textOf(user.mem_size));
  const usedMiB = size === null ? null : Math.round(size / 1024);
  return pid === null
    ? []
    : [{ pid, name: textOf(user.process_name), gpuIndex: numberOf(textOf(user.device_id)), usedMiB }];
};

const fromJson = (json: unknown): Probe | null => {
  const users = isObject(json) ? json.device_util_by_proc_list : null;
  if (Array.isArray(users)) return { processes: users.filter(isObject).flatMap(userOf) };
  const list = isObject(json)
    ? Array.isArray(json.device_list)
      ? json.device_list
      : [json]
    : Array.isArray(json)
      ? json
      : [];
  const devices = list.filter((one): one is Record<string, unknown> => isObject(one) && 'device_id' in one);
  if (devices.length === 0) return null;
  const driver = devices.map(device => textOf(device.driver_version)).find(version => version !== null);
  const gpus = devices.map(device => {
    const bytes = numberOf(textOf(device.memory_physical_size_byte));
    const level = Array.isArray(device.device_level) ? device.device_level.filter(isObject) : [];
    const used = level.find(item => item.metrics_type === 'XPUM_STATS_MEMORY_USED')?.value;
    return gpu({
      index: numberOf(textOf(device.device_id)),
      name: textOf(device.device_name),
      uuid: textOf(device.soc_uuid) ?? textOf(device.uuid),
      busId: textOf(device.pci_bdf_address),
      totalMiB: bytes === null ? null : Math.round(bytes / 2 ** 20),
      usedMiB: typeof used === 'number' ? Math.round(used) : null,
    });
  });
  return { gpus, ...(driver && { driver }) };
};

/** `hw_memory_size_bytes{hw_id="…",…} 17079205888` */
const fromMetrics = (lines: string[]): Probe | null => {
  const gpus = new Map<string, ProbeGpu>();
  for (const line of lines) {
    const match =
      /^(hw_gpu_info|hw_memory_size_bytes|hw_memory_usage_bytes)\{([^}]{0,2000})\}\s{1,4}([\d.e+]{1,24})/.exec(line);
    if (!match) continue;
    const labels = Object.fromEntries(
      [...match[2]!.matchAll(/(\w{1,40})="([^"]{0,200})"/g)].map(([, key, value]) => [key!, value!]),
    );
    const label = (...names: string[]) => names.map(name => known(labels[name])).find(value => value !== null) ?? null;
    const busId = label('pci_bdf', 'bdf', 'pci_bdf_address', 'bus_id', 'pci_bus_id');
    const id = label('hw_id', 'uuid', 'id', 'device_id') ?? busId ?? '';
    const parent = label('hw_parent', 'parent') ?? id;
    const key = gpus.has(id) ? id : gpus.has(parent) ? parent : id;
    const one = gpus.get(key) ?? gpu({ uuid: label('uuid', 'hw_id') });
    gpus.set(key, one);
    const mib = Math.round(Number(match[3]) / 2 ** 20);
    if (match[1] === 'hw_gpu_info') {
      one.name ??= label('hw_model', 'model', 'device_name', 'name', 'hw_name');
      one.busId ??= busId;
      one.index ??= numberOf(label('index', 'device_index', 'gpu'));
    } else if (match[1] === 'hw_memory_size_bytes') one.totalMiB = mib;
    else one.usedMiB = mib;
  }
  return gpus.size ? { gpus: [...gpus.values()] } : null;
};

/** `xpu-smi dump`: CSV with a time stamp. */
const fromDump = (lines: string[]): Probe | null => {
  const start = lines.findIndex(line => /^Timestamp,\s*DeviceId,/i.test(line));
  if (start < 0) return null;
  const header = lines[start]!.split(',').map(cell => cell.trim());
  const used = header.findIndex(name => /^GPU Memory Used \(MiB\)/i.test(name));
  const gpus: ProbeGpu[] = [];
  for (const line of lines.slice(start + 1)) {
    const cells = line.split(',').map(cell => cell.trim());
    const index = numberOf(cells[1]);
    if (index === null) continue;
    gpus.push(gpu({ index, usedMiB: used < 0 ? null : mibOf(cells[used]) }));
  }
  return { gpus: latest(gpus) };
};

/** `xpu-smi ps`: MEM is kB. */
const fromProcesses = (lines: string[]): Probe | null => {
  const start = lines.findIndex(line => /^\s*PID\s+Command\s+DeviceID\s+SHR\s+MEM\s*$/i.test(line));
  if (start < 0) return null;
  const processes: GpuProcess[] = [];
  for (const line of lines.slice(start + 1)) {
    const match =
      /^\s{0,8}(\d{1,10})\s{1,40}(\S.{0,100}?)\s{1,40}(\d{1,3})\s{1,40}(\d{1,15})\s{1,40}(\d{1,15})\s*$/.exec(line);
    if (match)
      processes.push({
        pid: Number(match[1]),
        name: match[2]!,
        gpuIndex: Number(match[3]),
        usedMiB: Math.round(Number(match[5]) / 1024),
      });
  }
  return { processes };
};

/** `xpu-smi discovery` and `stats`: "| 0 | Device Name: … |" and "| GPU Memory Used (MiB) | 24 |". */
const fromTable = (lines: string[]): Probe | null => {
  if (!lines.some(line => /^\|\s*Device ID\s*\|/.test(line.trim()))) return null;
  const gpus: ProbeGpu[] = [];
  let driver: string | null = null;
  for (const line of lines) {
    const cells = cellsOf(line)?.map(cell => cell.trim());
    if (!cells || cells.length < 2) continue;
    const [left, right] = [cells[0]!, cells[1]!];
    const first = /^\d{1,3}$/.test(left) ? left : left === 'Device ID' && /^\d{1,3}$/.test(right) ? right : null;
    if (first !== null && gpus.at(-1)?.index !== Number(first)) gpus.push(gpu({ index: Number(first) }));
    const one = gpus.at(-1);
    if (!one) continue;
    const [, key, value] = /^([^:]{1,60}):\s{0,4}(.{0,200})$/.exec(right) ?? [];
    if (key === 'Device Name') one.name = known(value);
    else if (key === 'UUID' || key === 'SOC UUID') one.uuid = known(value);
    else if (key === 'PCI BDF Address') one.busId = known(value);
    else if (key === 'Memory Physical Size') one.totalMiB = mibOf(value);
    else if (key === 'Driver Version') driver ??= known(value);
    if (/^GPU Memory Used \(MiB\)/.test(left)) one.usedMiB = mibOf(right.split(';')[0]);
  }
  return { gpus, ...(driver && { driver }) };
};

/** xpu-smi 2.x without arguments: shaped like nvidia-smi's table, long names go on in the next line. */
const fromTable2 = (lines: string[], text: string): Probe | null => {
  if (!/\|\s*(?:XPU-SMI|xpu-smi)\b/i.test(text)) return null;
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  let hasProcesses = false;
  for (const line of lines) {
    if (/^\s*\+/.test(line)) continue;
    const cells = cellsOf(line);
    if (!cells) continue;
    if (/^\s*Processes/.test(cells[0]!)) hasProcesses = true;
    if (hasProcesses) {
      const row =
        /^\s{0,6}(\d{1,3})\s{1,20}(?:N\/A\s{1,20}N\/A\s{1,20})?(\d{1,10})\s{1,20}(?:(C\+G|[CG])\s{1,20})?(\S.{0,120}?)\s{1,60}(\d{1,9})\s?MiB\s*$/.exec(
          cells.join('|').trimEnd(),
        );
      if (row)
        processes.push({
          pid: Number(row[2]),
          gpuIndex: Number(row[1]),
          name: known(row[4]),
          usedMiB: Number(row[5]),
          ...(row[3] && { type: row[3] }),
        });
      continue;
    }
    const bus = /([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])/i.exec(cells[1] ?? '');
    const first = /^\s{0,6}(\d{1,3})\s{1,6}(\S.{0,80}?)(?:\s{2,40}(?:On|Off|N\/A))?\s*$/.exec(cells[0]!);
    const memory = /(\d{1,9})\s?MiB\s?\/\s{0,10}(\d{1,9})\s?MiB/.exec(line);
    if (bus && first) gpus.push(gpu({ index: Number(first[1]), name: known(first[2]), busId: bus[1]! }));
    const one = gpus.at(-1);
    if (!one || (bus && first && !memory)) continue;
    if (memory) {
      one.usedMiB = Number(memory[1]);
      one.totalMiB = Number(memory[2]);
      const more = /^\s{2,12}([A-Za-z(][\w().+ -]{0,60}?)(?:\s{2,40}.{0,60})?$/.exec(cells[0]!);
      if (!(bus && first) && more && !/^(?:N\/A|Fan|Temp)/.test(more[1]!) && !/\d+\s?[CW%]$/.test(more[1]!))
        one.name = `${one.name} ${more[1]}`;
    }
  }
  const driver = /Driver Version:\s{0,10}([\w.+-]{1,60})/.exec(text);
  return { gpus, ...(hasProcesses && { processes }), driver: known(driver?.[1]) };
};
