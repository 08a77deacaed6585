import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listeningSockets, ownerOf } from '../../src/retest/listeners.js';
import { Family, type ProcessRow } from '../../src/retest/processes.js';
import { expectedNames, matchingModel } from '../../src/retest/served-model.js';

describe('the names under which a launch serves', () => {
  it.each([
    ['vllm serve Qwen/Qwen3-8B', ['Qwen/Qwen3-8B']],
    ['vllm serve Qwen/Qwen3-8B --served-model-name a b', ['a', 'b']],
    ['docker run vllm/vllm-openai:v0.9.1 --model m/x --served-model-name z', ['z']],
    ['vllm serve m/x --config settings.yaml', null],
    ['vllm serve "$MODEL"', null],
    ['python3 -m vllm.entrypoints.openai.api_server', null],
    ['sh start.sh', null],
  ])('%s', (command, names) => expect(expectedNames(command)).toEqual(names));

  const isOne = (expected: string, served: string) => matchingModel([{ id: served }], [expected]) !== null;

  it.each([
    ['Qwen/Qwen3-8B', 'Qwen/Qwen3-8B'],
    ['~/models/my-model', '/root/models/my-model'],
    ['/models/my-model/', '/models/my-model'],
    ['Qwen/Qwen2.5-7B', '/root/.cache/huggingface/hub/models--Qwen--Qwen2.5-7B/snapshots/abc'],
    ['Qwen/Qwen2.5-7B', '/root/.cache/modelscope/hub/Qwen/Qwen2___5-7B'],
    ['s3://bucket/my-model', '/tmp/x/my-model'],
  ])('%s is served as %s', (expected, served) => expect(isOne(expected, served)).toBe(true));

  it.each([
    ['Qwen/Qwen3-8B', 'Qwen/Qwen3-4B'],
    ['Qwen/Qwen3-8B', 'Qwen3-8B'],
    ['/models/a', '/models/b'],
    ['Qwen/Qwen3-8B', '/srv/other'],
  ])('%s is not served as %s', (expected, served) => expect(isOne(expected, served)).toBe(false));

  it('stand beside those of adapters', () => {
    const models = [{ id: 'my-adapter' }, { id: 'Qwen/Qwen3-8B' }];
    expect(matchingModel(models, ['Qwen/Qwen3-8B'])).toBe(models[1]);
  });
});

describe('who listens on a port', () => {
  const TABLE = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0',
    '   1: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1',
    '   2: 00000000:1F41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0',
  ].join('\n');

  it('is read from the table of the kernel', () => {
    expect(listeningSockets(TABLE, 8000)).toEqual(['4711']);
    expect(listeningSockets(TABLE, 8001)).toEqual(['4713']);
    expect(listeningSockets('', 8000)).toEqual([]);
  });

  it('is told of our own processes, and unknown where nobody listens', async () => {
    const server = createServer();
    const port = await new Promise<number>(resolve =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    expect(ownerOf(port, [process.pid])).toBe('ours');
    expect(ownerOf(port, [])).toBe('foreign');
    // A process that cannot be looked into may be the one.
    expect(ownerOf(port, [2 ** 22 + 1])).toBe('unseen');
    await new Promise(resolve => server.close(resolve));
    expect(ownerOf(port, [process.pid])).toBe('unseen');
  });
});

it('a stranger that got the number of our child, which is gone, is not of its family', () => {
  const row = (pid: number, startTime: string, session: number): ProcessRow => ({
    pid,
    startTime,
    session,
    group: session,
    parent: 1,
    state: 'S',
    name: 'x',
  });
  let table = [row(2 ** 22 + 1, '100', 2 ** 22 + 1), row(2 ** 22 + 2, '101', 2 ** 22 + 1)];
  const family = new Family(2 ** 22 + 1, 'NO_SUCH_MARK=1', () => table);
  expect(family.look().alive.map(({ pid }) => pid)).toEqual([2 ** 22 + 1, 2 ** 22 + 2]);
  table = [row(2 ** 22 + 1, '900', 2 ** 22 + 1), row(2 ** 22 + 3, '901', 2 ** 22 + 1)];
  expect(family.look().alive).toEqual([]);
});
