import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doctor, freePort, until } from './support.js';

const SIMULATOR = join(import.meta.dirname, '../../fixtures/simulator/bin');

/** Live processes whose environment holds `text`. */
const processesWith = (text: string): string[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return false;
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(text);
      } catch {
        return false;
      }
    });

// A real ssh server on the loopback with throw-away keys; the vLLM there is played.
describe.skipIf(!process.env.REAL_SSHD)('a launch on another host', () => {
  let folder = '';
  let bin = '';
  let server: ChildProcess;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'doctor-ssh-'));
    chmodSync(folder, 0o700);
    for (const name of ['host', 'user'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    writeFileSync(join(folder, 'authorized_keys'), readFileSync(join(folder, 'user.pub')), { mode: 0o600 });
    const port = await freePort();
    const settings = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      `PidFile ${join(folder, 'pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      'PermitUserEnvironment no',
    ];
    writeFileSync(join(folder, 'sshd_config'), `${settings.join('\n')}\n`);
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
    server = spawn(process.env.REAL_SSHD!, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
    // The doctor knows no option for keys: as for everybody, ssh's own configuration tells them.
    bin = join(folder, 'bin');
    mkdirSync(bin);
    const client = [
      '#!/bin/sh',
      `exec /usr/bin/env ssh -F ${join(folder, 'ssh_config')} "$@"`.replace('/usr/bin/env ssh', which('ssh')),
    ];
    writeFileSync(join(bin, 'ssh'), `${client.join('\n')}\n`, { mode: 0o755 });
    const known = ['Host gpu-box', 'HostName 127.0.0.1', `Port ${port}`, `IdentityFile ${join(folder, 'user')}`];
    known.push('StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'LogLevel ERROR');
    writeFileSync(join(folder, 'ssh_config'), `${known.join('\n')}\n`);
    env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, LANG: 'C.UTF-8' };
    await until('the ssh server', () => reachable(env));
  });
  afterAll(() => {
    server?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const launch = async (scenario: object, mark: string, ...args: string[]) => {
    const state = join(folder, mark);
    const played = JSON.stringify({ gpu: 'rtx-4090', state, ...scenario });
    const words = ['vllm', 'serve', ...args, '--port', String(await freePort())];
    return {
      state,
      argv: [
        'retest',
        '--auto',
        '--via',
        'ssh',
        'gpu-box',
        '--',
        `VLLM_OOM_DOCTOR_SIMULATOR='${played}' ${join(SIMULATOR, words[0]!)} ${words.slice(1).join(' ')}`,
      ],
    };
  };

  it('is changed until it holds and answers through the forwarded port', async () => {
    const { argv, state } = await launch({ vllm: '0.9.1', seconds: 1 }, 'holds', 'Qwen/Qwen3-8B');
    const { code, out } = await doctor(argv, env).done;
    expect(out).toContain('on gpu-box');
    expect(out).toContain('Held in the simulation');
    expect(code).toBe(0);
    await until('the end there', () => processesWith(state).length === 0);
  });

  it.each([
    ['it is interrupted', 'SIGINT'],
    ['the doctor is killed', 'SIGKILL'],
  ] as const)('is gone when %s', async (_, signal) => {
    const { argv, state } = await launch({ vllm: '0.19.0', seconds: 40 }, signal, 'Qwen/Qwen2.5-0.5B-Instruct');
    const { child, seen, done } = doctor(argv, env);
    await until('a phase', () => seen().includes('loading the weights'));
    expect(processesWith(state).length).toBeGreaterThan(1);
    child.kill(signal);
    const { code } = await done;
    if (signal === 'SIGINT') expect(code).toBe(130);
    await until('the end there', () => processesWith(state).length === 0);
  });

  it('shows no variable of the launch on any command line', async () => {
    const { argv, state } = await launch({ vllm: '0.19.0', seconds: 20 }, 'secret', 'Qwen/Qwen2.5-0.5B-Instruct');
    const token = 'hf_thisMustNotBeSeenByAnybody';
    const { child, seen, done } = doctor([...argv.slice(0, -1), `HF_TOKEN=${token} ${argv.at(-1)}`], env);
    await until('a phase', () => seen().includes('loading the weights'));
    const lines = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && Number(name) !== child.pid)
      .map(pid => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return '';
        }
      });
    // The doctor's own line is as somebody typed it.
    expect(lines.filter(line => line.includes(token))).toEqual([]);
    expect(processesWith(`HF_TOKEN=${token}`).length).toBeGreaterThan(0);
    child.kill('SIGINT');
    expect((await done).code).toBe(130);
    await until('the end there', () => processesWith(state).length === 0);
  });

  it('is not started where another server listens', async () => {
    const { argv, state } = await launch({ vllm: '0.19.0', seconds: 1 }, 'taken', 'Qwen/Qwen2.5-0.5B-Instruct');
    const server = createServer().listen(Number(/--port (\d+)/.exec(argv.at(-1)!)![1]), '127.0.0.1');
    const { code, err } = await doctor(argv, env).done;
    server.close();
    expect(code).toBe(69);
    expect(err).toContain('of gpu-box is in use');
    expect(processesWith(state)).toEqual([]);
  });

  it('is gone when the connection is cut, and nothing is concluded from that', async () => {
    const { argv, state } = await launch({ vllm: '0.19.0', seconds: 40 }, 'cut', 'Qwen/Qwen2.5-0.5B-Instruct');
    const { seen, done } = doctor(argv, env);
    await until('a phase', () => seen().includes('loading the weights'));
    // The server's processes for connections, not the server.
    const sessions = execFileSync('pgrep', ['-P', String(server.pid)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const pid of sessions) process.kill(Number(pid), 'SIGKILL');
    const { code, out, err } = await done;
    expect(err).toContain('the connection to gpu-box was lost');
    expect(out).toContain('could not be checked: processes on gpu-box');
    expect(code).toBe(69);
    await until('the end there', () => processesWith(state).length === 0);
  });

  it('says that a host is not reached', async () => {
    const { code, err } = await doctor(
      ['retest', '--auto', '--via', 'ssh', 'nobody@127.0.0.1', '--', 'vllm serve X'],
      env,
    ).done;
    expect(code).toBe(69);
    expect(err).toContain('does not reach');
  });
});

const which = (name: string): string =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(path => existsSync(path)) ?? name;

const reachable = (env: NodeJS.ProcessEnv): boolean => {
  try {
    execFileSync('ssh', ['-o', 'BatchMode=yes', 'gpu-box', 'true'], { env, stdio: 'ignore', timeout: 5000 });
    return true;
  } catch {
    return false;
  }
};
