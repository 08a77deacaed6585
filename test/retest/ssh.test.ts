import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type RetestEvent, type RetestPlan, startRetest } from '../../src/retest/index.js';
import { lastingFilesOf } from '../../src/retest/processes.js';
import { remoteCommand, remoteText } from '../../src/retest/remote-script.js';
import { quoted } from '../../src/retest/shell-family.js';
import type { StartCommand } from '../../src/retest/types.js';
import { fakeSsh } from './fake-ssh.js';
import { type Impostor, impostor } from './impostor.js';
import { BIN, freePort, processesWith, type Scenario, simulatedPlan, until } from './simulation.js';

const MODEL = 'Qwen/Qwen2.5-0.5B-Instruct';
const TOKEN = 'hf_thisMustNotBeSeenByAnybody';
const ssh = fakeSsh();
afterAll(() => rmSync(ssh.folder, { recursive: true, force: true }));

const SHELLS = ['sh', 'bash', 'busybox'].filter(name => {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`]);
    return true;
  } catch {
    return false;
  }
});

const HOSTILE = [
  '',
  "it's",
  '$(touch /tmp/should-not-be)`touch /tmp/should-not-be`$HOME',
  'two\nlines\n',
  '\r\n\ttab',
  '\\ \\n "double" !! * ? ~ #',
  "'; exit 3; '",
  '日本語 é',
  '-n',
];

/** `vllm serve` over ssh, in a played machine. */
const planned = async (scenario: Scenario, env: Record<string, string> = {}): Promise<RetestPlan> => {
  const plan = await simulatedPlan(scenario, [MODEL]);
  const start = plan.start!;
  const { PATH, ...own } = start.env;
  return {
    ...plan,
    via: 'ssh',
    host: 'gpu-box',
    start: { ...start, file: join(BIN, 'vllm'), env: { ...own, ...env } },
  };
};

const markOf = (plan: RetestPlan): string => JSON.parse(plan.start!.env.VLLM_OOM_DOCTOR_SIMULATOR!).state as string;
const env = { ...process.env, ...ssh.env };

const last = <T extends RetestEvent['type']>(events: RetestEvent[], type: T) =>
  events.filter(event => event.type === type).at(-1) as Extract<RetestEvent, { type: T }> | undefined;

/** Everything that stands on a command line of this machine now. */
const commandLines = (): string =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');

describe('a shell reads back what was quoted', () => {
  it.each(SHELLS)('in %s', shell => {
    const read = (words: string[]) => {
      const script = `printf '%s\\0' ${words.map(quoted).join(' ')}`;
      const out = execFileSync(shell, shell === 'busybox' ? ['sh', '-c', script] : ['-c', script], {
        encoding: 'utf8',
      });
      return out.split('\0').slice(0, -1);
    };
    expect(read(HOSTILE)).toEqual(HOSTILE);
    const word = fc.string({ unit: 'grapheme' }).map(text => text.replaceAll('\0', ''));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), words => {
        expect(read(words)).toEqual(words);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the script on the other host', () => {
  /** Runs it as sshd would, with `input` behind the text; nothing in `input` closes the connection at once. */
  const there = (shell: string, start: StartCommand, { port = 1, silenceS = 30, text = '' } = {}) => {
    const marker = `mark-${Math.random()}`;
    const words = shell === 'busybox' ? ['busybox', 'sh', '-c'] : [shell, '-c'];
    const child = spawn(words[0]!, [
      ...words.slice(1),
      remoteCommand(marker).replace('exec sh', `exec ${shell === 'busybox' ? 'busybox sh' : shell}`),
    ]);
    let out = '';
    child.stdout.on('data', chunk => {
      out += chunk;
    });
    child.stderr.on('data', chunk => {
      out += chunk;
    });
    child.stdin.write(text || remoteText(start, { marker, port, graceMs: 1000, silenceS }));
    const done = new Promise<number | null>(resolve => child.on('close', resolve));
    return { child, marker, seen: () => out, done };
  };
  const PRINT = 'printf "<%s>" "$@"; printf "{%s}" "$A" "$B" "$OOM"; exit 7';

  it.each(SHELLS)('hands words and variables over byte for byte (%s)', async shell => {
    const env = { A: HOSTILE[2]!, B: HOSTILE.join(''), OOM: "it's\n" };
    const run = there(shell, { file: 'sh', args: ['-c', PRINT, 'sh', ...HOSTILE], env });
    expect(await run.done).toBe(7);
    const expected = [...HOSTILE.map(word => `<${word}>`), `{${env.A}}`, `{${env.B}}`, `{${env.OOM}}`].join('');
    expect(run.seen()).toContain(expected);
    expect(run.seen()).toContain(`[vllm-oom-doctor ${run.marker}] swept`);
    expect(existsSync('/tmp/should-not-be')).toBe(false);
  });

  it('starts nothing when the text ends before its mark', async () => {
    const whole = remoteText(
      { file: 'sh', args: ['-c', 'echo STARTED'], env: {} },
      { marker: 'm', port: 1, graceMs: 1 },
    );
    const run = there('sh', { file: 'true', args: [], env: {} }, { text: whole.slice(0, -4) });
    run.child.stdin.end();
    await run.done;
    expect(run.seen()).toBe('');
  });

  it.each([
    ['a child that has left its session', 'setsid setsid sleep 300 & sleep 300'],
    ['a child that does not listen', "trap '' TERM; while :; do sleep 0.1; done"],
  ])('ends %s when its hand goes', async (_, script) => {
    const run = there('sh', { file: 'sh', args: ['-c', script], env: {} });
    await until('the child', () => processesWith(run.marker).length > 0);
    run.child.stdin.end();
    await run.done;
    expect(processesWith(run.marker)).toEqual([]);
  });

  it('ends the child when nothing is heard of us, though the connection stands', async () => {
    const run = there('sh', { file: 'sleep', args: ['300'], env: {} }, { silenceS: 2 });
    await until('the child', () => processesWith(run.marker).length > 0);
    await run.done;
    expect(run.seen()).toContain('silent');
    expect(processesWith(run.marker)).toEqual([]);
  });

  it('keeps the child as long as something is heard', async () => {
    const run = there('sh', { file: 'sleep', args: ['6'], env: {} }, { silenceS: 3 });
    const heart = setInterval(() => run.child.stdin.write('here\n'), 500);
    const code = await run.done;
    clearInterval(heart);
    expect(code).toBe(0);
    expect(run.seen()).not.toContain('silent');
  });

  it('removes the shared memory of a child that died of itself', async () => {
    const path = `/dev/shm/psm_test_${process.pid}`;
    // Held for a while, then killed without a chance to clean.
    const run = there('sh', {
      file: 'sh',
      args: ['-c', `exec 5>${path}; echo held >&5; sleep 9; kill -KILL $$`],
      env: {},
    });
    expect(await run.done).toBe(137);
    expect(existsSync(path)).toBe(false);
  });
});

describe('a launch over ssh', () => {
  it('is proven through the forwarded port, and no variable of it stands on a command line', async () => {
    const plan = await planned({ vllm: '0.11.0', seconds: 1 }, { HF_TOKEN: TOKEN, ODD: HOSTILE.join('') });
    let lines = '';
    const result = await startRetest(plan, {
      env,
      onEvent: event => {
        if (event.type === 'phase' || event.type === 'started') lines += commandLines();
      },
    }).done;
    expect(result.outcome).toBe('proven');
    expect(last(result.events, 'stopped')).toMatchObject({ leftBehind: [] });
    expect(result.log).not.toContain('vllm-oom-doctor ');
    expect(lines).toContain('vllm-oom-doctor');
    expect(lines).not.toContain(TOKEN);
    expect(readFileSync(ssh.notes, 'utf8')).not.toContain(TOKEN);
    expect(processesWith(markOf(plan))).toEqual([]);
  });

  it('is not started where another server listens', async () => {
    const plan = await planned({ vllm: '0.11.0' });
    const server = createServer();
    await new Promise<void>(resolve => server.listen(plan.endpoint!.port, '127.0.0.1', () => resolve()));
    // Slow enough for questions to be on their way: that server never answers them.
    const result = await startRetest(plan, { env: { ...env, FAKE_SSH_SLOW_MS: '3000' } }).done;
    server.close();
    expect(result).toMatchObject({ outcome: 'not-started', notStarted: 'port-in-use' });
    expect(result.reason).toContain('of gpu-box');
    expect(last(result.events, 'started')).toBeUndefined();
  });

  it('says that a program or a host is missing', async () => {
    const plan = await planned({});
    const missing = { ...plan, start: { ...plan.start!, file: 'no-such-vllm' } };
    expect(await startRetest(missing, { env }).done).toMatchObject({ notStarted: 'program-not-found' });
    expect(await startRetest({ ...plan, host: 'nowhere' }, { env }).done).toMatchObject({
      notStarted: 'host-unreachable',
      reason: 'ssh does not reach nowhere (ssh: Could not resolve hostname nowhere)',
    });
  });

  it.each([
    ['run', '--rm'],
    ['exec', '-d', 'c'],
    ['compose', 'up', '-d'],
  ])('starts no container there: %s', async (...args) => {
    const plan = await planned({});
    const start = { file: 'docker', args, env: {} };
    expect(await startRetest({ ...plan, start }, { env }).done).toMatchObject({ notStarted: 'via-unavailable' });
  });

  it('takes the environment of the launch for the other host alone', async () => {
    const plan = await planned({ vllm: '0.11.0' }, { PATH: '/no/such/folder' });
    // The played vllm needs node and env: only that ssh is found here counts.
    const result = await startRetest(plan, { env }).done;
    expect(result.notStarted).toBeUndefined();
  });

  it.each(['stopped', 'cut'])('leaves nothing when it is %s', async how => {
    const plan = await planned({ vllm: '0.19.0', seconds: 60 });
    let files: string[] = [];
    let readings = 0;
    const handle = startRetest(plan, {
      env,
      onEvent: event => {
        if (event.type === 'phase' && event.phase === 'load') readings = 1;
        if (readings !== 1 || event.type !== 'line') return;
        readings = 2;
        void until('shared memory', () => lastingFilesOf(processesWith(markOf(plan))).length > 0).then(() => {
          files = lastingFilesOf(processesWith(markOf(plan)));
          if (how === 'stopped') return handle.stop();
          // The connection alone dies, as when sshd is killed.
          const clients = processesWith(`FAKE_SSH_NOTES=${ssh.notes}`);
          for (const pid of clients) if (pid !== process.pid) process.kill(pid, 'SIGKILL');
        });
      },
    });
    const result = await handle.done;
    expect(result.outcome).toBe('stopped');
    const stopped = last(result.events, 'stopped')!;
    if (how === 'cut') {
      expect(result.brokenOff).toBe('connection-lost');
      expect(stopped.unchecked?.map(({ look }) => look).join()).toContain('ssh gpu-box ');
    } else expect(stopped.unchecked).toBeUndefined();
    await until('the end there', () => processesWith(markOf(plan)).length === 0);
    await until('the end of the files', () => !files.some(existsSync));
    expect(files.length).toBeGreaterThan(0);
  });
});

describe('another server that answers', () => {
  it.each(['local', 'ssh'] as const)('is not taken for ours, nor told a key: %s', async via => {
    const plan = await planned({ vllm: '0.19.0', seconds: 60 });
    const { port } = plan.endpoint!;
    let stranger: Impostor | null = null;
    const start = { ...plan.start!, args: plan.start!.args.filter(word => !/^(?:--port|\d+)$/.test(word)) };
    // Our child listens elsewhere; the stranger comes after the look at the port, and serves the same model.
    start.args.push('--port', String(await freePort()));
    const over = { ...(via === 'local' ? { via } : {}), start, endpoint: { ...plan.endpoint!, apiKey: 'secret' } };
    const result = await startRetest(
      { ...plan, ...over },
      {
        env,
        onEvent: event => {
          if (event.type === 'phase') stranger ??= impostor(MODEL, port);
        },
      },
    ).done;
    stranger!.close();
    expect(result).toMatchObject({ outcome: 'stopped', brokenOff: 'foreign-server' });
    expect(result.reason).toContain('another program that listens there');
    expect(new Set(stranger!.asked)).toEqual(new Set(['/health']));
    expect(stranger!.keys).toEqual([]);
    expect(processesWith(markOf(plan))).toEqual([]);
  });

  it('is not taken for ours when it is on a third host', async () => {
    const plan = await planned({ vllm: '0.19.0', seconds: 60 });
    // `--host` names an address of another machine: our child cannot listen there, but something answers.
    const start = { ...plan.start!, args: [...plan.start!.args, '--port', String(await freePort())] };
    const elsewhere = await freePort();
    const stranger = impostor(MODEL, elsewhere);
    const result = await startRetest(
      { ...plan, start, timeoutMs: 6000 },
      { env: { ...env, FAKE_SSH_FORWARD: String(elsewhere) } },
    ).done;
    stranger.close();
    expect(result.outcome).toBe('timeout');
    expect(new Set(stranger.asked)).toEqual(new Set(['/health']));
    expect(processesWith(markOf(plan))).toEqual([]);
  });
});
