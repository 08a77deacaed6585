import { afterEach, describe, expect, it } from 'vitest';
import { openCase } from '../../src/diagnosis/case.js';
import { evaluate } from '../../src/diagnosis/evaluate.js';
import { bytesPerParameter, isNamedMultimodal, parametersFromName } from '../../src/diagnosis/model-name.js';
import { addCauses, type Cause, causeOf, causes } from '../../src/knowledge/causes.js';
import type { Condition } from '../../src/knowledge/conditions.js';
import { readLog } from '../../src/log/index.js';
import { answerTo, told } from './support.js';

const LOG = `ERROR 10-20 12:01:40 [core.py:708] Traceback (most recent call last):
ERROR 10-20 12:01:40 [core.py:708]   File "/opt/venv/lib/python3.12/site-packages/vllm/v1/worker/gpu_model_runner.py", line 3400, in capture_model
ERROR 10-20 12:01:40 [core.py:708] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 24.00 GiB of which 1.00 GiB is free.`;

const truth = async (condition: Condition, log = LOG) => {
  const reading = await readLog([log]);
  return evaluate(condition, openCase({ reading, facts: reading.runs[reading.judged]?.facts ?? {}, budget: null }))
    .value;
};

describe('conditions', () => {
  it('hold, fail or stay unknown', async () => {
    expect(await truth({ event: 'torch-oom' })).toBe(true);
    expect(await truth({ event: 'torch-oom', where: 'requestedGiB > 1.5' })).toBe(true);
    expect(await truth({ event: 'torch-oom', where: 'requestedGiB > 5' })).toBe(false);
    expect(await truth({ event: 'torch-oom', where: 'nowhere > 5' })).toBeNull();
    expect(await truth({ event: 'kv-no-blocks' })).toBe(false);
    expect(await truth({ fact: 'gpuTotalGiB', is: 24 })).toBe(true);
    expect(await truth({ fact: 'model', has: 'qwen' })).toBeNull();
    expect(await truth({ calc: 'freeGiB < requestedGiB' })).toBe(true);
    expect(await truth({ calc: 'weightsGiB > 1' })).toBeNull();
    expect(await truth({ phase: 'graph-capture' })).toBe(true);
    expect(await truth({ phase: ['load', 'profile'] })).toBe(false);
    expect(await truth({ frame: 'capture_model' })).toBe(true);
    expect(await truth({ frame: 'profile_run' })).toBe(false);
    expect(await truth({ frame: 'profile_run' }, 'INFO nothing here')).toBeNull();
    expect(await truth({ shortOf: 'gpu-memory' })).toBe(true);
    expect(await truth({ version: { from: '0.8.0' } })).toBeNull();
  });

  it('unless is a guard: neither false nor unknown stops it', async () => {
    expect(await truth({ unless: { calc: 'weightsGiB > 1' } })).toBe(true);
    expect(await truth({ unless: { event: 'kv-no-blocks' } })).toBe(true);
    expect(await truth({ unless: { event: 'torch-oom' } })).toBe(false);
  });

  it('all and any carry the unknown', async () => {
    const unknown: Condition = { calc: 'weightsGiB > 1' };
    const yes: Condition = { event: 'torch-oom' };
    const no: Condition = { event: 'kv-no-blocks' };
    expect(await truth({ all: [yes, unknown] })).toBeNull();
    expect(await truth({ all: [no, unknown] })).toBe(false);
    expect(await truth({ any: [yes, unknown] })).toBe(true);
    expect(await truth({ any: [no, unknown] })).toBeNull();
  });
});

