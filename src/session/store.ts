import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { maskDeep } from '../common/mask-deep.js';
import { parseRecord, type SessionRecord } from './record.js';

/**
 * Where sessions lie: `VLLM_OOM_DOCTOR_STATE`, else `vllm-oom-doctor` in the XDG state directory
 * (`$XDG_STATE_HOME`, `~/.local/state`).
 */
export const stateDirectory = (env: NodeJS.ProcessEnv = process.env): string =>
  env.VLLM_OOM_DOCTOR_STATE || join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'vllm-oom-doctor');

/** Why a session could not be read: no such one, several that begin like it, or a file that is none of ours. */
export class SessionError extends Error {
  constructor(
    readonly code: 'none' | 'ambiguous' | 'damaged',
    readonly matches: string[] = [],
  ) {
    super(code);
    this.name = 'SessionError';
  }
}

export interface SessionStore {
  /** Writes the record, secrets masked, readable by its owner alone; a reader sees the old file or the new, never half. */
  save(record: SessionRecord): void;
  /** All sessions that can be read, the newest first. */
  list(): SessionRecord[];
  /** The session whose id begins with `id`; the newest when none is named. @throws SessionError */
  load(id?: string): SessionRecord;
  /** @throws SessionError */
  remove(id: string): string;
}

const pad = (value: number) => String(value).padStart(2, '0');

/** Sorts by time and is short enough to type: `20261121-0203-k3f9`. Local time, as the user's clock shows it. */
export const newSessionId = (now: Date): string => {
  const date = `${now.getFullYear()}${pad(now.getMonth() + 1)}${pad(now.getDate())}`;
  return `${date}-${pad(now.getHours())}${pad(now.getMinutes())}-${randomBytes(2).toString('hex')}`;
};

export const openStore = (directory: string = join(stateDirectory(), 'sessions')): SessionStore => {
  const fileOf = (id: string) => join(directory, `${id}.json`);
  const ids = (): string[] => {
    try {
      return readdirSync(directory)
        .filter(name => name.endsWith('.json'))
        .map(name => name.slice(0, -5))
        .sort()
        .reverse();
    } catch {
      return [];
    }
  };
  const read = (id: string): SessionRecord | null => {
    try {
      return parseRecord(JSON.parse(readFileSync(fileOf(id), 'utf8')));
    } catch {
      return null;
    }
  };
  const find = (start: string): string => {
    const all = ids();
    const matches = all.includes(start) ? [start] : all.filter(id => id.startsWith(start));
    if (matches.length === 0) throw new SessionError('none', all.slice(0, 5));
    if (matches.length > 1) throw new SessionError('ambiguous', matches.slice(0, 5));
    return matches[0]!;
  };
  const list = () =>
    ids()
      .map(read)
      .filter(record => record !== null)
      .sort((a, b) => b.updatedAt.localeCompare(a.updatedAt));
  return {
    save(record) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const draft = join(directory, `.${record.id}.${process.pid}`);
      writeFileSync(draft, JSON.stringify(maskDeep(record)), { mode: 0o600 });
      // A draft left by a killed process keeps its old mode when it is written again.
      chmodSync(draft, 0o600);
      renameSync(draft, fileOf(record.id));
    },
    list,
    load(id) {
      if (id === undefined) {
        const newest = list()[0];
        if (!newest) throw new SessionError('none');
        return newest;
      }
      const record = read(find(id));
      if (!record) throw new SessionError('damaged', [id]);
      return record;
    },
    remove(id) {
      const found = find(id);
      rmSync(fileOf(found));
      return found;
    },
  };
};
