import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastingFilesOf } from '../../src/retest/processes.js';
import { freePort, doctor as startDoctor, until } from './support.js';

const { REAL_VLLM_BIN = '', REAL_VLLM_PYTHON = '', REAL_VLLM_MODELS = '' } = process.env;
const withVllm = describe.skipIf(REAL_VLLM_BIN === '');
const INSTALLED = dirname(REAL_VLLM_PYTHON);
const MARK = `real-test-${process.pid}`;
const ENV = {
  ...process.env,
  PATH: `${REAL_VLLM_BIN}:${REAL_VLLM_PYTHON}:${process.env.PATH}`,
  HF_HUB_OFFLINE: '1',
  VLLM_NO_USAGE_STATS: '1',
  DO_NOT_TRACK: '1',
  LANG: 'C.UTF-8',
  REAL_TEST: MARK,
};
const doctor = (args: string[]) => startDoctor(args, ENV);

/**
 * Live processes of these tests: they carry the mark, or are a part of vLLM (which rewrites its title, and may lose its
 * environment with it) that runs from the tests' own installation.
 */
const ours = (): string[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(pid => {
      const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'latin1');
      try {
        const stat = read('stat');
        if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return [];
        const command = read('cmdline').replaceAll('\0', ' ').slice(0, 80);
        const isOurs =
          read('environ').includes(MARK) || (command.startsWith('VLLM::') && read('maps').includes(INSTALLED));
        return isOurs ? [`${pid} ${command}`] : [];
      } catch {
        // ended at this moment
        return [];
      }
    });

const launch = async (model: string, flags = '') =>
  `VLLM_CPU_KVCACHE_SPACE=1 vllm serve ${join(REAL_VLLM_MODELS, model)} --port ${await freePort()} --enforce-eager --load-format dummy${flags}`;

/** Shared memory and sockets that the processes of the running test were seen to hold. */
let files = new Set<string>();
let looking: NodeJS.Timeout;
beforeEach(() => {
  files = new Set();
  looking = setInterval(() => {
    for (const path of lastingFilesOf(ours().map(line => Number(line.split(' ')[0])))) files.add(path);
  }, 300);
});
afterEach(() => {
  clearInterval(looking);
  // Whatever a test came to, the next one begins on a clean machine.
  for (const line of ours()) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  for (const path of filesLeft()) rmSync(path, { force: true });
});

const filesLeft = () => [...files].filter(path => existsSync(path));

/** Nothing that the test's processes made is there in the end, and they did make something. */
const expectNothingLeft = async () => {
  // The watchdog, a shell, leaves a moment after the doctor.
  await until('the end of all its processes', () => ours().length === 0);
  await until('its files to be gone', () => filesLeft().length === 0);
  expect(files.size).toBeGreaterThan(0);
};

const itsFiles = () => until('its shared memory', () => files.size > 0);

withVllm('a real vLLM that lacks room for the KV cache', () => {
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
    await expectNothingLeft();
  });
});

withVllm('a real vLLM that fits', () => {
  it('is proven at once', async () => {
    const { code, out } = await doctor(['retest', '--auto', '--', await launch('text')]).done;
    expect(out).toContain('Nothing had to be changed');
    expect(code).toBe(0);
    await expectNothingLeft();
  });

  it('is stopped in the middle of its start by Ctrl+C, and leaves nothing', async () => {
    const { child, seen, done } = doctor(['retest', '--auto', '--', await launch('text')]);
    await until('its start', () => seen().includes('reading its configuration'));
    await until('its engine core', () => ours().some(line => line.includes('VLLM::')));
    await itsFiles();
    child.kill('SIGINT');
    const { code, out } = await done;
    expect(code).toBe(130);
    expect(out).toContain('nothing is left behind');
    await expectNothingLeft();
  });
});

withVllm('when the doctor is killed with SIGKILL', () => {
  const killIn = async (phase: string, before: () => Promise<void>) => {
    const { child, seen, done } = doctor(['retest', '--auto', '--', await launch('text')]);
    await until(phase, () => seen().includes(phase));
    await before();
    expect(ours().length).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await done;
  };

  it('while vLLM reads its configuration, nothing of it stays', async () => {
    await killIn('reading its configuration', async () => {});
    await until('the end of all its processes', () => ours().length === 0);
    await until('its files to be gone', () => filesLeft().length === 0);
  });

  it('while vLLM loads the weights, nothing of it stays', async () => {
    await killIn('loading the weights', itsFiles);
    await expectNothingLeft();
  });
});

withVllm('an engine core that dies while it serves', () => {
  it('is seen by the wrapper, whatever the exit code says', async () => {
    const command = await launch('text');
    const [, ...words] = command.split(' ');
    const { seen, done } = doctor(['run', '--', 'env', 'VLLM_CPU_KVCACHE_SPACE=1', ...words]);
    await until('readiness', () => seen().includes('Application startup complete'));
    const core = ours().find(line => line.includes('VLLM::EngineCore'));
    expect(core).toBeDefined();
    process.kill(Number(core!.split(' ')[0]), 'SIGKILL');
    const { out, err } = await done;
    expect(out + err).toMatch(/EngineDeadError|died unexpectedly|EngineCore/);
    await until('its worker to go', () => ours().length === 0);
  });
});
