import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** A process, told from a later one with the same number by its start time. */
export interface ProcessId {
  pid: number;
  startTime: string;
}

export interface ProcessRow extends ProcessId {
  state: string;
  parent: number;
  group: number;
  session: number;
  name: string;
}

/** `/proc/PID/stat`: the name stands in brackets and may hold anything, so the fields are counted from the last bracket. */
export const parseStat = (stat: string): ProcessRow | null => {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = stat.slice(close + 2).split(' ');
  if (fields.length < 20) return null;
  return {
    pid: Number(stat.slice(0, open)),
    name: stat.slice(open + 1, close),
    state: fields[0]!,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: fields[19]!,
  };
};

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
};

/** One process of this machine, if it is there. */
export const processId = (pid: number): ProcessId | null => {
  const row = parseStat(read(`/proc/${pid}/stat`) ?? '');
  return row && { pid: row.pid, startTime: row.startTime };
};

/** All processes that this machine shows; empty where there is no /proc (then the process group alone is used). */
const processTable = (): ProcessRow[] => {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter(name => /^\d+$/.test(name))
    .map(name => parseStat(read(`/proc/${name}/stat`) ?? ''))
    .filter(row => row !== null);
};

/**
 * Everything that descends from one child of ours, as far as it can be proven: members of its session, children of what
 * is known already, and carriers of the marker in their environment (those who left the session; programs that rewrite
 * their title may lose the marker, hence the other signs).
 */
export class Family {
  /** Start times of the members, by number. */
  private readonly known = new Map<number, string>();
  /** Processes whose environment was read and does not carry the marker. */
  private readonly foreign = new Map<number, string>();

  constructor(
    private readonly leader: number,
    private readonly marker: string,
    private readonly table: () => ProcessRow[] = processTable,
  ) {}

  /** The members that are alive now (zombies are not), with those who are new since the last call. */
  look(): { alive: (ProcessId & { name: string })[]; fresh: ProcessId[] } {
    const table = this.table();
    if (table.length === 0) return { alive: this.groupLives() ? [{ ...NO_PROC, pid: this.leader }] : [], fresh: [] };
    const rows = new Map(table.map(row => [row.pid, row]));
    const isKnown = (row: ProcessRow | undefined) => row !== undefined && this.known.get(row.pid) === row.startTime;
    // A later process with the leader's number leads a session of its own, which is not ours.
    const head = rows.get(this.leader);
    const isOurs = head === undefined || !this.known.has(this.leader) || isKnown(head);
    const fresh: ProcessId[] = [];
    for (let grown = true; grown; ) {
      grown = false;
      for (const row of table) {
        if (isKnown(row) || row.pid === process.pid) continue;
        const inSession = isOurs && (row.session === this.leader || row.group === this.leader);
        const related = inSession || isKnown(rows.get(row.parent));
        if (!related && !this.carriesMarker(row)) continue;
        this.known.set(row.pid, row.startTime);
        fresh.push({ pid: row.pid, startTime: row.startTime });
        grown = true;
      }
    }
    return { alive: table.filter(row => isKnown(row) && row.state !== 'Z' && row.state !== 'X'), fresh };
  }

  /** Sends `signal` to every member. */
  signal(signal: NodeJS.Signals): void {
    const send = (pid: number) => {
      try {
        process.kill(pid, signal);
      } catch {
        // gone already
      }
    };
    for (const member of this.look().alive) send(member.startTime === NO_PROC.startTime ? -this.leader : member.pid);
  }

  private carriesMarker(row: ProcessRow): boolean {
    if (this.foreign.get(row.pid) === row.startTime) return false;
    const environment = read(`/proc/${row.pid}/environ`);
    const carries = environment?.includes(this.marker) ?? false;
    // Between two programs a process shows none for a moment.
    if (!carries && environment !== '') this.foreign.set(row.pid, row.startTime);
    return carries;
  }

  /** Without /proc (macOS) the process group is all that is known. */
  private groupLives(): boolean {
    try {
      process.kill(-this.leader, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }
}

const NO_PROC = { startTime: '', name: 'process group' };

/**
 * Files that outlive a killed vLLM: shared memory that the processes have mapped or opened (`psm_*`, `sem.mp-*`, …) and
 * unix sockets that they have bound in /tmp (ZeroMQ). A process in a container may mean a file of its own by the path of
 * one of ours: only what is the same file there and here counts.
 */
export const lastingFilesOf = (pids: number[]): string[] => {
  const files = new Set<string>();
  const sockets = new Map(
    (read('/proc/net/unix') ?? '').split('\n').flatMap(line => {
      const match = /^\S+: \S+ \S+ \S+ \S+ \S+ +(\d+) (\/tmp\/.+)$/.exec(line);
      return match ? [[match[1]!, match[2]!] as const] : [];
    }),
  );
  for (const pid of pids) {
    const held = new Set<string>();
    for (const line of (read(`/proc/${pid}/maps`) ?? '').split('\n')) {
      const at = line.indexOf('/dev/shm/');
      if (at > 0) held.add(line.slice(at));
    }
    for (const link of openFilesOf(pid)) {
      if (link.startsWith('/dev/shm/')) held.add(link);
      const socket = /^socket:\[(\d+)\]$/.exec(link);
      const path = socket && sockets.get(socket[1]!);
      if (path) held.add(path);
    }
    for (const path of held) if (!files.has(path) && isSameFile(path, `/proc/${pid}/root${path}`)) files.add(path);
  }
  return [...files];
};

/** False where one of them is not there: deleted, or not to be seen. */
const isSameFile = (a: string, b: string): boolean => {
  try {
    const [one, other] = [statSync(a), statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
};

const openFilesOf = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(name => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${name}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
};
