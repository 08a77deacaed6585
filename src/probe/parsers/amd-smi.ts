import { cellsOf, gpu, isObject, known, latest, mibOf, numberOf } from './text.js';
import type { GpuProcess, Parser, Probe, ProbeGpu } from './types.js';

type Tree = { [key: string]: Tree | string | (Tree | string)[] };

/**
 * amd-smi: JSON (a list in ROCm 6, `gpu_data` in ROCm 7), the indented form, CSV, the version line and the table of
 * ROCm 7. "MB" is 2^20 here.
 */
export const parseAmdSmi: Parser = text => {
  const probes = [
    fromJson(text.json),
    fromBlocks(text.lines),
    fromCsv(text.lines),
    fromTable(text.lines),
    fromMonitor(text.lines),
  ].filter(probe => probe !== null);
  const version = versions(text.text);
  if (probes.length === 0 && !version) return null;
  return Object.assign({}, ...probes, version ?? {});
};

/** `amdgpu version:` may hold the banner of the kernel: then the driver is the kernel's own and has no version. */
const driverOf = (value: string | null | undefined): string | null => {
  const text = known(value);
  return text === null || /^Linux\s?ver/i.test(text) ? null : text;
};

const versions = (text: string): Probe | null => {
  const tool = /AMD-?SMI(?: Tool:?)?\s{1,4}(\d[\w.+-]{2,60})/.exec(text);
  if (!tool) return null;
  const rocm = /ROCm version:\s{0,4}([\w.]{1,30})/.exec(text);
  const driver = /amdgpu version:\s{0,4}(\S{1,200})/.exec(text);
  return { tool: tool[1]!, rocm: known(rocm?.[1]), driver: driverOf(driver?.[1]) };
};

const lower = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lower);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toLowerCase(), lower(item)]));
  return value;
};

const fromJson = (json: unknown): Probe | null => {
  const list = Array.isArray(json) ? json : isObject(json) && Array.isArray(json.gpu_data) ? json.gpu_data : null;
  const entries = list?.map(lower).filter((entry): entry is Tree => isObject(entry) && 'gpu' in entry);
  return entries?.length ? read(entries) : null;
};

/** Blocks that begin with `GPU: 0`; deeper indentation is a member, a repeated key a list. */
const fromBlocks = (lines: string[]): Probe | null => {
  const entries: Tree[] = [];
  let stack: { indent: number; node: Tree }[] = [];
  for (const line of lines) {
    const match = /^(\s{0,40})([A-Za-z][\w ()/-]{0,40}?):(?:\s{1,20}(.*))?$/.exec(line);
    if (!match) continue;
    const indent = match[1]!.length;
    const key = match[2]!.toLowerCase();
    const value = match[3]?.trim() ?? '';
    if (key === 'gpu' && /^\d{1,3}$/.test(value)) {
      const node: Tree = { gpu: value };
      entries.push(node);
      stack = [{ indent, node }];
      continue;
    }
    while (stack.length > 1 && stack.at(-1)!.indent >= indent) stack.pop();
    const parent = stack.at(-1)?.node;
    if (!parent || indent <= stack[0]!.indent) continue;
    const child: Tree | string = value === '' ? {} : value;
    const before = parent[key];
    if (Array.isArray(before)) before.push(child);
    else parent[key] = before === undefined ? child : [before, child];
    if (typeof child === 'object') stack.push({ indent, node: child });
  }
  return entries.length ? read(entries) : null;
};

const at = (node: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), node);
const textAt = (node: unknown, ...path: string[]): string | null => {
  const value = at(node, ...path);
  return known(typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);
};

/** `{"value": 196592, "unit": "MB"}`, "196592 MB" or a bare number of MB. */
const sizeAt = (node: unknown, ...path: string[]): number | null => {
  const value = at(node, ...path);
  if (isObject(value)) return mibOf(`${value.value} ${value.unit ?? ''}`);
  return mibOf(typeof value === 'string' || typeof value === 'number' ? String(value) : undefined);
};

const read = (entries: Tree[]): Probe => {
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  let hasProcesses = false;
  let driver: string | null = null;
  for (const entry of entries) {
    const index = numberOf(textAt(entry, 'gpu'));
    driver ??= driverOf(textAt(entry, 'driver', 'version') ?? textAt(entry, 'driver', 'driver_version'));
    gpus.push(
      gpu({
        index,
        name: textAt(entry, 'asic', 'market_name') ?? textAt(entry, 'board', 'product_name'),
        busId: textAt(entry, 'bus', 'bdf') ?? textAt(entry, 'bdf'),
        uuid: textAt(entry, 'uuid'),
        totalMiB: sizeAt(entry, 'mem_usage', 'total_vram') ?? sizeAt(entry, 'vram', 'size'),
        usedMiB: sizeAt(entry, 'mem_usage', 'used_vram'),
        freeMiB: sizeAt(entry, 'mem_usage', 'free_vram'),
        gttTotalMiB: sizeAt(entry, 'mem_usage', 'total_gtt'),
        gttUsedMiB: sizeAt(entry, 'mem_usage', 'used_gtt'),
      }),
    );
    const listed = [at(entry, 'process_info') ?? at(entry, 'process_list') ?? []].flat();
    hasProcesses ||= 'process_info' in entry || 'process_list' in entry;
    for (const item of listed) {
      const info = at(item, 'process_info') ?? item;
      const pid = numberOf(textAt(info, 'pid'));
      if (pid !== null)
        processes.push({
          pid,
          gpuIndex: index,
          name: textAt(info, 'name'),
          usedMiB: sizeAt(info, 'memory_usage', 'vram_mem') ?? sizeAt(info, 'vram_mem'),
        });
    }
  }
  return { gpus, ...(hasProcesses && { processes }), ...(driver && { driver }) };
};

