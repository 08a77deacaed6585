import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastingFilesOf } from '../../src/retest/processes.js';
import { FAMILY_FUNCTIONS, MARKER_VARIABLE } from '../../src/retest/shell-family.js';
import { processesWith, until } from './simulation.js';

const path = `/dev/shm/psm_lasting_${process.pid}`;
const marker = `lasting-${process.pid}`;
let child: ChildProcess | null = null;
beforeEach(() => rmSync(path, { force: true }));
afterEach(async () => {
  child?.kill('SIGKILL');
  await until('its end', () => processesWith(marker).length === 0);
  rmSync(path, { force: true });
});

/** What the shell's functions say that is held, when nothing lay there before. */
const heldInShell = (): string[] => {
  const script = `marker=${marker} group= known= shared=\n${FAMILY_FUNCTIONS}\nheld`;
  return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
};

const start = (words: string[]) => {
  child = spawn(words[0]!, words.slice(1), { env: { ...process.env, [MARKER_VARIABLE]: marker }, stdio: 'ignore' });
};

const mayUnshare = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/dev/shm']).status === 0;

describe('files that outlive a process', () => {
  it('are those that it holds', async () => {
    start(['sh', '-c', `exec 5>${path}; exec sleep 60`]);
    await until('the file', () => processesWith(marker).some(pid => lastingFilesOf([pid]).includes(path)));
    expect(heldInShell()).toEqual([path]);
  });

  it.skipIf(!mayUnshare)('are not those of the same name that lie elsewhere', async () => {
    start(['unshare', '-m', 'sh', '-c', `mount -t tmpfs none /dev/shm; exec 5>${path}; exec sleep 60`]);
    await until('the file there', () => processesWith(marker).some(pid => existsSync(`/proc/${pid}/root${path}`)));
    writeFileSync(path, 'of a stranger');
    expect(lastingFilesOf(processesWith(marker))).toEqual([]);
    expect(heldInShell()).toEqual([]);
  });
});
