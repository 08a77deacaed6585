import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './simulation.js';

/** The wrapper as a program: it prints what it kept on file descriptor 3. */
const DRIVER = `
import { writeSync } from 'node:fs';
import { runWrapped } from ${JSON.stringify(join(import.meta.dirname, '../../src/retest/wrap.ts'))};
const end = await runWrapped(process.argv[2], process.argv.slice(3));
writeSync(3, JSON.stringify(end));
process.exitCode = end.code ?? 69;
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-wrap-'));
  await writeFile(join(folder, 'driver.ts'), DRIVER);
  await build({
    entryPoints: [join(folder, 'driver.ts')],
    outfile: join(folder, 'driver.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = (argv: string[]) => {
  const child = spawn(process.execPath, [join(folder, 'driver.mjs'), ...argv], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const out: Buffer[][] = [[], [], []];
  for (const [index, stream] of [child.stdout, child.stderr, child.stdio[3]].entries())
    stream!.on('data', (chunk: Buffer) => out[index]!.push(chunk));
  const done = new Promise<{
    code: number | null;
    stdout: Buffer;
    stderr: Buffer;
    end: { asked: boolean; output: string };
  }>(resolve =>
    child.on('close', code => {
      const [stdout, stderr, end] = out.map(chunks => Buffer.concat(chunks));
      resolve({ code, stdout: stdout!, stderr: stderr!, end: JSON.parse(end!.toString() || 'null') });
    }),
  );
  return { child, done, seen: () => Buffer.concat(out[0]!).toString() };
};

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the wrapper is transparent', () => {
  it('hands bytes through, in and out', async () => {
    const bytes = randomBytes(2_000_000);
    const { child, done } = start(['cat']);
    child.stdin!.end(bytes);
    const { code, stdout } = await done;
    expect(code).toBe(0);
    expect(hash(stdout)).toBe(hash(bytes));
  });

  it('keeps the two streams apart, can be reopened, and ends with the same code', async () => {
    const { child, done } = start(['sh', '-c', 'echo out; echo err >&2; echo again > /dev/stderr; exit 7']);
    child.stdin!.end();
    const { code, stdout, stderr, end } = await done;
    expect(code).toBe(7);
    expect(stdout.toString()).toBe('out\n');
    expect(stderr.toString()).toBe('err\nagain\n');
    expect(end.output).toContain('out\n');
  });

  it.each([
    ['KILL', 137],
    ['TERM', 143],
    ['SEGV', 139],
  ])('a death by SIG%s is exit code %i', async (signal, expected) => {
    const { child, done } = start(['sh', '-c', `kill -${signal} $$`]);
    child.stdin!.end();
    const { code, end } = await done;
    expect(code).toBe(expected);
    expect(end.asked).toBe(false);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s reaches the program, whose answer counts', async signal => {
    const { child, done, seen } = start([
      'sh',
      '-c',
      `trap 'echo got; exit 5' ${signal.slice(3)}; echo up; while :; do sleep 0.05; done`,
    ]);
    await until('the program', () => seen().includes('up'));
    child.kill(signal);
    const { code, stdout, end } = await done;
    expect(code).toBe(5);
    expect(stdout.toString()).toBe('up\ngot\n');
    expect(end.asked).toBe(true);
  });

  it('does not wait for descendants that keep the output open', async () => {
    const { child, done } = start(['sh', '-c', 'sleep 20 & echo "child $!"']);
    child.stdin!.end();
    const { code, stdout } = await done;
    expect(code).toBe(0);
    process.kill(Number(/child (\d+)/.exec(stdout.toString())![1]), 'SIGKILL');
  });

  it('says that a program is missing', async () => {
    const { child, done } = start(['no-such-program-here']);
    child.stdin!.end();
    const { code, end } = await done;
    expect(code).toBe(69);
    expect(end).toMatchObject({ code: null, error: 'ENOENT' });
  });
});
