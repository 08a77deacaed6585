import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type RetestEvent, type RetestPlan, startRetest } from '../../src/retest/index.js';
import { lastingFilesOf } from '../../src/retest/processes.js';
import { freePort, processesWith, type Scenario, simulatedPlan, until } from './simulation.js';

const TEXT = 'Qwen/Qwen2.5-0.5B-Instruct';
const VISION = 'Qwen/Qwen2.5-VL-7B-Instruct';

const stateOf = (plan: RetestPlan): string => JSON.parse(plan.start!.env.VLLM_OOM_DOCTOR_SIMULATOR!).state as string;

const gone = (plan: RetestPlan) => processesWith(stateOf(plan)).length === 0;

const run = async (scenario: Scenario, args: string[], over: Partial<RetestPlan> = {}) => {
  const plan = await simulatedPlan(scenario, args, over);
  const lines: string[] = [];
  const result = await startRetest(plan, {
    onEvent: event => {
      if (event.type === 'line') lines.push(event.text);
    },
  }).done;
  return { plan, result, lines };
};

const last = <T extends RetestEvent['type']>(events: RetestEvent[], type: T) =>
  events.filter(event => event.type === type).at(-1) as Extract<RetestEvent, { type: T }> | undefined;

const bystanders: ChildProcess[] = [];
afterEach(() => {
  for (const child of bystanders.splice(0)) child.kill('SIGKILL');
});

describe('a start that holds', () => {
  it('is proven by an answered request, and leaves nothing', async () => {
    const { plan, result } = await run({ vllm: '0.11.0', gpu: 'rtx-4090' }, [TEXT]);
    expect(result.outcome).toBe('proven');
    expect(result.simulated).toBe(true);
    expect(last(result.events, 'request')).toMatchObject({ ok: true, status: 200 });
    expect(last(result.events, 'stopped')).toMatchObject({ leftBehind: [] });
    const uses = result.events.flatMap(event => (event.type === 'memory' ? event.gpus.map(gpu => gpu.usedGiB) : []));
    const kv = Number(/Available KV cache memory: ([\d.]+) GiB/.exec(result.log)?.[1]);
    expect(Math.max(...uses)).toBeGreaterThan(kv);
    expect(result.startupMs).toBeGreaterThan(0);
    expect(gone(plan)).toBe(true);
  });

  it('tells the phases in their order and the memory of the card', async () => {
    const { result } = await run({ vllm: '0.31.0', gpu: 'h100-80gb' }, ['meta-llama/Llama-3.1-8B-Instruct']);
    const phases = result.events.filter(event => event.type === 'phase').map(event => event.phase);
    expect(phases).toEqual([
      'config',
      'device-init',
      'load',
      'profile',
      'kv-cache',
      'graph-capture',
      'sampler-warmup',
      'serving',
    ]);
    const uses = result.events.filter(event => event.type === 'memory').map(event => event.gpus[0]!.usedGiB);
    expect(Math.max(...uses)).toBeGreaterThan(14);
    expect(uses.at(-1)).toBeLessThan(0.1);
  });

  it('asks an embedding model for an embedding', async () => {
    const { result } = await run({ vllm: '0.11.0' }, ['Qwen/Qwen3-Embedding-0.6B']);
    expect(last(result.events, 'request')?.detail).toContain('/v1/embeddings');
    expect(result.outcome).toBe('proven');
  });

  it('is asked by the load that the user names, too', async () => {
    const { result } = await run({ vllm: '0.11.0' }, [TEXT, '--max-model-len', '4096'], {
      load: { concurrent: 3, promptTokens: null },
    });
    expect(last(result.events, 'load')).toMatchObject({ ok: true, sent: 3, answered: 3, promptTokens: 4080 });
    expect(result.outcome).toBe('proven');
  });

  it('is not called proven without a request', async () => {
    const { result } = await run({ vllm: '0.11.0' }, [TEXT], { request: false });
    expect(result.outcome).toBe('stopped');
  });

  it('knows the ranks of a start on several cards as its own', async () => {
    const { plan, result } = await run({ vllm: '0.31.0', gpu: 'h100-80gb', gpus: 2 }, [
      'meta-llama/Llama-3.1-70B-Instruct',
      '-tp',
      '2',
      '--max-model-len',
      '16384',
    ]);
    expect(result.outcome).toBe('proven');
    expect(gone(plan)).toBe(true);
  });
});

