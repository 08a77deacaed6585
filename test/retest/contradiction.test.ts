import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../src/facts/types.js';
import { contradiction } from '../../src/retest/contradiction.js';

const COMMAND = 'vllm serve Qwen/Qwen3-8B --gpu-memory-utilization 0.89 --max-model-len 8192 --enforce-eager';

const says = (values: Record<string, unknown>, from = 'log'): Facts =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, from }])) as Facts;

describe('an output belongs to another command', () => {
  it.each<[string, Record<string, unknown>]>([
    ['--gpu-memory-utilization', { gpuMemoryUtilization: 0.97 }],
    ['--model', { model: 'Qwen/Qwen3-4B' }],
    ['--max-model-len', { maxModelLen: 32_768 }],
    ['--enforce-eager', { enforceEager: false }],
  ])('that has another %s', (flag, values) => {
    expect(contradiction(COMMAND, says(values))?.flag).toBe(flag);
  });

  it('tells both values', () => {
    expect(contradiction(COMMAND, says({ gpuMemoryUtilization: 0.97 }))).toEqual({
      flag: '--gpu-memory-utilization',
      started: '0.89',
      printed: '0.97',
    });
  });
});

describe('an output may well be that of the command', () => {
  it.each<[string, Record<string, unknown>]>([
    ['says the same', { model: 'Qwen/Qwen3-8B', gpuMemoryUtilization: 0.89, maxModelLen: 8192, enforceEager: true }],
    ['rounds the share', { gpuMemoryUtilization: 0.885 }],
    ['names the folder of the model', { model: '/root/.cache/models--Qwen--Qwen3-8B/snapshots/1a2b' }],
    ['shortens the context', { maxModelLen: 4096 }],
    ['tells what the command leaves open', { maxNumSeqs: 256, tensorParallelSize: 2 }],
  ])('that %s', (_, values) => {
    expect(contradiction(COMMAND, says(values))).toBeNull();
  });

  it('when the value comes from elsewhere than the output', () => {
    expect(contradiction(COMMAND, says({ gpuMemoryUtilization: 0.97 }, 'user'))).toBeNull();
  });

  it('when the command is no launch', () => {
    expect(contradiction('sh start.sh', says({ gpuMemoryUtilization: 0.97 }))).toBeNull();
  });

  it('whatever its share, when it is the started one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 99 }), percent => {
        const share = percent / 100;
        const command = `vllm serve Qwen/Qwen3-8B --gpu-memory-utilization ${share}`;
        expect(contradiction(command, says({ gpuMemoryUtilization: share }))).toBeNull();
      }),
    );
  });
});
