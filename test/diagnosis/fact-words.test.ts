import { expect, it } from 'vitest';
import { inWords } from '../../src/diagnosis/fact-words.js';
import { answerTo } from './support.js';

it.each([
  ['gpuMemoryUtilization', 0.9, 'gpu_memory_utilization 0.9'],
  ['maxNumSeqs', 256, 'max_num_seqs 256'],
  ['freeAtStartGiB', 4.2345, 'free at start 4.23 GiB'],
  ['takenAtStartShare', 0.351, 'taken at start 35 %'],
  ['kvCacheGiB', -2.14, 'kv cache -2.14 GiB'],
])('%s is said in words', (name, value, words) => {
  expect(inWords(name, value)).toBe(words);
});

it('evidence quotes the line that a figure came from', async () => {
  const line = '(EngineCore pid=9) INFO 08-19 10:00:41 [gpu_worker.py:470] Available KV cache memory: -1.87 GiB';
  const { verdict, causes } = await answerTo(`${line}\n`);
  expect(verdict).toBe('oom');
  expect(causes[0]!.because[0]).toMatchObject({ line: 1, text: expect.stringContaining('memory: -1.87 GiB') });
});

it('evidence from a setting beside the log is said in words', async () => {
  const log =
    'RuntimeError: Triton Error [CUDA]: out of memory\n(APIServer pid=1) INFO:     Application startup complete.';
  const { causes } = await answerTo(log, { gpuMemoryUtilization: { value: 0.97, from: 'user' } });
  const texts = causes.flatMap(cause => cause.because.map(item => item.text));
  expect(texts.join('\n')).not.toContain('gpuMemoryUtilization');
});