describe('a start that fails', () => {
  it('keeps the log with its cause', async () => {
    const { plan, result } = await run({ vllm: '0.8.3', gpu: 'a10g-24gb' }, [VISION, '--max-model-len', '8192']);
    expect(result.outcome).toBe('failed');
    expect(result.reason).toContain('exit code 1');
    expect(result.log).toContain('when warming up sampler with 1024 dummy requests');
    expect(gone(plan)).toBe(true);
  });

  it('is seen although the server dies of the request with exit code 0', async () => {
    const { result } = await run({ vllm: '0.11.0', crashOnRequest: 1 }, [TEXT]);
    expect(result.outcome).toBe('failed');
    expect(last(result.events, 'stopped')?.exitCode).toBe(0);
    expect(last(result.events, 'request')?.ok).toBe(false);
    expect(result.log).toContain('EngineCore encountered a fatal error');
  });

  it('is seen when only the load kills it', async () => {
    const { result } = await run({ vllm: '0.11.0', crashOnTokens: 1000 }, [TEXT, '--max-model-len', '4096'], {
      load: { concurrent: 2, promptTokens: 2000 },
    });
    expect(last(result.events, 'request')?.ok).toBe(true);
    expect(last(result.events, 'load')?.ok).toBe(false);
    expect(result.outcome).toBe('failed');
    expect(result.log).toContain('CUDA out of memory');
  });

  it('is told from one that hangs', async () => {
    const { plan, result } = await run({ vllm: '0.11.0', hangIn: 'load' }, [TEXT], { quietMs: 1500 });
    expect(result.outcome).toBe('timeout');
    expect(result.reason).toContain('printed nothing');
    expect(gone(plan)).toBe(true);
  });

  it('ends at the time limit', async () => {
    const { result } = await run({ vllm: '0.11.0', seconds: 60 }, [TEXT], { timeoutMs: 2000 });
    expect(result.outcome).toBe('timeout');
    expect(result.reason).toContain('not ready');
  });
});

describe('what is found before the start', () => {
  it('a port in use', async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', () => resolve()));
    const { result } = await run({}, [TEXT], { endpoint: { protocol: 'http', host: '127.0.0.1', port, apiKey: null } });
    server.close();
    expect(result).toMatchObject({ outcome: 'not-started', notStarted: 'port-in-use', events: [] });
  });

  it('a missing program', async () => {
    const { result } = await run({}, [TEXT], { start: { file: 'no-such-vllm', args: [], env: {} } });
    expect(result).toMatchObject({ outcome: 'not-started', notStarted: 'program-not-found' });
  });

  it('a launch that is no program here', async () => {
    const { result } = await run({}, [TEXT], { start: null });
    expect(result).toMatchObject({ outcome: 'not-started', notStarted: 'not-startable' });
  });
});

