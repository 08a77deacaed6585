import type { OomKill, Parser } from './types.js';

/** What dmesg, journalctl and syslog put before a message of the kernel. */
const PREFIXES = [
  /^.{0,160}?\bkernel: /,
  /^\w{1,8}\s{0,4}:\w{1,8}\s{0,4}:\s{1,4}/,
  /^\d{4}-\d\d-\d\d[T ][\d:.,]{8,20}(?:[+-]\d\d:?\d\d|Z)?\s{1,4}/,
  /^\[\s{0,10}[\w :.]{1,40}\]\s{0,4}/,
  /^<\d{1,3}>/,
];
const messageOf = (line: string) => PREFIXES.reduce((rest, prefix) => rest.replace(prefix, ''), line.trim());

const CONSTRAINTS: Record<string, OomKill['constraint']> = {
  CONSTRAINT_NONE: 'none',
  CONSTRAINT_MEMCG: 'memcg',
  CONSTRAINT_MEMORY_POLICY: 'memory-policy',
  CONSTRAINT_CPUSET: 'cpuset',
};

// comm is at most 15 characters and may hold spaces and parentheses; some reports leave it out.
const KILL =
  /\b(Killed|Kill) process (\d{1,10})(?:, UID \d{1,10},)?(?: \((.{1,32}?)\)(?=,? (?:total-vm|score|vm)|[,.:]|$)|(?=,? (?:total-vm|score)))/i;
const REAPED = /oom_reaper: reaped process (\d{1,10}) \((.{1,32}?)\)(?=,)/;
const UNIT =
  /(?:\bsystemd(?:\[\d{1,10}\])?: |^)(\S{1,200}?): (?:A process of this unit has been killed by the OOM killer|Failed with result 'oom-kill')/;

/** More kills than anybody reads; keeps the work for a hostile text small. */
const KILLS_LIMIT = 1000;

const sizeOf = (message: string, name: string): number | null => {
  const match = new RegExp(`\\b${name}:\\s?(\\d{1,15})\\s?kB`, 'i').exec(message);
  return match ? Number(match[1]) : null;
};

/** A kill and the line where it was found; `chosen`: announced ("or sacrifice child"), not yet carried out. */
interface Found {
  kill: OomKill;
  at: number;
  chosen: boolean;
}

/**
 * The kernel's OOM killer in every version since 3.x, and systemd's word about it. Lines about the same process are one
 * kill; what stands before a kill (who invoked, which limit, which constraint) belongs to the next one.
 */
