import type { Amount, Budget } from '../../src/budget/types.js';
import type { RankedCause } from '../../src/diagnosis/types.js';
import { editLaunch, readLaunch } from '../../src/launch/index.js';
import type { Launch } from '../../src/launch/types.js';
import type { LogReading } from '../../src/log/types.js';
import type { ProposedFix } from '../../src/plan/types.js';
import { renderAnswer } from '../../src/report/render.js';
import type { RetestEvent, RetestPlan, RetestResult } from '../../src/retest/types.js';
import { previewFixes } from '../../src/session/preview.js';
import { newRecord, type SessionRecord } from '../../src/session/record.js';
import type { Answer } from '../../src/session/types.js';
import { frame } from '../../src/ui/frame/frame.js';
import { createController } from '../../src/ui/input/controller.js';
import { createDecoder } from '../../src/ui/input/decoder.js';
import { textOf } from '../../src/ui/lines.js';
import type { Engine, Services } from '../../src/ui/services.js';
import { createWizard } from '../../src/ui/wizard.js';

const both = (en: string, zh = en) => ({ en, zh });
const amount = (gib: number, from: Amount['from'] = 'log', spread = 0): Amount => ({
  gib,
  low: gib - spread,
  high: gib + spread,
  from,
});

export const COMMAND = 'vllm serve Qwen/Qwen2.5-VL-7B-Instruct --gpu-memory-utilization 0.9 --max-model-len 32768';

export const LOG = `INFO 04-09 05:39:42 [__init__.py:239] Automatically detected platform cuda.
INFO 04-09 05:39:44 [api_server.py:1034] vLLM API server version 0.8.3
INFO 04-09 05:39:50 [gpu_model_runner.py:1258] Starting to load model Qwen/Qwen2.5-VL-7B-Instruct...
INFO 04-09 05:40:20 [gpu_model_runner.py:1273] Model loading took 15.6271 GiB and 22.118 seconds
ERROR 04-09 05:41:22 [core.py:390] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.74 GiB. GPU 0 has a total capacity of 79.25 GiB of which 630.94 MiB is free.
RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests. Please try lowering \`max_num_seqs\`.
`;

export const launchOf = (text: string): Launch => ({
  shape: 'vllm-serve',
  program: 'serve',
  model: 'Qwen/Qwen2.5-VL-7B-Instruct',
  args: {},
  env: {},
  image: null,
  gpus: null,
  shmSize: null,
  port: null,
  problems: [],
  text,
});

export const budget: Budget = {
  perGpu: {
    totalGiB: amount(79.25),
    budgetGiB: amount(71.33, 'formula'),
    weightsGiB: amount(15.63),
    activationGiB: amount(6.2, 'formula', 0.8),
    nonTorchGiB: amount(0.09),
    graphsGiB: amount(0.6, 'default', 0.3),
    kvCacheGiB: amount(49.3),
    otherProcessesGiB: null,
    outsideGiB: amount(0.5, 'default'),
  },
  kvTokens: 922_880,
  maxConcurrency: 28.2,
  maxModelLenThatFits: 128_000,
  shortGiB: 1.13,
  missing: [],
};

const cause: RankedCause = {
  id: 'max-num-seqs-default',
  score: 0.97,
  title: both('Warm-up with too many dummy requests', '预热时的虚拟请求过多'),
  summary: both(
    "The sampler's warm-up ran out of memory: 1024 dummy requests × 152,064 tokens of logits need 1.74 GiB; 0.61 GiB was left.",
    '采样器预热时显存不足：1024 个虚拟请求 × 152,064 个 token 的 logits 需要 1.74 GiB，只剩 0.61 GiB。',
  ),
  regressedIn: '0.8.0',
  fixedIn: '0.8.4',
  because: [
    {
      line: 6,
      text: 'RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests. Please try lowering `max_num_seqs`.',
      says: both('the warm-up of the sampler failed', '采样器预热失败'),
    },
    {
      line: 5,
      text: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.74 GiB. GPU 0 has a total capacity of 79.25 GiB of which 630.94 MiB is free.',
      says: both(
        '1.74 GiB = 1024 × 152,064 × 12 B (logits, float32, sorted)',
        '1.74 GiB = 1024 × 152,064 × 12 B（logits，float32，排序）',
      ),
    },
  ],
  against: [
    {
      line: 5,
      text: '',
      says: both('fragmentation: only 130 MiB is reserved but unallocated', '显存碎片：已保留未分配仅 130 MiB'),
    },
  ],
  fixes: ['lower-max-num-seqs'],
};

const fix = (id: string, over: Partial<ProposedFix>): ProposedFix => ({
  id,
  title: both(id),
  savesGiB: null,
  costs: both(''),
  changes: [],
  command: null,
  diff: null,
  validFor: '0.8.3',
  clearedBy: null,
  sufficient: null,
  steps: [],
  why: both(''),
  ...over,
});