describe('stopping', () => {
  const phases = ['config', 'device-init', 'load', 'profile', 'kv-cache', 'graph-capture'] as const;
  it.each(phases)('in phase %s leaves nothing', async phase => {
    const plan = await simulatedPlan({ vllm: '0.19.0', gpu: 'rtx-4090', seconds: 1.5 }, [TEXT]);
    const handle = startRetest(plan, {
      onEvent: event => {
        if (event.type === 'phase' && event.phase === phase) handle.stop();
      },
    });
    const result = await handle.done;
    expect(result.outcome).toBe('stopped');
    expect(last(result.events, 'stopped')?.leftBehind).toEqual([]);
    expect(gone(plan)).toBe(true);
  });

  it('by the signal of the caller', async () => {
    const abort = new AbortController();
    const plan = await simulatedPlan({ vllm: '0.19.0', seconds: 4 }, [TEXT]);
    const handle = startRetest(plan, {
      signal: abort.signal,
      onEvent: event => event.type === 'line' && abort.abort(),
    });
    expect((await handle.done).outcome).toBe('stopped');
    expect(gone(plan)).toBe(true);
  });

  it('starts nothing any more while the GPUs are still being asked', async () => {
    const plan = await simulatedPlan({ vllm: '0.19.0' }, [TEXT]);
    const handle = startRetest(plan, { onEvent: event => event.type === 'memory' && handle.stop() });
    const result = await handle.done;
    expect(result.outcome).toBe('stopped');
    expect(last(result.events, 'started')).toBeUndefined();
    expect(gone(plan)).toBe(true);
  });

  it('kills what does not listen', async () => {
    const plan = await simulatedPlan({ vllm: '0.19.0', seconds: 3, ignoreTerm: true }, [TEXT], { graceMs: 500 });
    const handle = startRetest(plan, {
      onEvent: event => event.type === 'phase' && event.phase === 'load' && handle.stop(),
    });
    const result = await handle.done;
    expect(last(result.events, 'stopped')).toMatchObject({ signal: 'SIGKILL', leftBehind: [] });
    expect(gone(plan)).toBe(true);
  });
});

describe('nothing is left behind', () => {
  it('when the engine core survives its parent', async () => {
    const plan = await simulatedPlan({ vllm: '0.19.0', seconds: 30, ignoreTerm: true }, [TEXT], { graceMs: 500 });
    let files: string[] = [];
    let leader = 0;
    let loading = false;
    let readings = 0;
    const handle = startRetest(plan, {
      onEvent: event => {
        if (event.type === 'started') leader = event.pid!;
        loading ||= event.type === 'phase' && event.phase === 'load';
        // The doctor looks at the files at least as often as at the GPU. Then only the API server dies.
        if (!loading || event.type !== 'memory' || ++readings !== 3) return;
        files = lastingFilesOf(processesWith(stateOf(plan)));
        process.kill(leader, 'SIGKILL');
      },
    });
    const result = await handle.done;
    expect(result.outcome).toBe('failed');
    expect(result.reason).toContain('SIGKILL');
    expect(gone(plan)).toBe(true);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter(existsSync)).toEqual([]);
  });

  it('and nothing is touched that was not started by us', async () => {
    const stranger = await simulatedPlan({ vllm: '0.11.0', seconds: 60 }, [TEXT]);
    const child = spawn('vllm', stranger.start!.args, {
      env: { ...process.env, ...stranger.start!.env },
      stdio: 'ignore',
    });
    bystanders.push(child);
    await until('the bystander', () => processesWith(stateOf(stranger)).length >= 2);
    const theirs = lastingFilesOf(processesWith(stateOf(stranger)));
    const { result } = await run({ vllm: '0.11.0' }, [TEXT]);
    expect(result.outcome).toBe('proven');
    expect(child.exitCode).toBeNull();
    expect(processesWith(stateOf(stranger)).length).toBeGreaterThanOrEqual(2);
    expect(theirs.filter(path => !existsSync(path))).toEqual([]);
    child.kill('SIGTERM');
    await until('the bystander to go', () => gone(stranger));
  });

  it('and a hanging nvidia-smi holds nothing up, and is ended', async () => {
    const { plan, result } = await run({ vllm: '0.11.0', smiHangs: true }, [TEXT]);
    await until('the end of nvidia-smi', () => gone(plan));
    expect(result.outcome).toBe('proven');
    expect(result.events.some(event => event.type === 'memory')).toBe(false);
  });
});