const CSV: Record<string, keyof ProbeGpu> = {
  gpu: 'index',
  market_name: 'name',
  total_vram: 'totalMiB',
  used_vram: 'usedMiB',
  free_vram: 'freeMiB',
  total_gtt: 'gttTotalMiB',
  used_gtt: 'gttUsedMiB',
  size: 'totalMiB',
  bdf: 'busId',
  gpu_bdf: 'busId',
  uuid: 'uuid',
  gpu_uuid: 'uuid',
};

const fromCsv = (lines: string[]): Probe | null => {
  const start = lines.findIndex(line => /^gpu,[a-z_]{2,40}(?:,|$)/.test(line));
  if (start < 0) return null;
  const header = lines[start]!.split(',').map(cell => CSV[cell.trim()]);
  const gpus: ProbeGpu[] = [];
  for (const line of lines.slice(start + 1)) {
    const cells = line.split(',');
    if (cells.length !== header.length || !/^\d+$/.test(cells[0]!)) break;
    const fields: Record<string, unknown> = {};
    header.forEach((name, i) => {
      if (name) fields[name] = /MiB$|^index$/.test(name) ? mibOf(cells[i]) : known(cells[i]);
    });
    gpus.push(gpu(fields));
  }
  return { gpus };
};

/** ROCm 7: two lines a GPU, the second ends in `1553/32768 MB`; the columns are those of the two header lines. */
const fromTable = (lines: string[]): Probe | null => {
  if (!lines.some(line => /\|\s*AMD-SMI /.test(line)) && !lines.some(line => /\|\s*BDF\s+GPU-Name/.test(line)))
    return null;
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  let hasProcesses = false;
  let bus: { busId: string; name: string | null } | null = null;
  for (const line of lines) {
    const cells = cellsOf(line);
    if (!cells) continue;
    if (/^\s*Processes:/.test(cells[0]!)) hasProcesses = true;
    const first = /^\s*([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f])\s+(\S.{0,80}?)\s*$/i.exec(cells[0]!);
    if (first) bus = { busId: first[1]!, name: known(first[2]) };
    const second = /^\s*(\d{1,3})\s+(\d{1,3}|N\/A)\s/.exec(cells[0]!);
    const memory = /(\d+)\s?\/\s?(\d+) MB\s*$/.exec(cells[1] ?? '');
    if (second && bus) {
      gpus.push(
        gpu({
          index: Number(second[1]),
          hipIndex: numberOf(second[2]),
          ...bus,
          usedMiB: memory ? Number(memory[1]) : null,
          totalMiB: memory ? Number(memory[2]) : null,
        }),
      );
      bus = null;
    }
    const process = hasProcesses
      ? /^\s*(\d{1,3})\s+(\d{1,10})\s+(\S.{0,80}?)\s+[\d.]+ [KMGT]?B\s+([\d.]+ [KMGT]?B)\s+[\d.]+ [KMGT]?B/.exec(
          cells.join('|'),
        )
      : null;
    if (process)
      processes.push({
        pid: Number(process[2]),
        gpuIndex: Number(process[1]),
        name: known(process[3]),
        usedMiB: mibOf(process[4]),
      });
  }
  return { gpus, ...(hasProcesses && { processes }) };
};

/** The cells of a right-aligned table: split where two blanks stand, or else cut at the ends of the column names. */
const columns = (header: string, line: string): Record<string, string> => {
  const names = [...header.matchAll(/\S+/g)].map(match => ({ name: match[0], end: match.index + match[0].length }));
  const split = line.trim().split(/\s{2,}/);
  return Object.fromEntries(
    names.map(({ name, end }, i) => [
      name,
      split.length === names.length ? split[i]! : line.slice(i === 0 ? 0 : names[i - 1]!.end, end).trim(),
    ]),
  );
};

/** `amd-smi monitor`: VRAM_USED and VRAM_TOTAL, or VRAM_USAGE as `0.3/192.0 GB`; below it PROCESS INFO. */
const fromMonitor = (lines: string[]): Probe | null => {
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  let header: string | null = null;
  let hasProcesses = false;
  for (const line of lines) {
    if (/^\s*GPU\s.*\b(?:VRAM_USED|VRAM_USAGE|VRAM_TOTAL|VRAM_MEM)\b/.test(line)) {
      header = line;
      hasProcesses ||= /\bPID\b/.test(line);
      continue;
    }
    if (header === null || !/^\s*\d{1,3}\s/.test(line)) continue;
    const row = columns(header, line);
    const index = numberOf(row.GPU);
    if ('PID' in row) {
      const pid = numberOf(row.PID);
      if (pid !== null) processes.push({ pid, gpuIndex: index, name: known(row.NAME), usedMiB: mibOf(row.VRAM_MEM) });
      continue;
    }
    const both = /^([\d.]{1,12})\s?\/\s{0,8}([\d.]{1,12}) (\w{1,3})$/.exec(row.VRAM_USAGE ?? '');
    gpus.push(
      gpu({
        index,
        usedMiB: both ? mibOf(`${both[1]} ${both[3]}`) : mibOf(row.VRAM_USED),
        totalMiB: both ? mibOf(`${both[2]} ${both[3]}`) : mibOf(row.VRAM_TOTAL),
      }),
    );
  }
  if (gpus.length === 0 && !hasProcesses) return null;
  return { ...(gpus.length > 0 && { gpus: latest(gpus) }), ...(hasProcesses && { processes }) };
};