export const answer: Answer = {
  schemaVersion: 1,
  input: { file: 'paste', bytes: LOG.length, lines: 6, runs: 1 },
  verdict: 'oom',
  phase: 'sampler-warmup',
  summary: cause.summary,
  facts: {
    vllmVersion: { value: '0.8.3', from: 'log', line: 2 },
    engine: { value: 'V1', from: 'log', line: 2 },
    model: { value: 'Qwen/Qwen2.5-VL-7B-Instruct', from: 'log', line: 3 },
    gpuName: { value: 'NVIDIA A100 80GB PCIe', from: 'user' },
    gpuIndex: { value: 0, from: 'log', line: 5 },
    gpuTotalGiB: { value: 79.25, from: 'log', line: 5 },
    gpuMemoryUtilization: { value: 0.9, from: 'command' },
    maxModelLen: { value: 32768, from: 'command' },
    weightsGiB: { value: 15.6271, from: 'log', line: 4 },
    requestedGiB: { value: 1.74, from: 'log', line: 5 },
    freeGiB: { value: 0.616, from: 'log', line: 5 },
  },
  causes: [
    cause,
    {
      ...cause,
      id: 'cuda-graph-memory',
      score: 0.2,
      title: both('CUDA graphs take the rest', 'CUDA 图占用了余量'),
      because: [],
      against: [],
    },
  ],
  proof: [],
  budget,
  fixes: [
    fix('lower-max-num-seqs', {
      title: both('Serve fewer requests at once', '减少并发请求数'),
      why: both('The peak of the warm-up grows with max-num-seqs.', '预热峰值随 max-num-seqs 增长。'),
      savesGiB: { gib: 1.63, low: 1.5, high: 1.74 },
      costs: both('at most 64 requests at once', '最多同时处理 64 个请求'),
      changes: [{ where: 'vllm', flag: '--max-num-seqs', from: null, to: 64 }],
      sufficient: true,
      clearedBy: 'log',
    }),
    fix('upgrade-vllm', {
      title: both('Upgrade to 0.8.4', '升级到 0.8.4'),
      why: both('0.8.4 put the default back to 256.', '0.8.4 将默认值改回 256。'),
      costs: both('other defaults', '其他默认值也会改变'),
      sufficient: true,
      clearedBy: 'prediction',
      steps: [both('pip install vllm==0.8.4')],
    }),
    fix('lower-gpu-memory-utilization', {
      title: both('Leave more memory beside the budget', '在预算之外多留显存'),
      savesGiB: { gib: 1.59, low: 1.59, high: 1.59 },
      costs: both('fewer KV tokens', 'KV token 减少'),
      changes: [{ where: 'vllm', flag: '--gpu-memory-utilization', from: 0.9, to: 0.88 }],
      sufficient: false,
    }),
  ],
  selected: ['lower-max-num-seqs'],
  notHelpful: [
    {
      id: 'expandable-segments',
      why: both('only 130 MiB is reserved but unallocated', '已保留未分配仅 130 MiB'),
    },
    { id: 'lower-max-model-len', why: both('the V1 peak does not depend on it', 'V1 的峰值与它无关') },
  ],
  questions: [],
  launch: launchOf(COMMAND),
  otherRuns: [],
  excerpts: LOG.trimEnd()
    .split('\n')
    .map((text, i) => ({ line: i + 1, text })),
};

export const readingOf = (text: string): LogReading => ({
  lines: text.split('\n').length - 1,
  bytes: Buffer.byteLength(text),
  isVllm: /vllm/i.test(text),
  program: /text_generation_launcher/.test(text) ? 'TGI' : /startup complete/.test(text) ? 'healthy' : null,
  runs: [
    {
      firstLine: 1,
      lastLine: 6,
      events: [{ id: 'cuda-oom', line: 5, text: 'CUDA out of memory', values: {} }],
      traces: [],
      facts: answer.facts,
      phase: 'sampler-warmup',
      launch: null,
    },
  ],
  judged: 0,
  excerpts: answer.excerpts,
});

const readAll = async (chunks: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
};

/** The answers of the fixtures; all else is real. */
export const engine: Engine = {
  previewFixes,
  readLaunch,
  editLaunch,
  renderAnswer,
  answerOf: (record, index = record.rounds.length - 1) => {
    const round = record.rounds[index];
    if (!round) return null;
    const facts = { ...answer.facts, ...record.userFacts };
    if (round.reading?.isVllm === false)
      return { ...answer, facts: {}, verdict: 'not-vllm', causes: [], fixes: [], selected: [], questions: [] };
    const launch = launchOf(round.command ?? COMMAND);
    return round.reading?.program === 'healthy'
      ? { ...answer, facts, launch, verdict: 'healthy', causes: [], fixes: [], selected: [] }
      : { ...answer, facts, launch };
  },
  planRetest: (command, via): RetestPlan => ({
    via,
    command,
    timeoutMs: 1_800_000,
    request: true,
    simulated: false,
    start: { file: 'vllm', args: [], env: {} },
  }),
};

