import type { Amount } from '../../src/budget/types.js';
import type { Answer } from '../../src/session/types.js';

const measured = (gib: number): Amount => ({ gib, low: gib, high: gib, from: 'log' });
const computed = (gib: number, low: number, high: number): Amount => ({ gib, low, high, from: 'formula' });

/** An answer with something in every part, for tests of what is written and shown. */
export const sampleAnswer = (): Answer => ({
  schemaVersion: 1,
  input: { file: 'crash.log', bytes: 52_011, lines: 431, runs: 1 },
  verdict: 'oom',
  phase: 'sampler-warmup',
  summary: { en: 'vLLM ran out of GPU memory in the sampler warm-up.', zh: 'vLLM 在采样器预热时显存不足。' },
  facts: {
    vllmVersion: { value: '0.8.3', from: 'log', line: 3 },
    model: { value: 'Qwen/Qwen2.5-VL-7B-Instruct', from: 'command' },
    requestedGiB: { value: 1.74, from: 'log', line: 411 },
  },
  causes: [
    {
      id: 'max-num-seqs-default',
      score: 0.97,
      title: { en: 'The default of max_num_seqs is too large', zh: 'max_num_seqs 默认值过大' },
      summary: {
        en: 'The sampler’s warm-up ran 1024 dummy requests and asked for 1.74 GiB; 0.61 GiB was left.',
        zh: '采样器预热用了 1024 个虚拟请求,申请 1.74 GiB,只剩 0.61 GiB。',
      },
      regressedIn: '0.8.0',
      fixedIn: '0.8.4',
      because: [
        {
          line: 412,
          text: 'RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests.',
          says: { en: 'the sampler’s warm-up failed', zh: '采样器预热失败' },
        },
      ],
      against: [],
      fixes: ['lower-max-num-seqs'],
    },
    {
      id: 'fragmentation',
      score: 0.04,
      title: { en: 'Fragmentation', zh: '显存碎片' },
      summary: { en: 'Unlikely.', zh: '可能性低。' },
      regressedIn: null,
      fixedIn: null,
      because: [],
      against: [],
      fixes: [],
    },
  ],
  proof: [],
  budget: {
    perGpu: {
      totalGiB: measured(79.25),
      budgetGiB: measured(71.33),
      weightsGiB: measured(15.63),
      activationGiB: computed(6.2, 5.4, 7),
      nonTorchGiB: null,
      graphsGiB: null,
      kvCacheGiB: measured(49.3),
      otherProcessesGiB: null,
      outsideGiB: { gib: 0.5, low: 0.3, high: 0.7, from: 'default' },
    },
    kvTokens: 923_000,
    maxConcurrency: 28.1,
    maxModelLenThatFits: null,
    shortGiB: 1.13,
    missing: [],
  },
  fixes: [
    {
      id: 'lower-max-num-seqs',
      title: { en: 'Fewer sequences at once', zh: '降低最大并发序列数' },
      savesGiB: { gib: 1.3, low: 1.1, high: 1.5 },
      costs: { en: 'concurrency', zh: '并发数' },
      changes: [{ where: 'vllm', flag: '--max-num-seqs', from: null, to: 256 }],
      command: 'vllm serve Qwen/Qwen2.5-VL-7B-Instruct --api-key sk-abcdefghijklmnop1234 --max-num-seqs 256',
      diff: null,
      validFor: '0.8.3',
      clearedBy: 'prediction',
      sufficient: true,
      steps: [],
      why: { en: 'The warm-up scales with it.', zh: '预热显存随它增长。' },
    },
  ],
  selected: ['lower-max-num-seqs'],
  notHelpful: [
    {
      id: 'expandable-segments',
      why: { en: 'only 130 MiB is reserved but unallocated', zh: '已保留未分配仅 130 MiB' },
    },
  ],
  questions: [],
  launch: null,
  otherRuns: [],
  excerpts: [],
});
