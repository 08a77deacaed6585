import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containerStart, isContainerRun } from '../../src/retest/container.js';
import { parseUse } from '../../src/retest/gpu-memory.js';
import { KeptOutput, lineSplitter } from '../../src/retest/output.js';
import { phaseFollower } from '../../src/retest/phases.js';
import { planRetest } from '../../src/retest/plan.js';
import { parseStat } from '../../src/retest/processes.js';
import { isHost } from '../../src/retest/remote.js';
import { BIN } from './simulation.js';

describe('lines', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }).map(text => text.replace(/[\r\n]/g, ''))),
        fc.nat(7),
        (lines, cut) => {
          const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''));
          const got: string[] = [];
          const splitter = lineSplitter(line => got.push(line));
          for (let at = 0; at < bytes.length; at += cut + 1) splitter.write(bytes.subarray(at, at + cut + 1));
          splitter.end();
          expect(got).toEqual(
            Buffer.from(lines.map(line => `${line}\n`).join(''))
              .toString()
              .split('\n')
              .slice(0, -1),
          );
        },
      ),
    );
  });

  it('of a progress bar show its last state', () => {
    const got: string[] = [];
    const splitter = lineSplitter(line => got.push(line));
    splitter.write(Buffer.from('  0%|\r 50%|\r100%|\ndone\r\n'));
    expect(got).toEqual(['100%|', 'done']);
  });
});

it('a long output keeps its beginning and its end', () => {
  const kept = new KeptOutput();
  kept.add('first line\n');
  for (let i = 0; i < 20; i++) kept.add(`${'x'.repeat(1_000_000)}\n`);
  kept.add('last line\n');
  expect(kept.text.startsWith('first line\n')).toBe(true);
  expect(kept.text.endsWith('last line\n')).toBe(true);
  expect(kept.text).toContain('\n[...]\n');
  expect(kept.text.length).toBeLessThan(12_000_000);
});

describe('phases', () => {
  it('go forward only', () => {
    const follower = phaseFollower();
    expect(follower.phase).toBe('unknown');
    expect(follower.read('INFO 04-09 [gpu_model_runner.py:1] Model loading took 15.63 GiB and 3 seconds')).toBe(
      'profile',
    );
    expect(follower.read('(Worker_TP1) Starting to load model X...')).toBeNull();
    expect(follower.read('INFO GPU KV cache size: 1,024 tokens')).toBe('kv-cache');
    expect(follower.read('nothing of interest')).toBeNull();
    expect(follower.phase).toBe('kv-cache');
  });

  it('are read from the CPU backend too', () => {
    const follower = phaseFollower();
    expect(follower.read('INFO [cpu_worker.py:248] Explicitly set (1.0/15.71) GiB for KV cache on node 0.')).toBe(
      'kv-cache',
    );
  });
});

describe('use of the GPUs', () => {
  it('is read in MiB', () => {
    expect(parseUse('0, 1024, 81920\n1, 0, 81920\n')).toEqual([
      { index: 0, usedGiB: 1, totalGiB: 80 },
      { index: 1, usedGiB: 0, totalGiB: 80 },
    ]);
  });

  it('is unknown where nvidia-smi does not say it', () => {
    expect(parseUse('0, [N/A], [N/A]\nNVIDIA-SMI has failed because it could not communicate\n')).toEqual([]);
  });
});

it('a process name with brackets and blanks does not shift the fields', () => {
  const stat = '4321 (a) b (c) S 1 4300 4300 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 0 0';
  expect(parseStat(stat)).toMatchObject({
    pid: 4321,
    name: 'a) b (c',
    parent: 1,
    group: 4300,
    session: 4300,
    startTime: '987654',
  });
  expect(parseStat('')).toBeNull();
});

describe('a plan', () => {
  it('takes port, key and variables from the launch', () => {
    const plan = planRetest('VLLM_USE_V1=0 vllm serve Qwen/Qwen3-8B --port 9001 --api-key abc --max-model-len 4096');
    expect(plan.start).toEqual({
      file: 'vllm',
      args: ['serve', 'Qwen/Qwen3-8B', '--port', '9001', '--api-key', 'abc', '--max-model-len', '4096'],
      env: { VLLM_USE_V1: '0' },
    });
    expect(plan.endpoint).toEqual({ protocol: 'http', host: '127.0.0.1', port: 9001, apiKey: 'abc' });
  });

  it('knows the simulation by its program', () => {
    const env = { PATH: BIN };
    expect(planRetest('vllm serve X', 'local', { env }).simulated).toBe(true);
    expect(planRetest('node serve X', 'local', { env: { PATH: process.env.PATH } }).simulated).toBe(false);
  });

  it('is not startable for what another program reads', () => {
    expect(
      planRetest('services:\n  vllm:\n    image: vllm/vllm-openai:v0.8.5\n    command: --model X\n').start,
    ).toBeNull();
  });
});

describe('a launch in a container', () => {
  const endpoint = { protocol: 'http', host: '127.0.0.1', port: 8000, apiKey: null } as const;
  const started = (words: string) =>
    containerStart({ file: 'docker', args: words.split(' '), env: {} }, endpoint, 'mark').args.join(' ');
  const ours = 'run --rm --label vllm-oom-doctor.retest=mark --env OOM_DOCTOR_RETEST=mark';

  it.each([
    [
      'run -d --name vllm --restart always --gpus all -p 8000:8000 vllm/vllm-openai:v0.9.1 --model X',
      '--gpus all -p 8000:8000 vllm/vllm-openai:v0.9.1 --model X',
    ],
    ['run -itd --name=vllm --rm --network=host image -d', '--network=host image -d'],
    ['run -it --network host image serve', '--network host image serve'],
    ['run -itP image', '-P image'],
    ['run image --port 9000', '--publish 127.0.0.1:8000:9000 image --port 9000'],
    [
      'run --gpus all -v /a:/b -e NAME=--name image',
      '--publish 127.0.0.1:8000:8000 --gpus all -v /a:/b -e NAME=--name image',
    ],
  ])('%s', (words, expected) => {
    expect(started(words)).toBe(`${ours} ${expected}`);
  });

  it('is known by its program', () => {
    expect(isContainerRun({ file: '/usr/bin/podman', args: ['run', 'x'], env: {} })).toBe(true);
    expect(isContainerRun({ file: 'docker', args: ['exec', 'x'], env: {} })).toBe(false);
    expect(planRetest('docker run --gpus all vllm/vllm-openai:v0.9.1 --model X').via).toBe('docker');
  });
});

it.each(['gpu-box', 'me@10.0.0.1', 'node_7.example'])('%s is a host', host => expect(isHost(host)).toBe(true));
it.each(['', '-oProxyCommand=x', 'a b', 'a;b', '$(x)'])('"%s" is none', host => expect(isHost(host)).toBe(false));
