import type { GpuProcess, OomKill, Parser } from './types.js';

/** More kills than anybody reads; keeps the work for a hostile text small. */
const KILLS_LIMIT = 1000;

/**
 * systemd-oomd: kills a whole unit for memory pressure or a full swap. The pressure may be told of a slice above, before
 * the unit is named.
 */
export const parseSystemdOomd: Parser = ({ text }) => {
  if (!/oomd|due to memory/.test(text)) return null;
  const kills: OomKill[] = [];
  let pending: Partial<OomKill> = {};
  const of = (unit: string): OomKill => {
    let kill = kills.find(one => one.unit === unit);
    if (!kill) {
      kill = { killer: 'systemd-oomd', unit, ...pending };
      kills.push(kill);
      pending = {};
    }
    return kill;
  };
  for (const message of messagesOf(text)) {
    if (kills.length >= KILLS_LIMIT) break;
    const pressure = /(?:being|is) (\d{1,3}(?:\.\d{1,4})?)% > (\d{1,3}(?:\.\d{1,4})?)%/.exec(message);
    const figures = pressure && { pressurePct: Number(pressure[1]), limitPct: Number(pressure[2]) };
    const killed =
      /(?:Killed|Marked) (\S{0,200}\/\S{1,600}) (?:for killing )?due to (memory pressure|memory used|swap|memory)/.exec(
        message,
      );
    if (killed) Object.assign(of(killed[1]!.split('/').at(-1)!), { reason: killed[2]! }, figures);
    else if (/\bMemory pressure for \/\S/.test(message) && figures)
      pending = { ...pending, reason: 'memory pressure', ...figures };
    const attempt = /attempting to kill (?:process |PID )?(\d{1,10})/i.exec(message);
    if (attempt) {
      pending.pids ??= [];
      pending.pids.push(Number(attempt[1]));
    }
    const count = /(?:(\S{1,200}): )?systemd-oomd killed (?:some|(\d{1,6})) process/.exec(message);
    const kill = count && (count[1] !== undefined ? of(count[1]) : kills.at(-1));
    if (!kill) continue;
    if (pending.pids) kill.pids = pending.pids;
    if (count[2]) kill.killedProcesses = Number(count[2]);
    pending = {};
  }
  if (pending.pids) kills.push({ killer: 'systemd-oomd', ...pending });
  return kills.length ? { oomKills: kills } : null;
};

/** Messages that were wrapped when they were pasted are joined: a line goes on where the next begins with blanks or words of it. */
const messagesOf = (text: string): string[] =>
  text
    .replace(/(Killed|Marked)\n\s{0,20}(?=\S{0,200}\/)/g, '$1 ')
    .replace(/\n\s{0,20}(?=(?:due to memory|for killing|being \d|is \d{1,3}\.\d|for > ))/g, ' ')
    .replace(/(pressure for)\n\s{0,20}(?=\/)/g, '$1 ')
    .split('\n');

/** earlyoom: `sending SIGTERM to process 7 uid 1000 "python3": badness 901, VmRSS 5432 MiB`. Its "mem avail" lines are no kills. */
export const parseEarlyoom: Parser = ({ lines }) => {
  const kills: OomKill[] = [];
  for (const line of lines) {
    if (kills.length >= KILLS_LIMIT) break;
    const match = /sending (SIG\w{3,6}) to (?:process|PID) (\d{1,10})(?: uid \d{1,10})? "([^"]{1,64})"/i.exec(line);
    const old = /Killing process:? (\S{1,64}), pid:? (\d{1,10}), badness:? \d{1,6}, VmRSS:? (\d{1,9}) MiB/i.exec(line);
    if (old) kills.push({ killer: 'earlyoom', pid: Number(old[2]), name: old[1]!, rssMiB: Number(old[3]) });
    if (!match) continue;
    const pid = Number(match[2]);
    const rss = /VmRSS (\d{1,9}) MiB/.exec(line);
    const known = kills.find(kill => kill.pid === pid);
    const kill: OomKill = {
      killer: 'earlyoom',
      pid,
      name: match[3]!,
      signal: match[1]!,
      ...(rss && { rssMiB: Number(rss[1]) }),
    };
    if (known) Object.assign(known, kill);
    else kills.push(kill);
  }
  return kills.length ? { oomKills: kills } : null;
};

