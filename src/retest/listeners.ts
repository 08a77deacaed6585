import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Rows of `/proc/net/tcp` and `tcp6`: `0: 0100007F:1F40 00000000:0000 0A … inode`; 0A is LISTEN. */
const ROW = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:0000 0A(?: +\S+){5} +(\d+)/;

/** The sockets (inodes) that listen on `port`, as /proc/net/tcp tells them. */
export const listeningSockets = (table: string, port: number): string[] =>
  table.split('\n').flatMap(line => {
    const match = ROW.exec(line);
    return match && Number.parseInt(match[1]!, 16) === port ? [match[2]!] : [];
  });

const socketsOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap(name => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? [];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });

/**
 * Whose that is what listens on a port: all ours, not all ours, nobody's (what answers may be on another host), or not to
 * be seen (no /proc, processes of another user, a port that is forwarded).
 */
export type Owner = 'ours' | 'foreign' | 'nobody' | 'unseen';

/** Who holds what listens on `port` of this machine, `pids` being ours. */
export const ownerOf = (port: number, pids: number[]): Owner => {
  try {
    const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(path => {
      try {
        return readFileSync(path, 'latin1');
      } catch {
        return '';
      }
    });
    const listening = tables.flatMap(table => listeningSockets(table, port));
    // Something may answer all the same: a forwarded port has no listener of its own.
    if (listening.length === 0) return 'unseen';
    const held = new Set(pids.flatMap(socketsOf));
    return listening.every(inode => held.has(inode)) ? 'ours' : 'foreign';
  } catch {
    return 'unseen';
  }
};
