import { gpu, known, latest, numberOf } from './text.js';
import type { GpuProcess, Parser, Probe, ProbeGpu } from './types.js';

/** Column names of `nvidia-smi --query-…` (units cut off) and what they fill. */
const COLUMNS: Record<string, string> = {
  index: 'index',
  name: 'name',
  gpu_name: 'name',
  uuid: 'uuid',
  gpu_uuid: 'uuid',
  'pci.bus_id': 'busId',
  gpu_bus_id: 'busId',
  'memory.total': 'totalMiB',
  'memory.used': 'usedMiB',
  'memory.free': 'freeMiB',
  'memory.reserved': 'reservedMiB',
  driver_version: 'driver',
  compute_cap: 'computeCapability',
  'mig.mode.current': 'mig',
  pid: 'pid',
  process_name: 'process',
  used_memory: 'processMiB',
  used_gpu_memory: 'processMiB',
};

const split = (line: string) => line.split(',').map(cell => cell.trim());
const columnOf = (cell: string) => COLUMNS[cell.replace(/\s*\[[^\]]{0,12}\]$/, '').toLowerCase()];

const OTHER_COLUMNS = new Set(['count', 'serial', 'timestamp', 'pstate', 'type']);
const looksLikeColumn = (cell: string) =>
  /^[a-z][a-z0-9_.]{1,60}(?: \[[^\]]{1,12}\])?$/i.test(cell) &&
  (columnOf(cell) !== undefined || /[._[]/.test(cell) || OTHER_COLUMNS.has(cell));

/** A header names columns only: `index, memory.total [MiB], …`. A single bare word is none. */
const isHeader = (cells: string[]) =>
  cells.every(looksLikeColumn) && cells.some(cell => columnOf(cell)) && (cells.length > 1 || /[.[]/.test(cells[0]!));

const mib = (cell: string | undefined) => numberOf(cell?.replace(/\s*MiB$/i, ''));
const BUS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]$/i;

interface Rows {
  gpus: ProbeGpu[];
  processes: GpuProcess[];
  driver: string | null;
}

/** `--query-gpu` and `--query-compute-apps` as CSV: with or without header and units, columns in any order. */
export const parseNvidiaCsv: Parser = ({ lines }) => {
  const rows: Rows = { gpus: [], processes: [], driver: null };
  let header: (string | undefined)[] | null = null;
  let hasGpus = false;
  let hasProcesses = false;
  for (const line of lines) {
    const cells = split(line);
    if (isHeader(cells)) {
      header = cells.map(columnOf);
      if (header.includes('pid')) hasProcesses = true;
      else hasGpus = true;
      continue;
    }
    if (header && cells.length === header.length && (header.length > 1 || known(cells[0]) !== null))
      readRow(header, cells, rows);
    else {
      header = null;
      readBare(cells, rows);
    }
  }
  hasGpus ||= rows.gpus.length > 0;
  hasProcesses ||= rows.processes.length > 0;
  if (!hasGpus && !hasProcesses) return null;
  const probe: Probe = {};
  if (hasGpus) probe.gpus = latest(rows.gpus);
  if (hasProcesses) probe.processes = rows.processes;
  if (rows.driver) probe.driver = rows.driver;
  return probe;
};

const migOf = (text: string | null) => (text === 'Enabled' ? true : text === 'Disabled' ? false : null);

const readRow = (header: (string | undefined)[], cells: string[], rows: Rows) => {
  const get = (name: string) => {
    const at = header.indexOf(name);
    return at < 0 ? null : known(cells[at]);
  };
  const pid = numberOf(get('pid'));
  if (header.includes('pid')) {
    if (pid !== null)
      rows.processes.push({
        pid,
        name: get('process'),
        usedMiB: mib(get('processMiB') ?? undefined),
        gpuIndex: numberOf(get('index')),
        gpuUuid: get('uuid'),
        busId: get('busId'),
      });
    return;
  }
  rows.driver ??= get('driver');
  rows.gpus.push(
    gpu({
      index: numberOf(get('index')),
      name: get('name'),
      uuid: get('uuid'),
      busId: get('busId'),
      totalMiB: mib(get('totalMiB') ?? undefined),
      usedMiB: mib(get('usedMiB') ?? undefined),
      freeMiB: mib(get('freeMiB') ?? undefined),
      reservedMiB: mib(get('reservedMiB') ?? undefined),
      computeCapability: get('computeCapability'),
      mig: migOf(get('mig')),
    }),
  );
};

const isSize = (cell: string) => /^\d+\s?MiB$/.test(cell);
const isBlank = (cell: string) => /^\[[^\]]*\]$|^N\/A$/.test(cell);

