import type { Text } from '../../common/text.js';
import type { FactName } from '../../facts/types.js';
import { engine, positive, release, share, whole, words, yes } from './typed-values.js';

/** A fact that a person can state: how it is called, read and why it matters. */
export interface FormRow {
  name: FactName;
  label: Text;
  /** What knowing it would decide. */
  decides: Text;
  /** The value, or null for a text that is none. */
  parse(text: string): unknown;
  completes?: 'model' | 'gpu' | 'version';
  /** Shown when unknown, too. */
  always?: boolean;
}

type Words = readonly [en: string, zh: string];

/** A flag is called in every language what one types. */
const flag = (name: string): Words => [name, name];

/** A row that is shown where the fact is known. */
const stated = (name: FactName, parse: FormRow['parse'], label: Words, decides: Words): FormRow => ({
  name,
  label: { en: label[0], zh: label[1] },
  decides: { en: decides[0], zh: decides[1] },
  parse,
});

/** A row that is shown when nothing is known, too: these facts decide most. */
const asked = (...row: Parameters<typeof stated>): FormRow => ({ ...stated(...row), always: true });

/** In the order in which a person would tell it. */
export const FORM: FormRow[] = [
  {
    ...asked(
      'vllmVersion',
      release,
      ['vLLM version', 'vLLM 版本'],
      ['which defaults, flags and known regressions apply', '适用哪些默认值、参数和已知的版本问题'],
    ),
    completes: 'version',
  },
  {
    ...asked(
      'model',
      words,
      ['Model', '模型'],
      ['the weights, and what a token costs in the KV cache', '模型权重大小，以及每个 token 的 KV 缓存开销'],
    ),
    completes: 'model',
  },
  {
    ...asked(
      'gpuName',
      words,
      ['GPU', 'GPU'],
      [
        'the defaults of its class, what it can run, and its memory where the log does not tell',
        '该类 GPU 的默认值和支持的功能，以及日志未给出时的显存总量',
      ],
    ),
    completes: 'gpu',
  },
  asked(
    'gpuCount',
    whole,
    ['GPUs in the machine', 'GPU 数量'],
    ['whether the model can be spread over more of them', '模型能否分布到更多 GPU 上'],
  ),
  stated('gpuTotalGiB', positive, ['Memory per GPU (GiB)', '每张 GPU 显存 (GiB)'], ['the budget', '显存预算']),
  stated(
    'tensorParallelSize',
    whole,
    ['Tensor parallel', '张量并行'],
    ['the share of the weights per GPU', '每张 GPU 分到的权重'],
  ),
  stated('pipelineParallelSize', whole, ['Pipeline parallel', '流水线并行'], ['the layers per GPU', '每张 GPU 的层数']),
  asked('gpuMemoryUtilization', share, flag('gpu-memory-utilization'), [
    'the budget, and what stays free beside it',
    '显存预算，以及预算之外的余量',
  ]),
  asked('maxModelLen', whole, flag('max-model-len'), ['the KV cache that one request needs', '单个请求所需的 KV 缓存']),
  asked('maxNumSeqs', whole, flag('max-num-seqs'), ['the peaks of warm-up and profile run', '预热和显存探测时的峰值']),
  stated('maxNumBatchedTokens', whole, flag('max-num-batched-tokens'), ['the activation peak', '激活峰值']),
  stated('dtype', words, flag('dtype'), ['bytes per weight', '每个权重的字节数']),
  stated('quantization', words, ['Quantisation', '量化'], ['bytes per weight', '每个权重的字节数']),
  stated('kvCacheDtype', words, flag('kv-cache-dtype'), [
    'bytes per token in the KV cache',
    'KV 缓存中每个 token 的字节数',
  ]),
  stated('enforceEager', yes, flag('enforce-eager'), ['whether CUDA graphs take memory', 'CUDA 图是否占用显存']),
  stated('engine', engine, ['Engine', '引擎'], ['how memory is profiled', '显存的探测方式']),
  stated(
    'hostRamGiB',
    positive,
    ['Host RAM (GiB)', '主机内存 (GiB)'],
    ['whether the host ran out', '主机内存是否耗尽'],
  ),
];
