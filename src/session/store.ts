import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionRecord } from './record.js';
import { parseRecord } from './record-schema.js';
import { saveRecord, sessionsDirectory } from './save.js';

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

export const openStore = (directory: string = sessionsDirectory()): SessionStore => {
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
    save: record => saveRecord(record, directory),
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