/**
 * The memory columns, which stand together: from the first to the last cell in MiB wherever they are, or without units
 * the whole numbers after the name. A bracket among them is unknown.
 */
const memoryCells = (cells: string[], nameAt: number, withUnit: boolean) => {
  const numbered = cells.map((cell, at) => ({ cell, at }));
  const fits = (cell: string) => (withUnit ? isSize(cell) : /^\d+$/.test(cell));
  const first = withUnit
    ? cells.findIndex(isSize)
    : cells.findIndex((cell, at) => at > nameAt && (fits(cell) || isBlank(cell)));
  const run: { cell: string; at: number }[] = [];
  for (const item of first < 0 ? [] : numbered.slice(first)) {
    if (!fits(item.cell) && !isBlank(item.cell)) break;
    run.push(item);
  }
  while (withUnit && run.length && isBlank(run.at(-1)!.cell)) run.pop();
  return run.slice(0, 4);
};

/** A row without header, by the look of its cells. */
const readBare = (cells: string[], rows: Rows) => {
  if (cells.length < 2 || cells.length > 24 || cells.some(cell => cell.length > 200)) return;
  const withUnit = cells.some(isSize);
  const uuid = cells.find(cell => /^(?:GPU|MIG)-[0-9a-f-]{8,}$/i.test(cell)) ?? null;
  const index = /^\d{1,9}$/.test(cells[0]!) ? Number(cells[0]) : null;
  const nameAt = cells.findIndex(
    cell =>
      /[A-Za-z]/.test(cell) && !isSize(cell) && !isBlank(cell) && !BUS.test(cell) && cell !== uuid && !/ %$/.test(cell),
  );
  const run = memoryCells(cells, nameAt, withUnit);
  if (nameAt < 0 || (!run.some(({ cell }) => !isBlank(cell)) && !(index !== null && run.length >= 2))) return;
  const name = cells[nameAt]!;
  const isProcess = index !== null && run.length <= 1 && (index > 127 || /[/\\]|^python|^VLLM::/.test(name));
  if (isProcess) {
    rows.processes.push({
      pid: index,
      name: known(name),
      usedMiB: mib(run[0]?.cell),
      gpuIndex: null,
      gpuUuid: uuid,
      busId: cells.find(cell => BUS.test(cell)) ?? null,
    });
    return;
  }
  // Prose with commas is no row: a name names hardware or the first cell is an index or a UUID.
  if (index === null && uuid === null && !/NVIDIA|Tesla|GeForce|Quadro|RTX|GPU/i.test(name)) return;
  if (index !== null && index > 1024) return;
  const after = run.at(-1)?.at ?? nameAt;
  const driverAt = cells.findIndex(
    (cell, at) => at !== nameAt && /^\d{3,4}(?:\.\d+){1,2}$/.test(cell) && Number.parseInt(cell, 10) >= 100,
  );
  const capability = cells.find(
    (cell, at) => /^\d{1,2}\.\d$/.test(cell) && (driverAt < 0 ? at > Math.max(after, nameAt) : at === driverAt + 1),
  );
  const mig = cells.find((cell, at) => at > Math.max(after, driverAt, nameAt) && /^(?:Enabled|Disabled)$/.test(cell));
  if (driverAt >= 0) rows.driver ??= cells[driverAt]!;
  const size = (at: number) => mib(run[at]?.cell);
  rows.gpus.push(
    gpu({
      index,
      name,
      uuid,
      busId: cells.find(cell => BUS.test(cell)) ?? null,
      totalMiB: size(0),
      usedMiB: size(1),
      freeMiB: size(2),
      reservedMiB: size(3),
      computeCapability: capability ?? null,
      mig: migOf(mig ?? null),
    }),
  );
};