/** Services that answer from the fixtures and remember what was asked of them. */
export const fakeServices = (over: Partial<Services> = {}) => {
  const saved: SessionRecord[] = [];
  const copied: string[] = [];
  const files = new Map<string, string>([['crash.log', LOG]]);
  const services: Services = {
    engine: async () => engine,
    readLog: async chunks => readingOf(await readAll(chunks)),
    openFile: async path => {
      const text = files.get(path);
      if (text === undefined) throw { what: `there is no file "${path}".`, next: 'Check the path.' };
      return { name: path, open: () => [text] };
    },
    isFile: path => files.has(path),
    probe: null,
    retest: async (): Promise<RetestResult> => ({
      outcome: 'proven',
      reason: '',
      events: [],
      log: LOG,
      startupMs: 42_000,
    }),
    save: record => {
      saved.push(structuredClone(record));
    },
    writeNew: (name, text) => {
      files.set(name, text);
      return name;
    },
    copy: text => {
      copied.push(text);
    },
    complete: {
      model: async () => ['Qwen/Qwen2.5-VL-7B-Instruct', 'Qwen/Qwen3-8B', 'meta-llama/Llama-3.1-8B-Instruct'],
      gpu: async () => ['NVIDIA A100-SXM4-80GB', 'NVIDIA A100 40GB', 'NVIDIA H100 80GB HBM3'],
      version: async () => ['0.8.5', '0.8.4', '0.8.3'],
      path: async typed => [...files.keys()].filter(name => name.startsWith(typed)),
    },
    now: () => new Date('2026-11-21T02:05:00Z'),
    ...over,
  };
  return { services, saved, copied, files };
};

/** A re-test under the test's control. */
export const steeredRetest = () => {
  let emit: (event: RetestEvent) => void = () => {};
  let finish: (result: RetestResult) => void = () => {};
  const retest: Services['retest'] = (_plan, { onEvent, signal }) => {
    emit = onEvent;
    return new Promise(resolve => {
      finish = resolve;
      signal.addEventListener('abort', () =>
        resolve({ outcome: 'stopped', reason: 'stopped by you', events: [], log: '', startupMs: null }),
      );
    });
  };
  return {
    retest,
    emit: (event: RetestEvent) => emit(event),
    finish: (outcome: RetestResult['outcome'], log = LOG) =>
      finish({ outcome, reason: '', events: [], log, startupMs: outcome === 'proven' ? 42_000 : null }),
  };
};

/** Lets everything that was started come to rest. */
export const settle = async () => {
  for (let i = 0; i < 12; i++) await new Promise(resolve => setImmediate(resolve));
};

/** The wizard with its keys, without a terminal: type bytes in, read the rows of the screen. */
export const seat = (
  over: Partial<Services> = {},
  options: { columns?: number; rows?: number; lang?: 'en' | 'zh-CN'; record?: SessionRecord; plain?: boolean } = {},
) => {
  const fakes = fakeServices(over);
  let ended = false;
  const wizard = createWizard(options.record ?? newRecord('20261121-0203-k3f9', new Date(0)), fakes.services, {
    lang: options.lang ?? 'en',
    plain: options.plain ?? false,
    ...(options.record ? { engine } : {}),
    onEnd: () => {
      ended = true;
    },
  });
  const control = createController(wizard);
  const decoder = createDecoder();
  let scroll: { step: string; top: number } = { step: '', top: 0 };
  const rows = (columns = options.columns ?? 80, height = options.rows ?? 24) => {
    const drawn = frame(wizard.get(), { columns, rows: height }, scroll.step === wizard.step() ? scroll.top : 0);
    scroll = { step: wizard.step(), top: drawn.scroll };
    return drawn.lines.map(textOf);
  };
  return {
    ...fakes,
    wizard,
    rows,
    screen: (columns?: number, height?: number) => rows(columns, height).join('\n'),
    async type(...chunks: string[]) {
      for (const chunk of chunks) {
        for (const event of decoder.push(chunk)) control(event);
        if (decoder.waitMs() !== null) for (const event of decoder.idle()) control(event);
        await settle();
      }
    },
    /** Bytes as they come, with nothing in between: no key is over yet. */
    async feed(...chunks: string[]) {
      for (const chunk of chunks) {
        for (const event of decoder.push(chunk)) control(event);
        await settle();
      }
    },
    paste: (text: string) => `\u001B[200~${text.replaceAll('\n', '\r')}\u001B[201~`,
    ended: () => ended,
  };
};

export const KEYS = {
  up: '\u001B[A',
  down: '\u001B[B',
  esc: '\u001B',
  enter: '\r',
  tab: '\t',
  ctrlC: '\u0003',
  ctrlL: '\u000C',
  ctrlN: '\u000E',
  ctrlU: '\u0015',
};
