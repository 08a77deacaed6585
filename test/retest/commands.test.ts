import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { runCli } from '../helpers/run-cli.js';
import { freePort, processesWith, type Scenario, simulatedEnv, until } from './simulation.js';

const folder = mkdtempSync(join(tmpdir(), 'doctor-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KV: Scenario = { vllm: '0.9.1', gpu: 'rtx-4090' };
const FITS = 'Qwen/Qwen2.5-0.5B-Instruct';

const vllm = async (...args: string[]) => ['vllm', 'serve', ...args, '--port', String(await freePort())];

/** A machine that is played, and what remains of it. */
const machine = async (scenario: Scenario) => {
  const env = await simulatedEnv(scenario);
  const state = JSON.parse(env.VLLM_OOM_DOCTOR_SIMULATOR!).state as string;
  return { env, left: () => processesWith(state) };
};

describe('retest', () => {
  it('goes from the failure to a command that holds, and calls the simulation by its name', async () => {
    const { env, left } = await machine(KV);
    const { code, stdout } = await runCli(['retest', '--auto', '--', ...(await vllm('Qwen/Qwen3-8B'))], { env });
    expect(stdout).toContain('SIMULATED');
    expect(stdout).toContain('Not proven');
    expect(stdout).toMatch(/\+vllm serve Qwen\/Qwen3-8B .*--max-model-len \d+/);
    expect(stdout).toContain('Held in the simulation');
    expect(stdout).not.toContain('Proven:');
    expect(code).toBe(0);
    expect(left()).toEqual([]);
  });

  it('starts with the advised fix when it has the log', async () => {
    const { env } = await machine(KV);
    const words = await vllm('Qwen/Qwen3-8B');
    const failed = spawn(words[0]!, words.slice(1), { env: { ...process.env, ...env } });
    let log = '';
    failed.stdout.on('data', chunk => {
      log += chunk;
    });
    await new Promise(resolve => failed.on('close', resolve));
    const path = join(folder, 'crash.log');
    writeFileSync(path, log);
    const { code, stdout } = await runCli(['retest', '--auto', '--log', path, '--', ...words], { env });
    expect(code).toBe(0);
    expect(stdout.match(/started as process/g)).toHaveLength(1);
  });

  it('tells every attempt and the outcome as JSON, and the progress elsewhere', async () => {
    const { env } = await machine(KV);
    const words = await vllm('Qwen/Qwen3-8B');
    const { code, stdout, stderr } = await runCli(['retest', '--auto', '--format', 'json', '--', ...words], { env });
    const told = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(stderr).toContain('Attempt 1');
    expect(told).toMatchObject({ schemaVersion: 1, outcome: 'proven', simulated: true, bisect: null });
    expect(told.command).toMatch(/^vllm serve Qwen\/Qwen3-8B .*--max-model-len \d+$/);
    expect(told.diff).toBe(`-${words.join(' ')}\n+${told.command}`);
    expect(told.startupMs).toBeGreaterThan(0);
    expect(told.attempts).toMatchObject([
      { number: 1, fixes: [], diff: null, outcome: 'failed', verdict: 'oom', cause: 'kv-cache-too-small' },
      { number: 2, fixes: ['lower-max-model-len'], outcome: 'proven', command: told.command, leftBehind: [] },
    ]);
    expect(told.attempts[1].peakGiB[0]).toBeGreaterThan(15);
  });

  it('says as JSON, too, why nothing was started', async () => {
    const { code, stdout } = await runCli([
      'retest',
      '--auto',
      '--format',
      'json',
      '--',
      'no-such-dir/vllm',
      'serve',
      'X',
    ]);
    expect(code).toBe(69);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'not-started', command: null, attempts: [] });
  });

  it('ends when the output is that of another command', async () => {
    const { env } = await machine(KV);
    const original = await vllm('Qwen/Qwen3-8B', '--gpu-memory-utilization', '0.9');
    // A "vllm" in PATH that runs the old command whatever it is asked.
    const bin = join(folder, 'stubborn');
    mkdirSync(bin);
    const program = join(env.PATH!.split(':')[0]!, 'vllm');
    writeFileSync(join(bin, 'vllm'), `#!/bin/sh\nexec ${[program, ...original.slice(1)].join(' ')}\n`, { mode: 0o755 });
    const { code, stdout } = await runCli(
      ['retest', '--auto', '--', ...original.map(word => (word === '0.9' ? '0.8' : word))],
      { env: { ...env, PATH: `${bin}:${env.PATH}` } },
    );
    expect(stdout).toContain('does not belong to the command that was started');
    expect(stdout.match(/started as process/g)).toHaveLength(1);
    expect(code).toBe(2);
  });

  it('says when nothing has to be changed', async () => {
    const { env } = await machine({ vllm: '0.11.0' });
    const { code, stdout } = await runCli(['retest', '--auto', '--', ...(await vllm(FITS))], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing had to be changed');
  });

  it('starts nothing before somebody said so', async () => {
    const { env, left } = await machine({ vllm: '0.11.0' });
    const { code, stdout, stderr } = await runCli(['retest', '--', ...(await vllm(FITS))], { env });
    expect(code).toBe(64);
    expect(stdout).not.toContain('started as process');
    expect(stderr).toContain('--auto');
    expect(left()).toEqual([]);
  });

  it('starts after Enter', async () => {
    const { env } = await machine({ vllm: '0.11.0' });
    const { code } = await runCli(['retest', '--', ...(await vllm(FITS))], { env, stdin: '\n' });
    expect(code).toBe(0);
  });

  it('ends with 3 for a failure that is none of memory', async () => {
    const { env } = await machine({ vllm: '0.19.0' });
    const words = await vllm(FITS, '--swap-space', '4');
    const { code, stdout } = await runCli(['retest', '--auto', '--', ...words], { env });
    expect(stdout).toContain('exit code 2');
    expect(code).toBe(3);
  });

  it.each([
    ['a missing program', ['no-such-dir/vllm', 'serve', 'X'], 69],
    ['a fix that does not exist', ['--fix', 'no-such-fix'], 64],
    ['a host that ssh does not reach', ['--via', 'ssh', 'no-such-host.invalid'], 69],
    ['a flag that cannot be searched', ['--bisect', 'port'], 64],
    ['no launch command', [], 64],
  ])('refuses %s with an exit code and advice', async (what, words, expected) => {
    const { env } = await machine(KV);
    const launch =
      what === 'no launch command' ? [] : words[0]!.startsWith('--') ? ['--', ...(await vllm('Qwen/Qwen3-8B'))] : [];
    const ours = words[0]?.startsWith('--') ? words : words.length > 0 ? ['--', ...words] : [];
    const { code, stderr } = await runCli(['retest', '--auto', ...ours, ...launch], { env });
    expect(code).toBe(expected);
    expect(stderr).toMatch(/^vllm-oom-doctor: .+\n.+/);
    expect(stderr).not.toContain('bug of the doctor');
  });

  it('finds the largest value that holds', async () => {
    const { env, left } = await machine({ vllm: '0.9.1', gpu: 'rtx-4090', seconds: 0.1 });
    const words = await vllm('Qwen/Qwen3-8B');
    const { code, stdout } = await runCli(['retest', '--auto', '--bisect', 'max-model-len', '--', ...words], { env });
    const holds = Number(/largest --max-model-len that held: (\d+)/.exec(stdout)?.[1]);
    const estimate = Number(/estimated maximum model length is (\d+)/.exec(stdout)?.[1] ?? 32_512);
    expect(code).toBe(0);
    expect(holds).toBeLessThanOrEqual(estimate);
    expect(holds).toBeGreaterThan(estimate * 0.95);
    expect(stdout).toContain(`--max-model-len ${holds}`);
    expect(left()).toEqual([]);
  });

  it('is interrupted cleanly', async () => {
    const { env, left } = await machine({ vllm: '0.19.0', seconds: 20 });
    const child = spawn(process.execPath, [inject('cli'), 'retest', '--auto', '--', ...(await vllm(FITS))], {
      env: { ...process.env, ...env },
    });
    let out = '';
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    await until('a phase', () => out.includes('loading the weights'));
    child.kill('SIGINT');
    const code = await new Promise(resolve => child.on('close', resolve));
    expect(code).toBe(130);
    expect(out).toContain('nothing is left behind');
    expect(left()).toEqual([]);
  });

  it('claims nothing when nobody listens to the end, and leaves nothing', async () => {
    const { env, left } = await machine({ vllm: '0.19.0', seconds: 20 });
    const child = spawn(process.execPath, [inject('cli'), 'retest', '--auto', '-v', '--', ...(await vllm(FITS))], {
      env: { ...process.env, ...env },
    });
    await new Promise(resolve => child.stdout.once('data', resolve));
    await until('the server', () => left().length > 0);
    child.stdout.destroy();
    expect(await new Promise(resolve => child.on('exit', resolve))).toBe(130);
    await until('the end of the server', () => left().length === 0);
  });

  it('takes the output of a start elsewhere', async () => {
    const { env } = await machine(KV);
    const words = await vllm('Qwen/Qwen3-8B');
    const failed = spawn(words[0]!, words.slice(1), { env: { ...process.env, ...env } });
    let log = '';
    failed.stdout.on('data', chunk => {
      log += chunk;
    });
    await new Promise(resolve => failed.on('close', resolve));
    const { code, stdout } = await runCli(['retest', '--via', 'manual', '--', ...words], { stdin: log });
    expect(stdout).toContain('vllm serve Qwen/Qwen3-8B');
    expect(code).toBe(1);
  });

  it('speaks Chinese', async () => {
    const { env } = await machine({ vllm: '0.11.0' });
    const { stdout } = await runCli(['retest', '--auto', '--lang', 'zh-CN', '--', ...(await vllm(FITS))], { env });
    expect(stdout).toContain('在模拟中成立');
    expect(stdout).toContain('没有遗留');
  });
});

describe('run', () => {
  it('hands through, and says why the server died', async () => {
    const { env } = await machine(KV);
    const { code, stdout, stderr } = await runCli(['run', '--', ...(await vllm('Qwen/Qwen3-8B'))], { env });
    expect(code).toBe(1);
    expect(stdout).toContain('To serve at least one request');
    expect(stderr).toContain('--max-model-len');
  });

  it('is silent for a program that has nothing to do with vLLM', async () => {
    const { code, stdout, stderr } = await runCli(['run', '--', 'sh', '-c', 'echo hello; exit 3']);
    expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: 'hello\n', stderr: '' });
  });

  it('gives the program our standard input', async () => {
    const { stdout } = await runCli(['run', '--', 'cat'], { stdin: 'from outside' });
    expect(stdout).toBe('from outside');
  });

  it('starts again with the advised fix when asked to', async () => {
    const { env } = await machine(KV);
    const child = spawn(
      process.execPath,
      [inject('cli'), 'run', '--retry', '1', '--', ...(await vllm('Qwen/Qwen3-8B'))],
      {
        env: { ...process.env, ...env, LANG: 'C' },
      },
    );
    let err = '';
    let out = '';
    child.stderr.on('data', chunk => {
      err += chunk;
    });
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    await until('the second start to serve', () => out.includes('Application startup complete'));
    expect(err).toContain('starting again (1 of 1)');
    child.kill('SIGTERM');
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(0);
  });

  it('keeps the output without its tokens', async () => {
    const save = join(folder, 'saved');
    const script = 'echo "HF_TOKEN=hf_abcdefghijklmnopqrst"; echo plain';
    const { stdout } = await runCli(['run', '--save', save, '--', 'sh', '-c', script]);
    expect(stdout).toContain('hf_abcdefghijklmnopqrst');
    const [file] = readdirSync(save);
    const text = readFileSync(join(save, file!), 'utf8');
    expect(text).toContain('plain');
    expect(text).not.toContain('hf_abcdefghijklmnopqrst');
    expect(statSync(join(save, file!)).mode & 0o077).toBe(0);
  });

  it('says that a program is missing', async () => {
    const { code, stderr } = await runCli(['run', '--', 'no-such-program-here']);
    expect(code).toBe(69);
    expect(stderr).toContain('no-such-program-here');
  });
});

describe('demo', () => {
  it.each(['kv', 'graphs', 'occupied', 'vision', 'dummies'])(
    '%s goes from the log to a command that holds',
    async name => {
      const { code, stdout } = await runCli(['demo', name]);
      expect(stdout).toContain('SIMULATED');
      expect(stdout).toContain('Held in the simulation');
      expect(code).toBe(0);
    },
  );

  it('refuses a case that it does not have', async () => {
    expect((await runCli(['demo', 'no-such-case'])).code).toBe(64);
  });
});
