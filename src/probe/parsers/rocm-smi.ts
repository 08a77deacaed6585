import { bytesOf, gpu, isObject, known, numberOf } from './text.js';
import type { GpuProcess, Parser, Probe, ProbeGpu } from './types.js';

/** Bytes, or MiB where the key says so (`vram Total Memory (MiB)` of hy-smi). */
const sizeOf = (key: string, value: string): number | null => {
  const number = bytesOf(value);
  if (number === null) return null;
  return /\(MiB\)/i.test(key) ? number : Math.round(number / 2 ** 20);
};

/** One `key: value` of a card into its fields. Keys differ in case between releases. */
const put = (one: ProbeGpu, key: string, value: string) => {
  if (/^VRAM Total Used Memory/i.test(key)) one.usedMiB = sizeOf(key, value);
  else if (/^VRAM Total Memory/i.test(key)) one.totalMiB = sizeOf(key, value);
  else if (/^GTT Total Used Memory/i.test(key)) one.gttUsedMiB = sizeOf(key, value);
  else if (/^GTT Total Memory/i.test(key)) one.gttTotalMiB = sizeOf(key, value);
  else if (/^Card series/i.test(key)) one.name = known(value);
  else if (/^PCI Bus$/i.test(key)) one.busId = known(value);
};

const fromJson = (json: unknown): Probe | null => {
  if (!isObject(json)) return null;
  const cards = Object.entries(json).filter(([key, value]) => /^card\d{1,3}$/.test(key) && isObject(value));
  if (cards.length === 0) return null;
  const gpus = cards.map(([key, value]) => {
    const one = gpu({ index: Number(key.slice(4)) });
    for (const [name, text] of Object.entries(value as Record<string, unknown>)) put(one, name, String(text));
    return one;
  });
  const system = isObject(json.system) ? json.system['Driver version'] : undefined;
  return { gpus, driver: known(typeof system === 'string' ? system : undefined) };
};

const fromLines = (lines: string[]): Probe | null => {
  const cards = new Map<number, ProbeGpu>();
  let driver: string | null = null;
  for (const line of lines) {
    const match = /^\s{0,8}(?:GPU|HCU|DCU)\[(\d{1,3})\]\s{0,20}:\s{0,8}([^:]{1,60}):\s{0,8}(.{1,200})$/.exec(line);
    if (match) {
      const index = Number(match[1]);
      if (!cards.has(index)) cards.set(index, gpu({ index }));
      put(cards.get(index)!, match[2]!.trim(), match[3]!);
    }
    driver ??= known(/^\s{0,8}Driver version:\s{1,4}([\w.-]{1,60})\s*$/.exec(line)?.[1]);
  }
  return cards.size ? { gpus: [...cards.values()], ...(driver && { driver }) } : null;
};

const fromCsv = (lines: string[]): Probe | null => {
  const start = lines.findIndex(line => /^device,/i.test(line));
  if (start < 0) return null;
  const header = lines[start]!.split(',');
  const gpus: ProbeGpu[] = [];
  for (const line of lines.slice(start + 1)) {
    const cells = line.split(',');
    const card = /^card(\d{1,3})$/.exec(cells[0]!);
    if (!card) break;
    const one = gpu({ index: Number(card[1]) });
    header.forEach((key, i) => {
      if (i > 0 && cells[i] !== undefined) put(one, key.trim(), cells[i]!);
    });
    gpus.push(one);
  }
  return gpus.length ? { gpus } : null;
};

/** The concise table: VRAM% counted from the right end of its header, as names of columns hold spaces. */
const fromTable = (lines: string[]): Probe | null => {
  const start = lines.findIndex(line => /\bVRAM%/.test(line) && /^(?:GPU|Device|DCU|HCU)\b/.test(line.trim()));
  if (start < 0) return null;
  const header = lines[start]!.trim().split(/\s+/);
  const fromEnd = header.length - header.indexOf('VRAM%');
  const gpus: ProbeGpu[] = [];
  for (const line of lines.slice(start + 1)) {
    const cells = line.trim().split(/\s+/);
    if (!/^\d{1,3}$/.test(cells[0]!) || cells.length < 4) {
      if (gpus.length) break;
      continue;
    }
    gpus.push(gpu({ index: Number(cells[0]), vramPercent: numberOf(cells.at(-fromEnd)?.replace('%', '')) }));
  }
  return gpus.length ? { gpus } : null;
};

/** `rocm-smi --showpids`: VRAM in bytes; "GPU(s)" is a count, not an index. */
const processes = (lines: string[]): Probe | null => {
  const start = lines.findIndex(line => /^PID\s+PROCESS NAME\s+GPU\(s\)\s+VRAM USED/.test(line.trim()));
  if (start < 0) return null;
  const found: GpuProcess[] = [];
  for (const line of lines.slice(start + 1)) {
    const match = /^\s{0,8}(\d{1,10})\s{1,40}(\S.{0,80}?)\s{1,40}(\d{1,3})\s{1,40}(\d{1,18})\s/.exec(`${line} `);
    if (!match) break;
    const usedMiB = Math.round(Number(match[4]) / 2 ** 20);
    found.push({ pid: Number(match[1]), name: known(match[2]), usedMiB, gpuIndex: null });
  }
  return { processes: found };
};

/** rocm-smi (and hy-smi): `--json`, `--csv`, `GPU[0] : key: value` lines, and the concise table. */
export const parseRocmSmi: Parser = ({ lines, text, json }) => {
  const cards = fromJson(json) ?? fromLines(lines) ?? fromCsv(lines) ?? fromTable(lines);
  const pids = processes(lines);
  const probe = cards || pids ? { ...cards, ...pids } : null;
  if (
    /\/dev\/kfd/.test(text) &&
    /unable to open|no such file|cannot (?:be )?open|could not open|failed to open|permission denied|not (?:found|accessible|present)/i.test(
      text,
    )
  )
    return { ...probe, error: 'no-device-node' };
  return probe;
};
