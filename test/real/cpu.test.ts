import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const needed = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run these tests with npm run test:real`);
  return value;
};

const MODELS = needed('REAL_VLLM_MODELS');
const DOCTOR = needed('REAL_DOCTOR');
const MARK = `real-test-${process.pid}`;
const ENV = {
  ...process.env,
  PATH: `${needed('REAL_VLLM_BIN')}:${needed('REAL_VLLM_PYTHON')}:${process.env.PATH}`,
  HF_HUB_OFFLINE: '1',
  VLLM_NO_USAGE_STATS: '1',
  DO_NOT_TRACK: '1',
  LANG: 'C.UTF-8',
  REAL_TEST: MARK,
};

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Starts the bundled doctor, as a user does, without a terminal. */
const doctor = (args: string[]): { child: ChildProcess; seen: () => string; done: Promise<Ended> } => {
  const child = spawn(process.execPath, [DOCTOR, ...args], { env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', chunk => {
    out += chunk;
  });
  child.stderr.on('data', chunk => {
    err += chunk;
  });
  const done = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, out, err })));
  return { child, seen: () => out + err, done };
};

/** Processes of these tests apart from this one: they carry the mark, or one of vLLM's titles and our session's child. */
const ours = (): string[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return false;
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(MARK) || command.startsWith('VLLM::');
      } catch {
        return false;
      }
    })
    .map(pid => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').slice(0, 80)}`);

const shared = (): string[] => readdirSync('/dev/shm').filter(name => /^(psm_|sem\.mp-|vllm)/.test(name));
const sockets = (): string[] => readdirSync('/tmp').filter(name => /^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(name));

const until = async (what: string, condition: () => boolean, limitMs: number) => {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
};

const launch = async (model: string, flags = '') =>
  `VLLM_CPU_KVCACHE_SPACE=1 vllm serve ${join(MODELS, model)} --port ${await freePort()} --enforce-eager --load-format dummy${flags}`;

let before: { shared: string[]; sockets: string[] };
beforeEach(() => {
  before = { shared: shared(), sockets: sockets() };
});
afterEach(() => {
  // Whatever a test came to, the next one begins on a clean machine.
  for (const line of ours()) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
});

const expectNothingLeft = () => {
  expect(ours()).toEqual([]);
  expect(shared().filter(name => !before.shared.includes(name))).toEqual([]);
  expect(sockets().filter(name => !before.sockets.includes(name))).toEqual([]);
};

describe('a real vLLM that lacks room for the KV cache', () => {
  it('dies in the wrapper, with its own exit code and our diagnosis', async () => {
    const command = await launch('fatkv');
    const [, ...words] = command.split(' ');
    const { code, out, err } = await doctor(['run', '--', 'env', 'VLLM_CPU_KVCACHE_SPACE=1', ...words]).done;
    expect(code).toBe(1);
    expect(out + err).toContain('To serve at least one request');
    expect(err).toMatch(/KV/);
    expect(err).toMatch(/--max-model-len|VLLM_CPU_KVCACHE_SPACE|kv-cache/);
  });

  it('is diagnosed, changed, started, asked and stopped by one command, and leaves nothing', async () => {
    const { code, out, err } = await doctor(['retest', '--auto', '--verbose', '--', await launch('fatkv')]).done;
    expect(out + err).toContain('Not proven');
    expect(out).toMatch(/Changed by [a-z-]+/);
    expect(out).toMatch(/answered a request\. POST \/v1\/chat\/completions/);
    expect(out).toMatch(/Proven: it came up in [\d.]+ s and answered a request\. The command that holds:/);
    expect(out).not.toMatch(/SIMULATED/);
    expect(out.match(/nothing is left behind/g)).toHaveLength(out.match(/started as process/g)!.length);
    expect(code).toBe(0);
    expectNothingLeft();
  });
});

describe('a real vLLM that fits', () => {
  it('is proven at once', async () => {
    const { code, out } = await doctor(['retest', '--auto', '--', await launch('text')]).done;
    expect(out).toContain('Nothing had to be changed');
    expect(code).toBe(0);
    expectNothingLeft();
  });

  it('is stopped in the middle of its start by Ctrl+C, and leaves nothing', async () => {
    const { child, seen, done } = doctor(['retest', '--auto', '--', await launch('text')]);
    await until('its start', () => seen().includes('reading its configuration'), 60_000);
    await until('its engine core', () => ours().some(line => line.includes('VLLM::')), 60_000);
    child.kill('SIGINT');
    const { code, out } = await done;
    expect(code).toBe(130);
    expect(out).toContain('nothing is left behind');
    expectNothingLeft();
  });
});

describe('when the doctor is killed with SIGKILL', () => {
  it.each(['reading its configuration', 'loading the weights'])(
    'while vLLM is %s, nothing of it is there seconds later',
    async phase => {
      const { child, seen, done } = doctor(['retest', '--auto', '--', await launch('text')]);
      await until(phase, () => seen().includes(phase), 90_000);
      await new Promise(resolve => setTimeout(resolve, 1500));
      expect(ours().length).toBeGreaterThan(1);
      child.kill('SIGKILL');
      await done;
      await until('the end of all its processes', () => ours().length === 0, 10_000);
      await until('its files to be gone', () => shared().every(name => before.shared.includes(name)), 3000);
      expectNothingLeft();
    },
  );
});

describe('an engine core that dies while it serves', () => {
  it('is seen by the wrapper, whatever the exit code says', async () => {
    const command = await launch('text');
    const [, ...words] = command.split(' ');
    const { seen, done } = doctor(['run', '--', 'env', 'VLLM_CPU_KVCACHE_SPACE=1', ...words]);
    await until('readiness', () => seen().includes('Application startup complete'), 90_000);
    const core = ours().find(line => line.includes('VLLM::EngineCore'));
    expect(core).toBeDefined();
    process.kill(Number(core!.split(' ')[0]), 'SIGKILL');
    const { out, err } = await done;
    expect(out + err).toMatch(/EngineDeadError|died unexpectedly|EngineCore/);
    await until('its worker to go', () => ours().length === 0, 20_000);
  });
});
