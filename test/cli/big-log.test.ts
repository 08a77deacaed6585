import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, inject, test } from 'vitest';

/** Pipes `megabytes` of repeated text and then `end` into `diagnose -`, in a heap far smaller than the text. */
const diagnoseBig = async (megabytes: number, filler: string, end: string) => {
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=160', inject('cli'), 'diagnose', '-', '--format', 'json'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let out = '';
  child.stdout.setEncoding('utf8').on('data', chunk => {
    out += chunk;
  });
  const closed = once(child, 'close');
  const block = filler.repeat(Math.ceil((1 << 20) / filler.length));
  for (let i = 0; i < megabytes; i++) if (!child.stdin.write(block)) await once(child.stdin, 'drain');
  child.stdin.end(end);
  const [code] = await closed;
  return { code, answer: JSON.parse(out) };
};

const CRASH = `
(EngineCore_DP0 pid=99) INFO 10-05 10:00:09 [core.py:77] Initializing a V1 LLM engine (v0.11.0) with config: model='Qwen/Qwen2.5-7B-Instruct', max_seq_len=32768, tensor_parallel_size=1
(EngineCore_DP0 pid=99) INFO 10-05 10:00:29 [gpu_model_runner.py:2653] Model loading took 14.2488 GiB and 9.3 seconds
(EngineCore_DP0 pid=99) INFO 10-05 10:00:39 [gpu_worker.py:298] Available KV cache memory: 1.20 GiB
(EngineCore_DP0 pid=99) ERROR 10-05 10:00:39 [core.py:708] ValueError: To serve at least one request with the models's max seq len (32768), (1.75 GiB KV cache is needed, which is larger than the available KV cache memory (1.20 GiB). Based on the available memory, the estimated maximum model length is 22464. Try increasing \`gpu_memory_utilization\` or decreasing \`max_model_len\` when initializing the engine.
`;

test('a 200 MB log is read in a heap of 160 MB, and its last lines decide', async () => {
  const info =
    '(APIServer pid=1) INFO 10-05 09:00:05 [loggers.py:123] Engine 000: Avg prompt throughput: 12.3 tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV cache usage: 0.3%\n';
  const { code, answer } = await diagnoseBig(200, info, CRASH);
  expect(answer.causes[0].id).toBe('kv-cache-too-small');
  expect(code).toBe(1);
}, 120_000);

test('one line of 100 MB does no harm', async () => {
  const { answer } = await diagnoseBig(100, 'CUDA out of memory. Tried to allocate ', CRASH);
  expect(answer.causes.map((cause: { id: string }) => cause.id)).toContain('kv-cache-too-small');
}, 120_000);
