import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { BIN, freePort, type Scenario, simulatedEnv } from './simulation.js';

/** Starts the played vLLM and waits for its end, or for readiness and then ends it. */
const play = async (scenario: Scenario, args: string[], env: Record<string, string> = {}) => {
  const port = await freePort();
  const child = spawn('vllm', ['serve', ...args, '--port', String(port)], {
    env: { ...process.env, ...(await simulatedEnv({ seconds: 0.1, ...scenario })), ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      text += chunk;
      if (text.includes('Application startup complete')) child.kill('SIGTERM');
    });
  const code = await new Promise<number | null>(resolve => child.on('close', resolve));
  return { code, text, ready: text.includes('Application startup complete') };
};

describe('the played vLLM', () => {
  const VISION = 'Qwen/Qwen2.5-VL-7B-Instruct';
  const CARD: Scenario = { gpu: 'a10g-24gb' };

  it('says of itself what it is, in its first line', async () => {
    const { text } = await play({ vllm: '0.19.0' }, ['Qwen/Qwen2.5-0.5B-Instruct']);
    expect(text.split('\n')[0]).toMatch(/\[simulated\] vLLM 0\.19\.0 .* played by vllm-oom-doctor/);
  });

  // Each row: what happens is decided by the books, not by the test.
  it.each<[string, Scenario, string[], RegExp | null]>([
    ['a vision model runs in 0.7.3', { ...CARD, vllm: '0.7.3' }, [VISION, '--max-model-len', '8192'], null],
    [
      'and dies in 0.8.3 with the same settings',
      { ...CARD, vllm: '0.8.3' },
      [VISION, '--max-model-len', '8192'],
      /warming up sampler with 1024 dummy requests/,
    ],
    [
      'a shorter context and a lower utilisation do not help',
      { ...CARD, vllm: '0.8.3' },
      [VISION, '--max-model-len', '2048', '--gpu-memory-utilization', '0.8'],
      /warming up sampler with 1024 dummy requests/,
    ],
    [
      'fewer sequences do',
      { ...CARD, vllm: '0.8.3' },
      [VISION, '--max-model-len', '8192', '--max-num-seqs', '256'],
      null,
    ],
    [
      'a text model of its size runs',
      { gpu: 'rtx-4090', vllm: '0.8.3' },
      ['Qwen/Qwen2.5-7B-Instruct', '--max-model-len', '8192'],
      null,
    ],
    [
      'max_pixels as a product is no JSON',
      { ...CARD, vllm: '0.8.3' },
      [VISION, '--mm-processor-kwargs', '{"max_pixels": 1920*1080}'],
      /error: argument --mm-processor-kwargs/,
    ],
    [
      'graphs do not fit beside a utilisation of 0.98',
      { gpu: 'rtx-4090', vllm: '0.8.5' },
      ['Qwen/Qwen3-8B', '--gpu-memory-utilization', '0.98', '--max-model-len', '8192'],
      /capture_model/,
    ],
    [
      'an occupied card, up to 0.13',
      { vllm: '0.11.0', gpu: 'a10g-24gb', occupied: [{ gib: 6.2 }] },
      ['Qwen/Qwen3-4B'],
      /Free memory on device \(15\.41\/22\.06 GiB\) on startup is less than desired/,
    ],
    [
      'an occupied card, from 0.14 with its name',
      { vllm: '0.19.0', gpu: 'a10g-24gb', occupied: [{ gib: 6.2 }] },
      ['Qwen/Qwen3-4B'],
      /Free memory on device cuda:0 \(/,
    ],
    [
      'a model that is too big',
      { vllm: '0.19.0', gpu: 'rtx-3090' },
      ['Qwen/Qwen3-32B'],
      /Failed to load model - not enough GPU memory/,
    ],
    [
      'the same for model runner V2: only torch speaks',
      { vllm: '0.27.1', gpu: 'rtx-3090' },
      ['Qwen/Qwen3-32B'],
      /^(?![\s\S]*Failed to load model)[\s\S]*CUDA out of memory/,
    ],
    [
      'two ranks: the core checks the cache',
      { vllm: '0.31.0', gpu: 'h100-80gb', gpus: 2 },
      ['meta-llama/Llama-3.1-70B-Instruct', '-tp', '2'],
      /\(EngineCore pid=\d+\) ValueError: To serve at least one request with the model's max seq len/,
    ],
    [
      'a length found by itself',
      { vllm: '0.31.0', gpu: 'h100-80gb', gpus: 2 },
      ['meta-llama/Llama-3.1-70B-Instruct', '-tp', '2', '--max-model-len', 'auto'],
      null,
    ],
    [
      'V0 makes an image for every sequence',
      { vllm: '0.5.4', gpu: 'l40s-48gb' },
      ['openbmb/MiniCPM-V-2_6', '--trust-remote-code'],
      /get_vision_embedding[\s\S]*CUDA out of memory/,
    ],
    ['32 of them fit', { vllm: '0.5.4', gpu: 'l40s-48gb' }, ['openbmb/MiniCPM-V-2_6', '--max-num-seqs', '32'], null],
    [
      'a flag that the release does not know any more',
      { vllm: '0.19.0' },
      ['Qwen/Qwen3-4B', '--swap-space', '4'],
      /error: unrecognized arguments: --swap-space 4/,
    ],
  ])('%s', async (_, scenario, args, failure) => {
    const { code, text, ready } = await play(scenario, args);
    expect(ready).toBe(failure === null);
    if (failure) expect(text).toMatch(failure);
    expect(code === 0).toBe(failure === null);
  });

  it('counts the cards that it is shown', async () => {
    const { text } = await play({ vllm: '0.19.0', gpu: 'rtx-3090', gpus: 2 }, ['Qwen/Qwen3-32B'], {
      CUDA_VISIBLE_DEVICES: '1',
    });
    expect(text).toContain('GPU 0 has a total capacity');
  });
});

describe('the played nvidia-smi', () => {
  const smi = async (scenario: Scenario, ...args: string[]) =>
    spawnSync(`${BIN}/nvidia-smi`, args, {
      encoding: 'utf8',
      env: { ...process.env, ...(await simulatedEnv(scenario)) },
    });

  it('answers queries of the real one', async () => {
    const { stdout } = await smi(
      { gpu: 'rtx-4090', occupied: [{ gib: 2, pid: 77, name: 'ollama' }] },
      '--query-gpu=index,memory.used,memory.total',
      '--format=csv,noheader,nounits',
    );
    expect(stdout).toBe('0, 2049, 24564\n');
  });

  it('refuses a field that it does not know, on standard output', async () => {
    const { status, stdout } = await smi({}, '--query-gpu=no.such', '--format=csv');
    expect(status).toBe(2);
    expect(stdout).toContain('Field "no.such" is not a valid field to query.');
  });

  it('prints the table with its processes', async () => {
    const { stdout } = await smi({ occupied: [{ gib: 2, pid: 77, name: 'ollama' }] });
    expect(stdout).toMatch(/\| {4}0 {3}N\/A {2}N\/A +77 +C +ollama +2048MiB/);
  });
});
