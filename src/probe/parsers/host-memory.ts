import { bytesOf, mibOf } from './text.js';
import type { HostMemory, Parser } from './types.js';

const MEMINFO: Record<string, keyof HostMemory> = {
  MemTotal: 'totalKiB',
  MemFree: 'freeKiB',
  MemAvailable: 'availableKiB',
  Cached: 'cachedKiB',
  Shmem: 'shmemKiB',
  SwapTotal: 'swapTotalKiB',
  NvMapMemUsed: 'nvMapUsedKiB',
};

/** /proc/meminfo. A number without "kB" is not taken. */
export const parseMeminfo: Parser = ({ lines }) => {
  const memory: HostMemory = {};
  let rows = 0;
  for (const line of lines) {
    const match = /^\s{0,8}(\w[\w()]{2,30}):\s{1,30}(\d{1,15}) kB\s*$/.exec(line);
    if (!match) continue;
    rows++;
    const name = MEMINFO[match[1]!];
    if (name) memory[name] = Number(match[2]);
  }
  if (rows === 0 || Object.keys(memory).length === 0) return null;
  for (const name of Object.values(MEMINFO)) memory[name] ??= null;
  return { memory };
};

const SIZE = /^\d+(?:[.,]\d+)?(?:[KMGTPE]i?|B)?$/i;

/** `free` in any language and unit (-b -k -m -g -h): the row with the memory and the swap row below it. */
export const parseFree: Parser = ({ lines, text }) => {
  const at = lines.findIndex((line, i) => {
    const cells = line.trim().split(/\s+/);
    return (
      /^\S{2,12}[::]$/.test(cells[0] ?? '') &&
      cells.length >= 4 &&
      cells.slice(1).every(cell => SIZE.test(cell)) &&
      isHeader(lines[i - 1])
    );
  });
  if (at < 0) return null;
  const cells = lines[at]!.trim().split(/\s+/).slice(1);
  const unit = unitOf(text, cells[0]!);
  const mib = (cell: string | undefined) => {
    const bytes = bytesOf(cell, unit);
    return bytes === null ? null : Math.round(bytes / 2 ** 20);
  };
  const swap = lines[at + 1]?.trim().split(/\s+/) ?? [];
  const old = /^-\/\+ buffers/.test(lines[at + 1] ?? '');
  const swapCells = old ? (lines[at + 2]?.trim().split(/\s+/) ?? []) : swap;
  return {
    memory: {
      totalMiB: mib(cells[0]),
      usedMiB: mib(cells[1]),
      freeMiB: mib(cells[2]),
      // total used free shared buff/cache available; before procps 3.3.10 there was no such column.
      availableMiB: cells.length >= 6 && !/cached/i.test(lines[at - 1] ?? '') ? mib(cells.at(-1)) : null,
    },
    ...(/^\S{2,12}[::]$/.test(swapCells[0] ?? '') && {
      swap: { totalMiB: mib(swapCells[1]), usedMiB: mib(swapCells[2]) },
    }),
  };
};

const isHeader = (line: string | undefined) => line !== undefined && /^\s{4,}\S/.test(line) && !/\d/.test(line);

/** Bytes of a bare number: as asked for in a visible command, else kB; less than 10^6 kB of RAM runs no vLLM: that is MB. */
const unitOf = (text: string, total: string): number => {
  const option = /\bfree\s+-\w*?([bkmg])/.exec(text)?.[1];
  if (option) return { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[option]!;
  return Number(total) < 1e6 ? 2 ** 20 : 2 ** 10;
};

/** Jetson's tegrastats: the last line counts. */
export const parseTegrastats: Parser = ({ lines }) => {
  const line = lines.findLast(one => /\bRAM \d+\/\d+MB\b/.test(one));
  if (!line) return null;
  const ram = /\bRAM (\d{1,9})\/(\d{1,9})MB/.exec(line)!;
  const swap = /\bSWAP (\d{1,9})\/(\d{1,9})MB/.exec(line);
  return {
    unified: true,
    memory: { usedMiB: mibOf(ram[1]), totalMiB: mibOf(ram[2]) },
    ...(swap && { swap: { usedMiB: mibOf(swap[1]), totalMiB: mibOf(swap[2]) } }),
  };
};
