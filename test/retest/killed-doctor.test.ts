import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, shared with the build
import { esbuildKnowledge } from '../../scripts/knowledge-plugin.mjs';
import { lastingFilesOf } from '../../src/retest/processes.js';
import { fakeDocker, IMAGE } from './fake-docker.js';
import { freePort, processesWith, type Scenario, simulatedEnv, simulatedPlan, until } from './simulation.js';

/** A doctor that does nothing but one re-test, as a process that can be killed. */
const DRIVER = `
import { startRetest } from ${JSON.stringify(join(import.meta.dirname, '../../src/retest/index.ts'))};
const plan = JSON.parse(process.argv[2]);
startRetest(plan, { onEvent: event => process.stdout.write(JSON.stringify(event) + '\\n') });
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-driver-'));
  await writeFile(join(folder, 'driver.ts'), DRIVER);
  await build({
    entryPoints: [join(folder, 'driver.ts')],
    outfile: join(folder, 'driver.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [esbuildKnowledge],
    absWorkingDir: join(import.meta.dirname, '../..'),
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const killDoctorIn = async (phase: string, scenario: Scenario, args: string[]) => {
  const plan = await simulatedPlan(scenario, args);
  const mark = JSON.parse(plan.start!.env.VLLM_OOM_DOCTOR_SIMULATOR!).state as string;
  const doctor = spawn(process.execPath, [join(folder, 'driver.mjs'), JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = '';
  doctor.stdout.on('data', chunk => {
    seen += chunk;
  });
  await until(`phase ${phase}`, () => seen.includes(`"phase":"${phase}"`));
  await until('shared memory of the child', () => lastingFilesOf(processesWith(mark)).length > 0);
  const files = lastingFilesOf(processesWith(mark));
  expect(processesWith(mark).length).toBeGreaterThanOrEqual(2);
  doctor.kill('SIGKILL');
  await until('the child to be gone', () => processesWith(mark).length === 0);
  await until('its files to be gone', () => files.filter(existsSync).length === 0);
  expect(files.length).toBeGreaterThan(0);
};

describe('when the doctor is killed with SIGKILL, a few seconds later nothing of the child is there', () => {
  it('while it loads', () => killDoctorIn('load', { vllm: '0.19.0', seconds: 30 }, ['Qwen/Qwen2.5-0.5B-Instruct']));

  it('while it does not listen to SIGTERM', () =>
    killDoctorIn('load', { vllm: '0.19.0', seconds: 30, ignoreTerm: true }, ['Qwen/Qwen2.5-0.5B-Instruct']));

  it('though the engine of its container answers only a while later', async () => {
    const docker = fakeDocker();
    const port = await freePort();
    const { VLLM_OOM_DOCTOR_SIMULATOR } = await simulatedEnv({ vllm: '0.19.0', seconds: 30 });
    const args = ['run', '--network=host', IMAGE, '--model', 'Qwen/Qwen2.5-0.5B-Instruct', '--port', String(port)];
    const plan = {
      ...(await simulatedPlan({}, [])),
      via: 'docker',
      start: { file: 'docker', args, env: { DOCKER_HOST: 'unix:///their.sock', VLLM_OOM_DOCTOR_SIMULATOR } },
      endpoint: { protocol: 'http', host: '127.0.0.1', port, apiKey: null },
    };
    const doctor = spawn(process.execPath, [join(folder, 'driver.mjs'), JSON.stringify(plan)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PATH: docker.path },
    });
    await until('the container', () => docker.containers().length > 0);
    docker.set('dead', true);
    const calls = docker.calls().length;
    doctor.kill('SIGKILL');
    await until('a first try', () => docker.calls().length > calls);
    docker.set('dead', false);
    await until('the container to be gone', () => docker.containers().length === 0);
    expect(docker.calls().every(call => call.startsWith('unix:///their.sock>'))).toBe(true);
    docker.dispose();
  });

  it('with ranks on two cards', () =>
    killDoctorIn('load', { vllm: '0.31.0', gpu: 'h100-80gb', gpus: 2, seconds: 30 }, [
      'meta-llama/Llama-3.1-70B-Instruct',
      '-tp',
      '2',
    ]));
});