describe('names of models', () => {
  it.each([
    ['Qwen/Qwen2.5-7B-Instruct', 7],
    ['meta-llama/Llama-3.1-70B', 70],
    ['Qwen/Qwen3-30B-A3B', 30],
    ['mistralai/Mixtral-8x7B-v0.1', 47],
    ['Qwen/Qwen2.5-0.5B', 0.5],
  ])('%s has %d billion parameters', (name, billions) => {
    expect(parametersFromName(name)).toBe(billions);
  });

  it.each(['facebook/opt-125m', '/models/current', 'deepseek-ai/DeepSeek-V3'])('%s tells none', name => {
    expect(parametersFromName(name)).toBeNull();
  });

  it('tells the width of a weight', () => {
    expect(bytesPerParameter('acme/A-7B', undefined, 'bfloat16')).toBe(2);
    expect(bytesPerParameter('acme/A-7B', undefined, 'float')).toBe(4);
    expect(bytesPerParameter('acme/A-7B-AWQ', undefined, undefined)).toBeLessThan(0.6);
    expect(bytesPerParameter('acme/A-7B', 'fp8', undefined)).toBeLessThan(1.1);
  });

  it('knows an encoder by its name', () => {
    for (const name of [
      'Qwen/Qwen2.5-VL-7B',
      'openbmb/MiniCPM-Llama3-V-2_5',
      'OpenGVLab/InternVL2-8B',
      'openai/whisper-large-v3',
    ])
      expect(isNamedMultimodal(name), name).toBe(true);
    for (const name of ['Qwen/Qwen2.5-7B', 'meta-llama/Llama-3.1-8B', 'google/gemma-3-1b-it'])
      expect(isNamedMultimodal(name), name).toBe(false);
  });
});

describe('the answer', () => {
  it('is the same for the same text', async () => {
    expect(await answerTo(LOG)).toEqual(await answerTo(LOG));
  });

  it('says that a release newer than the knowledge is judged as the nearest', async () => {
    const answer = await answerTo(`INFO 10-20 10:00:01 [api_server.py:1839] vLLM API server version 9.9.9\n${LOG}`);
    expect(answer.proof.some(item => /9\.9\.9 is newer/.test(item.says.en))).toBe(true);
  });

  it('treats a build without tags as an unknown release', async () => {
    const log = `INFO 10-20 10:00:20 [core.py:77] Initializing a V1 LLM engine (v0.1.dev8932+g9ecabf22f) with config: model='acme/A-VL-7B'
ERROR 04-10 12:00:44 [core.py:386] RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests.`;
    const answer = await answerTo(log);
    expect(told(answer)).toBe('max-num-seqs-default');
    expect(answer.causes[0]!.regressedIn).toBeNull();
  });

  it('asks for the missing lines in the way of who made the log', async () => {
    const envelope = 'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}';
    const docker = await answerTo(`$ docker run --gpus all vllm/vllm-openai:v0.11.0 --model acme/A-7B\n${envelope}`);
    expect(docker.verdict).toBe('insufficient-log');
    expect(docker.questions[0]!.command).toContain('docker logs');
    const plain = await answerTo(envelope);
    expect(plain.questions[0]!.command).toContain('vllm serve');
  });

  it('tells two causes that the text cannot separate, and what would', async () => {
    const answer = await answerTo(
      'ERROR 10-20 12:01:40 [core.py:708] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 300.00 MiB. GPU 0 has a total capacity of 22.05 GiB of which 110.00 MiB is free. Process 198 has 13.57 GiB memory in use. Including non-PyTorch memory, this process has 8.30 GiB memory in use. Of the allocated memory 7.80 GiB is allocated by PyTorch, and 30.00 MiB is reserved by PyTorch but unallocated.',
    );
    expect(answer.causes.map(cause => cause.id).slice(0, 2)).toEqual(['gpu-memory-occupied', 'two-instances-one-gpu']);
  });
});

describe('a private knowledge base', () => {
  const before = causes();
  afterEach(() => addCauses(before));

  it('adds a cause by data alone', async () => {
    const own: Cause = {
      ...causeOf('fragmentation')!,
      id: 'acme-proxy-limit',
      aliases: [],
      never: [],
      for: [{ when: { event: 'port-in-use' }, weight: 'decides', proves: true, says: { en: 'seen', zh: '见到' } }],
      against: [],
    };
    addCauses([own]);
    expect(causeOf('acme-proxy-limit')).toBe(own);
    expect(causes().length).toBe(before.length + 1);
  });
});

describe('who carried the log', () => {
  const envelope = [
    '(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}',
    '(APIServer pid=1) INFO 10-20 10:02:00 [launcher.py:99] Shutting down',
  ];
  it.each([
    ['docker compose', 'vllm-1  | ', 'docker logs'],
    ['journald', 'Aug 17 18:42:18 host vllm[8052]: ', 'journalctl'],
    ['kubectl --timestamps', '2026-03-11T17:57:09.855212259Z ', 'kubectl logs'],
  ])('%s', async (_, prefix, command) => {
    const answer = await answerTo(envelope.map(line => prefix + line).join('\n'));
    expect(answer.verdict).toBe('insufficient-log');
    expect(answer.questions[0]!.command).toContain(command);
  });
});