export const parseKernelOom: Parser = ({ lines }) => {
  const found: Found[] = [];
  const units: { unit: string; at: number }[] = [];
  let pending: Partial<OomKill> = {};
  /** What an `oom-kill:` line says of a process that no other line has named yet. */
  const told: { pid: number | null; task: string | null; details: Partial<OomKill>; at: number }[] = [];

  const record = (pid: number, name: string | undefined, at: number): Found => {
    const known = found.find(one => one.kill.pid === pid);
    if (known) return known;
    const where = told.findIndex(
      one => one.pid === pid || (one.pid === null && (name === undefined || one.task === name)),
    );
    const [hint] = where < 0 ? [] : told.splice(where, 1);
    const victim = name ?? hint?.task;
    const kill: OomKill = { pid, ...(victim && { name: victim }), ...pending, ...hint?.details };
    pending = {};
    const one = { kill, at, chosen: false };
    found.push(one);
    return one;
  };

  lines.forEach((line, at) => {
    if (found.length + told.length + units.length >= KILLS_LIMIT || !/oom|kill|memory|limit|usage/i.test(line)) return;
    const message = messageOf(line);
    const invoked = /^(.{1,32}?) invoked oom-killer:/.exec(message);
    if (invoked) pending = { invokedBy: invoked[1]! };
    const task = /^Task in (\S{1,400}) killed as a result of limit of (\S{1,400})/.exec(message);
    if (task) pending.cgroup = task[2]!;
    const usage = /^memory: usage \d{1,15}kB, limit (\d{1,15})kB/.exec(message);
    if (usage) pending.limitKiB = Number(usage[1]);
    if (/oom-kill:\s{0,4}constraint=/.test(message)) {
      const { pid, task: victim, details } = constraintOf(message, pending);
      const known = found.find(
        one => one.kill.pid === pid || (pid === null && victim !== null && one.kill.name === victim),
      );
      if (known)
        known.kill = { ...details, ...known.kill, ...(details.constraint && { constraint: details.constraint }) };
      else if (pid !== null || victim !== null) told.push({ pid, task: victim, details, at });
    }
    const match = KILL.exec(message);
    if (match) {
      const one = killOf(match, at, found, record);
      if (/Memory cgroup out of memory/i.test(message)) one.kill.constraint ??= 'memcg';
      else if (/^Out of memory/i.test(message)) one.kill.constraint ??= 'none';
      const [total, rss] = [sizeOf(message, 'total-vm'), sizeOf(message, 'anon-rss')];
      if (total !== null) one.kill.totalVmKiB ??= total;
      if (rss !== null) one.kill.anonRssKiB ??= rss;
    }
    // kubelet's event for a kill on the node.
    const system = /System OOM encountered, victim process: (.{1,32}?), pid: (\d{1,10})/.exec(message);
    if (system) record(Number(system[2]), system[1], at).kill.constraint ??= 'none';
    const reaped = REAPED.exec(message);
    if (reaped) record(Number(reaped[1]), reaped[2], at);
    const unit = UNIT.exec(line) ?? UNIT.exec(message);
    if (unit && !units.some(known => known.unit === unit[1])) units.push({ unit: unit[1]!, at });
  });
  // The kernel writes one such line for each kill; where only that line was pasted, it is the kill.
  for (const { pid, task, details, at } of told)
    found.push({
      kill: { ...(pid !== null && { pid }), ...(task !== null && { name: task }), ...details },
      at,
      chosen: false,
    });
  found.sort((a, b) => a.at - b.at);
  // A unit is told beside the kernel's own lines; alone it is all that is known.
  for (const { unit, at } of units) {
    const [nearest] = found
      .filter(one => one.kill.unit === undefined)
      .sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at));
    if (nearest) nearest.kill.unit = unit;
    else found.push({ kill: { unit }, at, chosen: false });
  }
  return found.length ? { oomKills: found.map(({ kill }) => kill) } : null;
};

/** "Kill process N … or sacrifice child" only chooses; the "Killed process M" that follows is the victim. */
const killOf = (
  match: RegExpExecArray,
  at: number,
  found: Found[],
  record: (pid: number, name: string | undefined, at: number) => Found,
): Found => {
  const pid = Number(match[2]);
  const done = /^killed$/i.test(match[1]!);
  const last = found.at(-1);
  if (done && last?.chosen && last.kill.pid !== pid && !found.some(one => one.kill.pid === pid)) {
    last.kill.pid = pid;
    if (match[3]) last.kill.name = match[3];
    last.chosen = false;
    return last;
  }
  const one = record(pid, match[3], at);
  one.chosen = !done;
  return one;
};

/** `oom-kill:constraint=…,nodemask=…,oom_memcg=…,task=…,pid=…`, also with blanks after the commas. */
const constraintOf = (message: string, pending: Partial<OomKill>) => {
  const get = (key: string) => new RegExp(`[,:]\\s{0,4}${key}=([^,\\s]{1,400})`).exec(message)?.[1];
  const constraint = CONSTRAINTS[get('constraint') ?? ''];
  const pid = get('pid');
  // A task's name may hold spaces: it ends before ",pid=".
  const task = /,\s{0,4}task=(.{1,32}?)(?:,\s{0,4}pid=|,\s{0,4}uid=|$)/.exec(message)?.[1] ?? null;
  const nodemask = get('nodemask');
  const cgroup = get('oom_memcg');
  const details: Partial<OomKill> = {
    ...pending,
    ...(constraint && { constraint }),
    ...(constraint === 'memory-policy' && nodemask && nodemask !== '(null)' && { nodemask }),
    ...(cgroup && { cgroup }),
  };
  return { pid: pid !== undefined && /^\d{1,10}$/.test(pid) ? Number(pid) : null, task, details };
};
