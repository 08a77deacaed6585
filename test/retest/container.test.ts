import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Containers } from '../../src/retest/container.js';
import { type RetestEvent, type RetestPlan, startRetest } from '../../src/retest/index.js';
import { runCli } from '../helpers/run-cli.js';
import { fakeDocker, IMAGE } from './fake-docker.js';
import { type Impostor, impostor } from './impostor.js';
import { freePort, simulatedEnv, until } from './simulation.js';

const MODEL = 'Qwen/Qwen2.5-0.5B-Instruct';
let docker: ReturnType<typeof fakeDocker>;
beforeEach(() => {
  docker = fakeDocker();
});
afterEach(() => docker.dispose());

const planned = async (): Promise<{ plan: RetestPlan; env: NodeJS.ProcessEnv; words: string[] }> => {
  const port = await freePort();
  const { VLLM_OOM_DOCTOR_SIMULATOR } = await simulatedEnv({ vllm: '0.11.0' });
  const args = ['run', '--network=host', IMAGE, '--model', MODEL, '--port', String(port)];
  const env = { ...process.env, PATH: docker.path, VLLM_OOM_DOCTOR_SIMULATOR };
  const plan: RetestPlan = {
    via: 'docker',
    command: `docker ${args.join(' ')}`,
    timeoutMs: 180_000,
    graceMs: 1500,
    request: true,
    simulated: false,
    start: { file: 'docker', args, env: { DOCKER_HOST: 'unix:///their.sock' } },
    endpoint: { protocol: 'http', host: '127.0.0.1', port, apiKey: null },
  };
  return { plan, env, words: ['docker', ...args] };
};

const stoppedOf = (events: RetestEvent[]) => events.findLast(event => event.type === 'stopped')!;

describe('containers of a re-test', () => {
  it('are removed with their anonymous volumes, by the engine that the launch names', async () => {
    const { plan, env } = await planned();
    const result = await startRetest(plan, { env }).done;
    expect(result.outcome).toBe('proven');
    expect(stoppedOf(result.events)).toMatchObject({ leftBehind: [] });
    expect(stoppedOf(result.events).unchecked).toBeUndefined();
    expect(docker.containers()).toEqual([]);
    expect(docker.calls()).toContain('unix:///their.sock> rm --force --volumes c0ffee');
    expect(docker.calls().every(call => call.startsWith('unix:///their.sock>'))).toBe(true);
  });

  it('are removed when one appears only after somebody has asked', async () => {
    docker.set('late', true);
    const containers = new Containers('docker', 'mark', { ...process.env, PATH: docker.path });
    expect(await containers.remove()).toEqual([]);
    expect(docker.calls().some(call => call.endsWith('rm --force --volumes 1a7e'))).toBe(true);
    expect(docker.containers()).toEqual([]);
  });

  it('are not said to be gone by an engine that does not answer; they are removed when it does', async () => {
    const { plan, env } = await planned();
    const result = await startRetest(plan, {
      env,
      onEvent: event => event.type === 'ready' && docker.set('dead', true),
    }).done;
    expect(result.outcome).toBe('proven');
    const { unchecked, leftBehind } = stoppedOf(result.events);
    expect(leftBehind).toEqual([]);
    expect(unchecked).toHaveLength(1);
    expect(unchecked![0]!.what.en).toContain('docker does not answer');
    expect(unchecked![0]!.look).toMatch(/^docker ps --all --filter label=vllm-oom-doctor\.retest=[\w-]{36}$/);
    const asked = docker.calls().filter(call => call.includes('> ps ')).length;
    expect(asked).toBeGreaterThan(1);
    expect(docker.containers()).toEqual(['c0ffee']);
    docker.set('dead', false);
    await until('the container to be removed', () => docker.containers().length === 0);
  });

  it('are not proven by another server that answers in their place', async () => {
    const { plan, env } = await planned();
    const { port } = plan.endpoint!;
    let stranger: Impostor | null = null;
    const elsewhere = String(await freePort());
    const args = plan.start!.args.map(word => (word === String(port) ? elsewhere : word));
    const result = await startRetest(
      { ...plan, start: { ...plan.start!, args } },
      {
        env,
        onEvent: event => {
          if (event.type === 'phase') stranger ??= impostor('someone/else-7b', port);
        },
      },
    ).done;
    stranger!.close();
    expect(result).toMatchObject({ outcome: 'stopped', brokenOff: 'foreign-server', startupMs: null });
    expect(result.reason).toContain(`it serves someone/else-7b, the command ${MODEL}`);
    expect(stranger!.asked.filter(path => !['/health', '/v1/models'].includes(path))).toEqual([]);
    expect(docker.containers()).toEqual([]);
  });

  it('of which nothing is known are told as text and as JSON', async () => {
    const { env, words } = await planned();
    // The engine dies with its first container.
    const dying = { ...env, PATH: docker.path };
    const going = runCli(['retest', '--auto', '--format', 'json', '--', ...words], { env: dying });
    await until('the container', () => docker.containers().length > 0);
    docker.set('dead', true);
    const { stdout, stderr } = await going;
    const [attempt] = JSON.parse(stdout).attempts;
    expect(attempt.leftBehind).toEqual([]);
    expect(attempt.unchecked).toHaveLength(1);
    expect(attempt.unchecked[0].look).toContain('docker ps --all');
    expect(stderr).toContain('could not be checked: containers of this re-test');
    expect(stderr).not.toContain('nothing is left behind');
    docker.set('dead', false);
    await until('the container to be removed', () => docker.containers().length === 0);
  });
});
