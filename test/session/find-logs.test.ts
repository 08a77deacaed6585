import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findLogs, logFilesIn } from '../../src/session/find-logs.js';

let folder: string;
const path = process.env.PATH;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-logs-'));
  process.env.PATH = `${folder}${delimiter}${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true });
});

const program = (name: string, script: string) => {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
};
const text = async (chunks: AsyncIterable<string>) => {
  let all = '';
  for await (const chunk of chunks) all += chunk;
  return all;
};

it('finds containers and services that are called after vLLM and reads both streams of their output', async () => {
  program(
    'docker',
    `case "$1" in
  ps) printf 'web\\tnginx:1\\tUp\\nserver\\tvllm/vllm-openai:v0.8.3\\tExited (1) 2 hours ago\\n-rf\\tvllm\\tUp\\n' ;;
  logs) echo "out of $4"; echo error >&2 ;;
esac`,
  );
  program('systemctl', "echo 'vllm.service loaded failed failed vLLM'; echo 'ssh.service loaded active running x'");
  program('journalctl', 'echo "journal of $2"');
  const found = await findLogs();
  expect(found.map(({ shown }) => shown)).toEqual([
    'docker logs server (Exited (1) 2 hours ago)',
    'journalctl -u vllm.service (failed)',
  ]);
  expect(await text(found[0]!.open())).toMatch(/out of server\nerror|error\nout of server/);
  expect(await text(found[1]!.open())).toBe('journal of vllm.service\n');
});

it('finds nothing where the programs are missing or fail', async () => {
  program('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
  program('systemctl', 'exit 1');
  expect(await findLogs()).toEqual([]);
});

it('lists the log files of a folder, the newest first, and nothing else', () => {
  for (const [i, name] of ['old.log', 'notes.md', 'slurm-12.out', 'empty.log'].entries()) {
    writeFileSync(join(folder, name), name === 'empty.log' ? '' : 'x');
    utimesSync(join(folder, name), 1000 + i, 1000 + i);
  }
  expect(logFilesIn(folder).map(file => basename(file))).toEqual(['slurm-12.out', 'old.log']);
  expect(logFilesIn(join(folder, 'missing'))).toEqual([]);
});
