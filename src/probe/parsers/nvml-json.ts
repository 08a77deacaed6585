import { gpu, isObject } from './text.js';
import type { GpuProcess, Parser, ProbeGpu } from './types.js';

/** NVML's "not available" in unsigned fields. */
const NONE = new Set([2 ** 32 - 1, 2 ** 64]);

const bytes = (value: unknown): number | null => {
  const number = typeof value === 'string' && /^\d{1,20}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && !NONE.has(number) ? Math.round(number / 2 ** 20) : null;
};

const pick = (object: Record<string, unknown>, ...names: string[]): unknown => {
  const key = Object.keys(object).find(name => names.includes(name.toLowerCase()));
  return key === undefined ? undefined : object[key];
};
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** NVML answers as JSON (exporters, agents): `memoryInfo.Total/Used/Free`, `Pid`, `UsedGpuMemory`, all in bytes. */
export const parseNvmlJson: Parser = ({ json }) => {
  const gpus: ProbeGpu[] = [];
  const processes: GpuProcess[] = [];
  // Written by the inner function: kept in an object, so that the compiler does not take it for constant.
  const seen = { processes: false };
  const visit = (value: unknown, depth: number): void => {
    if (depth > 6) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth + 1);
      return;
    }
    if (!isObject(value)) return;
    const memory = pick(value, 'memoryinfo', 'memory_info');
    if (isObject(memory)) {
      const index = pick(value, 'index', 'deviceindex');
      gpus.push(
        gpu({
          index: typeof index === 'number' ? index : null,
          name: text(pick(value, 'name', 'devicename')),
          uuid: text(pick(value, 'uuid')),
          totalMiB: bytes(pick(memory, 'total')),
          usedMiB: bytes(pick(memory, 'used')),
          freeMiB: bytes(pick(memory, 'free')),
          reservedMiB: bytes(pick(memory, 'reserved')),
        }),
      );
    }
    const pid = pick(value, 'pid');
    if (typeof pid === 'number' && pick(value, 'usedgpumemory') !== undefined) {
      const id = (name: string) => {
        const number = pick(value, name);
        return typeof number === 'number' && !NONE.has(number) ? number : null;
      };
      const [gi, ci] = [id('gpuinstanceid'), id('computeinstanceid')];
      processes.push({
        pid,
        name: text(pick(value, 'name', 'processname')),
        usedMiB: bytes(pick(value, 'usedgpumemory')),
        gpuIndex: gpus.at(-1)?.index ?? null,
        ...(gi !== null && ci !== null && { gi, ci }),
      });
      seen.processes = true;
    }
    for (const [key, item] of Object.entries(value)) {
      if (/process/i.test(key) && Array.isArray(item)) seen.processes = true;
      visit(item, depth + 1);
    }
  };
  if (json !== undefined) visit(json, 0);
  if (gpus.length === 0 && processes.length === 0) return null;
  return { ...(gpus.length > 0 && { gpus }), ...(seen.processes && { processes }) };
};
