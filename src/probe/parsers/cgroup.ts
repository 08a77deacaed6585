import type { Limits, Parser } from './types.js';

/** cgroup v1 writes "no limit" as the largest multiple of a page, at least 2^63 - 2^16. */
const UNLIMITED = 2n ** 63n - 2n ** 16n;

const limitOf = (value: string): number | null =>
  value === 'max' || BigInt(value) >= UNLIMITED ? null : Number(value);

const STAT: Record<string, 'memoryBytes' | 'memswBytes' | 'rssBytes' | 'cacheBytes'> = {
  hierarchical_memory_limit: 'memoryBytes',
  hierarchical_memsw_limit: 'memswBytes',
  total_rss: 'rssBytes',
  total_cache: 'cacheBytes',
};

/** memory.max, memory.limit_in_bytes, memory.stat and memory.events of cgroup v1 and v2, with or without their file names. */
export const parseCgroup: Parser = ({ lines, text }) => {
  const limits: Limits = {};
  const content = lines.map(line => line.trim()).filter(line => line !== '');
  if (content.length === 1 && /^(?:max|\d{1,20})$/.test(content[0]!))
    return { limits: { memoryBytes: limitOf(content[0]!) } };
  lines.forEach((raw, i) => {
    const line = raw.trim();
    const stat =
      /^(?:\S{1,200}[: ])?(hierarchical_memory_limit|hierarchical_memsw_limit|total_rss|total_cache) (\d{1,20})$/.exec(
        line,
      );
    if (stat) limits[STAT[stat[1]!]!] = limitOf(stat[2]!);
    const event = /^(?:\S{1,200}:)?(oom_kill|max) (\d{1,15})$/.exec(line);
    if (event) limits[event[1] === 'max' ? 'maxEvents' : 'oomKills'] = Number(event[2]);
    // The file is named before its value (`cat …` and its answer, `file: value`) or on the same line.
    const file =
      /memory\.(max|limit_in_bytes|memsw\.limit_in_bytes)\b["']?\s{0,4}(?:[:=]\s{0,4})?(max|\d{1,20})?$/.exec(line);
    if (file) {
      const value = file[2] ?? /^(max|\d{1,20})$/.exec(lines[i + 1]?.trim() ?? '')?.[1];
      if (value !== undefined)
        limits[file[1] === 'memsw.limit_in_bytes' ? 'memswBytes' : 'memoryBytes'] = limitOf(value);
    }
  });
  // "max 38" alone may be anything; beside oom or oom_kill it is memory.events.
  if ('maxEvents' in limits && !/\boom(?:_kill)? \d/.test(text)) delete limits.maxEvents;
  return Object.keys(limits).length ? { limits } : null;
};

/** `exit status: 137` of a command that belongs to no container. */
export const parseExitCode: Parser = ({ text }) => {
  const match =
    /\bexit(?:ed with)? (?:status|code):? {0,4}(\d{1,3})\b/i.exec(text) ??
    /echo \$\?\s{0,4}\n\s{0,4}(\d{1,3})\s*$/m.exec(text);
  return match ? { exitCode: Number(match[1]) } : null;
};
