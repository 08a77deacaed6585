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

// comm is at most 15 characters and may hold spaces and parentheses.
const KILL =
  /(?:^|\b)(?:Killed|Kill|killed) process (\d{1,10})(?:, UID \d{1,10},)? \((.{1,32}?)\)(?=,? (?:total-vm|score|vm)|[,.:]|$)/;
const REAPED = /oom_reaper: reaped process (\d{1,10}) \((.{1,32}?)\)(?=,)/;
const SIZE = (name: string) => new RegExp(`\\b${name}:\\s?(\\d{1,15})kB`, 'i');

/**
 * The kernel's OOM killer in every version since 3.x, and systemd's word about it. Lines about the same process are one
 * kill; what stands before a kill (who invoked, which limit) belongs to the next one.
 */
export const parseKernelOom: Parser = ({ lines }) => {
  const kills: OomKill[] = [];
  const units: { unit: string; at: number }[] = [];
  /** For each kill the line it was read from, to find what stands beside it. */
  const places: number[] = [];
  let pending: Partial<OomKill> = {};
  const named = new Map<number, Partial<OomKill>>();
  const namedByTask = new Map<string, Partial<OomKill>>();

  const record = (pid: number, name: string, at: number): OomKill => {
    let kill = kills.find(one => one.pid === pid);
    if (!kill) {
      kill = { pid, name, ...pending, ...namedByTask.get(name), ...named.get(pid) };
      kills.push(kill);
      places.push(at);
      pending = {};
    }
    return kill;
  };

  lines.forEach((line, at) => {
    if (!/oom|kill|memory|limit|usage/i.test(line)) return;
    const message = messageOf(line);
    const invoked = /^(.{1,32}?) invoked oom-killer:/.exec(message);
    if (invoked) pending = { invokedBy: invoked[1]! };
    const task = /^Task in (\S{1,400}) killed as a result of limit of (\S{1,400})/.exec(message);
    if (task) pending.cgroup = task[2]!;
    const usage = /^memory: usage \d{1,15}kB, limit (\d{1,15})kB/.exec(message);
    if (usage) pending.limitKiB = Number(usage[1]);
    if (message.includes('oom-kill:constraint=')) readConstraint(message, pending, named, namedByTask, kills);
    const killed = KILL.exec(message);
    if (killed) {
      const kill = record(Number(killed[1]), killed[2]!, at);
      if (/Memory cgroup out of memory/i.test(message)) kill.constraint ??= 'memcg';
      else if (/^Out of memory/i.test(message)) kill.constraint ??= 'none';
      const total = SIZE('total-vm').exec(message);
      if (total) kill.totalVmKiB ??= Number(total[1]);
      const rss = SIZE('anon-rss').exec(message);
      if (rss) kill.anonRssKiB ??= Number(rss[1]);
    }
    const reaped = REAPED.exec(message);
    if (reaped) record(Number(reaped[1]), reaped[2]!, at);
    const unit =
      /\bsystemd(?:\[\d{1,10}\])?: (\S{1,200}?): (?:A process of this unit has been killed by the OOM killer|Failed with result 'oom-kill')/.exec(
        line,
      ) ??
      /^(?:\S{1,20} )?(\S{1,200}\.(?:service|scope|slice)): (?:A process of this unit has been killed by the OOM killer|Failed with result 'oom-kill')/.exec(
        message,
      );
    if (unit && !units.some(known => known.unit === unit[1])) units.push({ unit: unit[1]!, at });
  });
  // A unit is told beside the kernel's own lines; alone it is all that is known.
  for (const { unit, at } of units) {
    const free = kills
      .map((kill, i) => ({ kill, distance: Math.abs(places[i]! - at) }))
      .filter(({ kill }) => kill.unit === undefined);
    free.sort((a, b) => a.distance - b.distance);
    if (free[0]) free[0].kill.unit = unit;
    else kills.push({ unit });
  }
  return kills.length ? { oomKills: kills } : null;
};

/** `oom-kill:constraint=…,nodemask=…,oom_memcg=…,task=…,pid=…`: belongs to the kill of that process. */
const readConstraint = (
  message: string,
  pending: Partial<OomKill>,
  named: Map<number, Partial<OomKill>>,
  namedByTask: Map<string, Partial<OomKill>>,
  kills: OomKill[],
) => {
  const get = (key: string) => new RegExp(`[,:]${key}=([^,\\s]{1,400})`).exec(message)?.[1];
  const constraint = CONSTRAINTS[get('constraint') ?? ''];
  const pid = Number(/,pid=(\d{1,10})/.exec(message)?.[1]);
  // A task's name may hold spaces: it ends before ",pid=".
  const task = /,task=(.{1,32}?)(?:,pid=|,uid=|$)/.exec(message)?.[1];
  const nodemask = get('nodemask');
  const details: Partial<OomKill> = {
    ...pending,
    ...(constraint && { constraint }),
    ...(constraint === 'memory-policy' && nodemask && nodemask !== '(null)' && { nodemask }),
    ...(get('oom_memcg') && { cgroup: get('oom_memcg')! }),
  };
  if (!Number.isNaN(pid)) named.set(pid, details);
  else if (task) namedByTask.set(task, details);
  const already = kills.find(kill => kill.pid === pid || (Number.isNaN(pid) && kill.name === task));
  if (already) Object.assign(already, { ...details, ...already, ...(constraint && { constraint }) });
};
