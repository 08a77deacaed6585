import { cellsOf, gpu, known, numberOf } from './text.js';
import type { GpuProcess, Parser, ProbeGpu } from './types.js';

/** `3397 / 65536`, also `59356/ 65536` without the space. */
const pairsIn = (text: string) =>
  [...text.matchAll(/(\d{1,9})\s{0,8}\/\s{0,8}(\d{1,9})/g)].map(
    ([, used, total]) => [Number(used), Number(total)] as const,
  );

/** Ascend: `npu-smi info` (two rows a chip), its process table, and `npu-smi info -m`. */
export const parseNpuSmi: Parser = ({ lines, text }) => {
  if (/^\s*NPU ID\s+Chip ID\s+Chip Logic ID/m.test(text)) return { gpus: mapping(lines) };
  if (!lines.some(line => /\|\s*NPU\s+(?:Name|Chip)\b/.test(line))) return null;
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  const hasHbm = /HBM-Usage/.test(text);
  const hasPhysical = /Chip\s+Phy-ID/.test(text);
  let hasProcesses = false;
  let columns: string[] = [];
  let head: { npu: number; name: string | null; health: string | null } | null = null;
  for (const line of lines) {
    const cells = cellsOf(line)?.map(cell => cell.trim());
    if (!cells) continue;
    if (/^NPU\s+Chip$/.test(cells[0]!)) columns = cells;
    if (columns.length > 0 || /No running processes found in NPU/.test(line)) hasProcesses = true;
    const numbers = /^(\d{1,4})\s+(\S.{0,40})$/.exec(cells[0]!) ?? /^(\d{1,4})$/.exec(cells[0]!);
    if (!numbers) continue;
    if (hasProcesses) {
      const process = processOf(cells, columns, gpus);
      if (process) processes.push(process);
      continue;
    }
    const bus = /[0-9A-F]{4}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F]/i.exec(cells[1] ?? '');
    if (!head || !(bus || cells[1] === 'NA' || cells[1] === 'N/A' || cells[1] === '')) {
      if (numbers[2] && cells.length >= 3)
        head = { npu: Number(numbers[1]), name: known(numbers[2]), health: known(cells[1]) };
      continue;
    }
    const pairs = pairsIn(cells[2] ?? '');
    const memory = hasHbm ? pairs.at(-1) : pairs[0];
    gpus.push(
      gpu({
        index: gpus.length,
        ...head,
        chip: Number(numbers[1]),
        ...(hasPhysical && { physicalId: numbers[2] === undefined ? null : Number(numbers[2]) }),
        busId: bus?.[0] ?? null,
        usedMiB: memory?.[0] ?? null,
        totalMiB: memory?.[1] ?? null,
      }),
    );
    head = null;
  }
  const driver = /\bVersion:\s{1,4}([\w.]{1,40})/.exec(text);
  return { gpus, driver: known(driver?.[1]), ...(hasProcesses && { processes }) };
};

/** A row of the process table; newer drivers add the id inside the container as a further column. */
const processOf = (cells: string[], columns: string[], gpus: ProbeGpu[]): GpuProcess | null => {
  const place = /^(\d{1,4})\s+(\d{1,3})$/.exec(cells[0]!);
  const cell = (name: RegExp) => cells[columns.findIndex(column => name.test(column))];
  const pid = numberOf(cell(/^Process id$/i));
  if (!place || pid === null) return null;
  const [npu, chip] = [Number(place[1]), Number(place[2])];
  const owner = gpus.find(one => one.npu === npu && one.chip === chip);
  const usedMiB = numberOf(cell(/^Process memory/i));
  return { pid, name: known(cell(/^Process name$/i)), usedMiB, gpuIndex: owner?.index ?? null, npu, chip };
};

/** NPU, chip, logical id, full chip name; the management chip (Mcu) has no logical id. */
const mapping = (lines: string[]): ProbeGpu[] =>
  lines.flatMap(line => {
    const match = /^\s{0,8}(\d{1,4})\s{1,40}(\d{1,4})\s{1,40}(\d{1,4})\s{1,40}(\S.{0,60})$/.exec(line);
    return match
      ? [gpu({ index: Number(match[3]), npu: Number(match[1]), chip: Number(match[2]), name: known(match[4]) })]
      : [];
  });
