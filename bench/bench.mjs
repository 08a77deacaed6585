// Speed of the built bundle: node bench/bench.mjs [--cli dist/cli.js]. Numbers to compare on one machine, nothing asserts them.
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

const argv = process.argv.slice(2);
const cli = argv.includes('--cli') ? argv[argv.indexOf('--cli') + 1] : 'dist/cli.js';
const folder = mkdtempSync(join(tmpdir(), 'bench-'));

/** Median wall time of `runs` runs, and the last run's peak memory as the system reports it. */
const time = (args, runs = 5) => {
  const times = [];
  for (let i = 0; i < runs; i++) {
    const started = process.hrtime.bigint();
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    times.push(Number(process.hrtime.bigint() - started) / 1e6);
    if (status !== null && status >= 64) throw new Error(`${args.join(' ')}: exit ${status}\n${stderr}`);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
};

const CRASH = `INFO 10-05 10:00:00 [__init__.py:216] Automatically detected platform cuda.
(APIServer pid=1) INFO 10-05 10:00:05 [api_server.py:1839] vLLM API server version 0.11.0
(APIServer pid=1) INFO 10-05 10:00:05 [utils.py:233] non-default args: {'model': 'Qwen/Qwen2.5-7B-Instruct', 'max_model_len': 32768}
(EngineCore_DP0 pid=99) INFO 10-05 10:00:09 [core.py:77] Initializing a V1 LLM engine (v0.11.0) with config: model='Qwen/Qwen2.5-7B-Instruct', max_seq_len=32768, tensor_parallel_size=1
(EngineCore_DP0 pid=99) INFO 10-05 10:00:29 [gpu_model_runner.py:2653] Model loading took 14.2488 GiB and 9.3 seconds
(EngineCore_DP0 pid=99) INFO 10-05 10:00:39 [gpu_worker.py:298] Available KV cache memory: 1.20 GiB
(EngineCore_DP0 pid=99) ERROR 10-05 10:00:39 [core.py:708] ValueError: To serve at least one request with the models's max seq len (32768), (1.75 GiB KV cache is needed, which is larger than the available KV cache memory (1.20 GiB). Based on the available memory, the estimated maximum model length is 22464. Try increasing \`gpu_memory_utilization\` or decreasing \`max_model_len\` when initializing the engine.
`;

const big = async (name, megabytes, line) => {
  const path = join(folder, name);
  const stream = createWriteStream(path);
  const block = line.repeat(Math.ceil((1 << 20) / line.length));
  for (let i = 0; i < megabytes; i++)
    if (!stream.write(block)) await new Promise(resolve => stream.once('drain', resolve));
  stream.write(`\n${CRASH}`);
  stream.end();
  await finished(stream);
  return path;
};

try {
  const small = join(folder, 'small.log');
  writeFileSync(small, CRASH);
  console.log(`node -e 0                     ${time(['-e', '0']).toFixed(0)} ms`);
  console.log(`--version                     ${time([cli, '--version']).toFixed(0)} ms`);
  console.log(
    `diagnose, ${CRASH.split('\n').length} lines             ${time([cli, 'diagnose', small]).toFixed(0)} ms`,
  );
  console.log(
    `plan                          ${time([cli, 'plan', '--vllm', '0.11.0', '--gpu', '1x H100', '--', 'vllm', 'serve', 'Qwen/Qwen2.5-7B-Instruct']).toFixed(0)} ms`,
  );
  const INFO =
    '(APIServer pid=1) INFO 10-05 10:00:05 [loggers.py:123] Engine 000: Avg prompt throughput: 12.3 tokens/s, Avg generation throughput: 45.6 tokens/s, Running: 1 reqs, Waiting: 0 reqs, GPU KV cache usage: 0.3%, Prefix cache hit rate: 0.0%\n';
  for (const [name, line] of [
    ['ordinary lines', INFO],
    ['one endless line', 'a'.repeat(1 << 20)],
    ['adversarial line', 'CUDA out of memory. Tried to allocate '.repeat(1000)],
  ]) {
    const path = await big('big.log', 200, line);
    const ms = time([cli, 'diagnose', path, '--format', 'json'], 1);
    console.log(
      `diagnose 200 MB, ${name.padEnd(17)} ${ms.toFixed(0)} ms  ${(statSync(path).size / 1e6 / (ms / 1000)).toFixed(0)} MB/s`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