/** Ray's memory monitor: the worker that it killed is the newest one; the table of users shows who holds the memory. */
export const parseRay: Parser = ({ lines, text }) => {
  const kills: OomKill[] = [];
  for (const line of lines) {
    if (kills.length >= KILLS_LIMIT) break;
    const task = /name=([^,\s]{1,200}), pid=(\d{1,10}), memory used=(\d{1,9}(?:\.\d{1,4})?)GB\)/.exec(line);
    const node = /was running was (\d{1,9}(?:\.\d{1,4})?)GB \/ (\d{1,9}(?:\.\d{1,4})?)GB/.exec(line);
    const threshold = /threshold of (\d(?:\.\d{1,6})?)/.exec(line);
    if (task && !kills.some(kill => kill.pid === Number(task[2])))
      kills.push({
        killer: 'ray',
        pid: Number(task[2]),
        name: task[1]!,
        usedGB: Number(task[3]),
        ...(node && { nodeUsedGB: Number(node[1]), nodeTotalGB: Number(node[2]) }),
        ...(threshold && { threshold: Number(threshold[1]) }),
      });
    const old =
      /More than (\d{1,3})% of the memory on node .{1,100}? is used \((\d{1,9}(?:\.\d{1,4})?) \/ (\d{1,9}(?:\.\d{1,4})?) GB\)/.exec(
        line,
      );
    if (old && kills.length === 0)
      kills.push({
        killer: 'ray',
        threshold: Number(old[1]) / 100,
        nodeUsedGB: Number(old[2]),
        nodeTotalGB: Number(old[3]),
      });
    const summary =
      /(\d{1,6}) Workers? \(tasks \/ actors\) killed due to memory pressure \(OOM\)(?:, (\d{1,6}) Workers? crashed)?/.exec(
        line,
      );
    if (summary)
      kills.push({ killer: 'ray', count: Number(summary[1]), ...(summary[2] && { crashed: Number(summary[2]) }) });
  }
  const processes = memoryUsers(lines, text);
  if (kills.length === 0 && !processes) return null;
  return { ...(kills.length > 0 && { oomKills: kills }), ...(processes && { processes }) };
};

/** "Top 10 memory users": PID MEM(GB) COMMAND; Ray < 2 wrote `1.2GiB`. GB is 2^30 in both. */
const memoryUsers = (lines: string[], text: string): GpuProcess[] | null => {
  if (!/memory users|memory consumers/i.test(text)) return null;
  const start = lines.findIndex(line => /^\s{0,8}PID\s+MEM(?:\(GB\))?\s+COMMAND\s*$/.test(line));
  if (start < 0) return null;
  const users: GpuProcess[] = [];
  for (const line of lines.slice(start + 1)) {
    const match = /^\s{0,8}(\d{1,10})\s{1,20}(\d{1,9}(?:\.\d{1,4})?)(?:GiB)?\s{1,20}(\S.{0,400})$/.exec(line);
    if (!match) break;
    users.push({ pid: Number(match[1]), name: match[3]!, usedMiB: null, gpuIndex: null, usedGB: Number(match[2]) });
  }
  return users;
};

/** Slurm's step daemon. Several lines about one step are one entry. */
export const parseSlurm: Parser = ({ lines, text }) => {
  const kills: OomKill[] = [];
  for (const line of lines) {
    if (kills.length >= KILLS_LIMIT) break;
    const match =
      /Detected (\d{1,6}) oom[-_]kill event(?:\(s\)|s)?(?: in (?:StepId=|step )([\w.+-]{1,60}?)(?:\.\s|\s|\.$|$)|\s|$)/.exec(
        line,
      );
    if (match && !kills.some(kill => kill.step === match[2]))
      kills.push({ killer: 'slurm', count: Number(match[1]), ...(match[2] && { step: match[2] }) });
  }
  // "Out Of Memory" alone, from srun.
  if (kills.length === 0 && /^srun: error: .{1,100}: Out Of Memory\s*$|\bOUT_OF_ME(?:MORY|\+)/m.test(text))
    kills.push({ killer: 'slurm' });
  return kills.length ? { oomKills: kills } : null;
};
