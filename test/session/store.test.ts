import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newRecord, newRound } from '../../src/session/record.js';
import { newSessionId, stateDirectory } from '../../src/session/save.js';
import { openStore, type SessionError } from '../../src/session/store.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sessions-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const record = (id: string, updatedAt = '2026-11-21T02:00:00.000Z') => ({ ...newRecord(id, new Date()), updatedAt });
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as SessionError).code;
  }
  return null;
};

describe('a session store', () => {
  it('gives back what was saved, the newest first', () => {
    const store = openStore(join(directory, 'new', 'deep'));
    const old = record('20261121-0100-aaaa', '2026-11-21T01:00:00.000Z');
    const young = record('20261121-0200-bbbb');
    store.save(young);
    store.save(old);
    expect(store.list()).toEqual([young, old]);
    expect(store.load()).toEqual(young);
    expect(store.load('20261121-01')).toEqual(old);
  });

  it('leaves no draft behind when it cannot write', () => {
    const store = openStore(directory);
    const blocked = record('20261121-0100-aaaa');
    // A folder stands where the session is to be put.
    mkdirSync(join(directory, `${blocked.id}.json`, 'in-the-way'), { recursive: true });
    expect(() => store.save(blocked)).toThrow();
    expect(readdirSync(directory)).toEqual([`${blocked.id}.json`]);
  });

  it('writes for the owner alone, masks secrets, and leaves no draft behind', () => {
    const store = openStore(directory);
    const withSecret = record('20261121-0100-aaaa');
    withSecret.rounds = [newRound('', null, 'HF_TOKEN=hf_abcdefghijklmnop vllm serve m --api-key verysecretvalue')];
    store.save(withSecret);
    const [file] = readdirSync(directory);
    expect(readdirSync(directory)).toHaveLength(1);
    const path = join(directory, file!);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(text).not.toContain('hf_abcdefghijklmnop');
    expect(text).not.toContain('verysecretvalue');
    expect(withSecret.rounds[0]!.command).toContain('hf_abcdefghijklmnop');
  });

  it('tells apart an unknown, an ambiguous and a damaged session', () => {
    const store = openStore(directory);
    expect(codeOf(() => store.load())).toBe('none');
    store.save(record('20261121-0100-aaaa'));
    store.save(record('20261121-0100-aabb'));
    writeFileSync(join(directory, '20261120-0000-cccc.json'), '{"schemaVersion":1');
    expect(codeOf(() => store.load('1999'))).toBe('none');
    expect(codeOf(() => store.load('20261121-0100-aa'))).toBe('ambiguous');
    expect(codeOf(() => store.load('20261120'))).toBe('damaged');
    expect(store.list()).toHaveLength(2);
  });

  it('deletes by the beginning of the id, and only inside its directory', () => {
    const store = openStore(join(directory, 'sessions'));
    store.save(record('20261121-0100-aaaa'));
    writeFileSync(join(directory, 'outside.json'), '{}');
    expect(codeOf(() => store.remove('../outside'))).toBe('none');
    expect(store.remove('20261121')).toBe('20261121-0100-aaaa');
    expect(store.list()).toEqual([]);
    expect(readdirSync(directory)).toContain('outside.json');
  });

  it('lists nothing where nothing was ever saved', () => {
    expect(openStore(join(directory, 'missing')).list()).toEqual([]);
    mkdirSync(join(directory, 'empty'));
    expect(openStore(join(directory, 'empty')).list()).toEqual([]);
  });
});

it('keeps sessions in the state directory of the user', () => {
  expect(stateDirectory({ VLLM_OOM_DOCTOR_STATE: '/a' })).toBe('/a');
  expect(stateDirectory({ XDG_STATE_HOME: '/b' })).toBe('/b/vllm-oom-doctor');
  expect(stateDirectory({})).toMatch(/\.local\/state\/vllm-oom-doctor$/);
});

it('makes ids that sort by time and differ', () => {
  const at = (text: string) => newSessionId(new Date(text));
  expect(at('2026-11-21T02:03:00') < at('2026-11-21T12:03:00')).toBe(true);
  expect(at('2026-11-21T02:03:00')).toMatch(/^20261121-0203-[0-9a-f]{4}$/);
});
