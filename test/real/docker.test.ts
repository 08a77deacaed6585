import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doctor, freePort, until } from './support.js';

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
const IMAGE = 'vllm/vllm-openai:v0.9.1-simulated';
const LABEL = 'vllm-oom-doctor.retest';
const ENV = { ...process.env, LANG: 'C.UTF-8' };

/** Containers of re-tests, running or not. */
const ours = () => docker('ps', '--all', '--quiet', '--filter', `label=${LABEL}`).split('\n').filter(Boolean);

const launch = async (seconds: number, ...args: string[]) => [
  'docker',
  'run',
  '-d',
  '--name',
  'serving-today',
  '--restart',
  'unless-stopped',
  '--network=host',
  '--ipc=host',
  '-e',
  `VLLM_OOM_DOCTOR_SIMULATOR=${JSON.stringify({ vllm: '0.9.1', gpu: 'rtx-4090', seconds })}`,
  IMAGE,
  '--model',
  'Qwen/Qwen3-8B',
  '--port',
  String(await freePort()),
  ...args,
];

// Real Docker, played vLLM: the image holds Node.js and the simulator.
describe.skipIf(!process.env.REAL_DOCKER)('a launch in a container', () => {
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'doctor-image-'));
    const put = (path: string, to = path) => {
      mkdirSync(join(folder, 'root', dirname(to)), { recursive: true });
      cpSync(path, join(folder, 'root', to), { dereference: true, recursive: true });
    };
    put(process.execPath, '/usr/bin/node');
    const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
    for (const path of new Set(libraries.filter(path => !path.endsWith(':')))) put(path);
    put(join(import.meta.dirname, '../../fixtures/simulator'), '/sim');
    mkdirSync(join(folder, 'root/tmp'), { recursive: true });
    const lines = ['FROM scratch', 'COPY root/ /', 'ENTRYPOINT ["/usr/bin/node", "/sim/bin/vllm", "serve"]'];
    writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
    execFileSync('docker', ['build', '--quiet', '--tag', IMAGE, folder], {
      stdio: 'inherit',
      env: { ...process.env, DOCKER_BUILDKIT: '0' },
    });
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => {
    docker('rmi', '--force', IMAGE);
  });

  it('is changed until it holds; the container that serves today stays, ours go', async () => {
    const today = docker('create', '--name', 'serving-today', IMAGE);
    try {
      const { code, out } = await doctor(['retest', '--auto', '--', ...(await launch(1))], ENV).done;
      expect(out).toContain('Held in the simulation');
      expect(out).toContain('SIMULATED');
      expect(code).toBe(0);
      expect(ours()).toEqual([]);
      expect(docker('ps', '--all', '--quiet', '--no-trunc', '--filter', 'name=serving-today')).toBe(today);
    } finally {
      docker('rm', '--force', today);
    }
  });

  it('is gone when it is interrupted', async () => {
    const command = await launch(30, '--max-model-len', '8192');
    const { child, seen, done } = doctor(['retest', '--auto', '--', ...command], ENV);
    await until('a phase', () => seen().includes('loading the weights'));
    child.kill('SIGINT');
    const { code, out } = await done;
    expect(code).toBe(130);
    expect(out).toContain('nothing is left behind');
    expect(ours()).toEqual([]);
  });

  it('is gone seconds after the doctor was killed with SIGKILL', async () => {
    const command = await launch(60, '--max-model-len', '8192');
    const { child, seen, done } = doctor(['retest', '--auto', '--', ...command], ENV);
    await until('a phase', () => seen().includes('loading the weights'));
    expect(ours()).toHaveLength(1);
    child.kill('SIGKILL');
    await done;
    await until('the container to go', () => ours().length === 0);
  });
});
