import type { Text } from '../common/text.js';
import { isVersion } from '../common/version.js';
import type { FactName } from '../facts/types.js';

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

const positive = (text: string): number | null => {
  const match = /^\s*(\d[\d_,]*(?:\.\d+)?)\s*(k|ki|m|mi|gib?|gb)?\s*$/i.exec(text);
  if (!match) return null;
  const value = Number(match[1]!.replace(/[_,]/g, ''));
  const unit = (match[2] ?? '').toLowerCase();
  const scale = unit === 'k' ? 1000 : unit === 'ki' ? 1024 : unit === 'm' ? 1e6 : unit === 'mi' ? 2 ** 20 : 1;
  return value > 0 ? value * scale : null;
};
const whole = (text: string): number | null => {
  const value = positive(text);
  return value !== null && Number.isInteger(value) ? value : null;
};
const share = (text: string): number | null => {
  const value = positive(text.replace(/%\s*$/, ''));
  if (value === null) return null;
  const fraction = value > 1 && value <= 100 ? value / 100 : value;
  return fraction > 0 && fraction <= 1 ? fraction : null;
};
const words = (text: string): string | null => text.trim() || null;
const yes = (text: string): boolean | null =>
  /^(?:y|yes|true|on|1|是)$/i.test(text.trim()) ? true : /^(?:n|no|false|off|0|否)$/i.test(text.trim()) ? false : null;

/** In the order in which a person would tell it. */
export const FORM: FormRow[] = [
  {
    name: 'vllmVersion',
    label: { en: 'vLLM version', zh: 'vLLM 版本' },
    decides: { en: 'which defaults, flags and known regressions apply', zh: '适用哪些默认值、参数和已知的版本问题' },
    parse: text => (isVersion(text) ? text.trim().replace(/^v/, '') : null),
    completes: 'version',
    always: true,
  },
  {
    name: 'model',
    label: { en: 'Model', zh: '模型' },
    decides: {
      en: 'the weights, and what a token costs in the KV cache',
      zh: '模型权重大小，以及每个 token 的 KV 缓存开销',
    },
    parse: words,
    completes: 'model',
    always: true,
  },
  {
    name: 'gpuName',
    label: { en: 'GPU', zh: 'GPU' },
    decides: {
      en: 'the defaults of its class, what it can run, and its memory where the log does not tell',
      zh: '该类 GPU 的默认值和支持的功能，以及日志未给出时的显存总量',
    },
    parse: words,
    completes: 'gpu',
    always: true,
  },
  {
    name: 'gpuCount',
    label: { en: 'GPUs in the machine', zh: 'GPU 数量' },
    decides: { en: 'whether the model can be spread over more of them', zh: '模型能否分布到更多 GPU 上' },
    parse: whole,
    always: true,
  },
  {
    name: 'gpuTotalGiB',
    label: { en: 'Memory per GPU (GiB)', zh: '每张 GPU 显存 (GiB)' },
    decides: { en: 'the budget', zh: '显存预算' },
    parse: positive,
  },
  {
    name: 'tensorParallelSize',
    label: { en: 'Tensor parallel', zh: '张量并行' },
    decides: { en: 'the share of the weights per GPU', zh: '每张 GPU 分到的权重' },
    parse: whole,
  },
  {
    name: 'pipelineParallelSize',
    label: { en: 'Pipeline parallel', zh: '流水线并行' },
    decides: { en: 'the layers per GPU', zh: '每张 GPU 的层数' },
    parse: whole,
  },
  {
    name: 'gpuMemoryUtilization',
    label: { en: 'gpu-memory-utilization', zh: 'gpu-memory-utilization' },
    decides: { en: 'the budget, and what stays free beside it', zh: '显存预算，以及预算之外的余量' },
    parse: share,
    always: true,
  },
  {
    name: 'maxModelLen',
    label: { en: 'max-model-len', zh: 'max-model-len' },
    decides: { en: 'the KV cache that one request needs', zh: '单个请求所需的 KV 缓存' },
    parse: whole,
    always: true,
  },
  {
    name: 'maxNumSeqs',
    label: { en: 'max-num-seqs', zh: 'max-num-seqs' },
    decides: { en: 'the peaks of warm-up and profile run', zh: '预热和显存探测时的峰值' },
    parse: whole,
    always: true,
  },
  {
    name: 'maxNumBatchedTokens',
    label: { en: 'max-num-batched-tokens', zh: 'max-num-batched-tokens' },
    decides: { en: 'the activation peak', zh: '激活峰值' },
    parse: whole,
  },
  {
    name: 'dtype',
    label: { en: 'dtype', zh: 'dtype' },
    decides: { en: 'bytes per weight', zh: '每个权重的字节数' },
    parse: words,
  },
  {
    name: 'quantization',
    label: { en: 'Quantisation', zh: '量化' },
    decides: { en: 'bytes per weight', zh: '每个权重的字节数' },
    parse: words,
  },
  {
    name: 'kvCacheDtype',
    label: { en: 'kv-cache-dtype', zh: 'kv-cache-dtype' },
    decides: { en: 'bytes per token in the KV cache', zh: 'KV 缓存中每个 token 的字节数' },
    parse: words,
  },
  {
    name: 'enforceEager',
    label: { en: 'enforce-eager', zh: 'enforce-eager' },
    decides: { en: 'whether CUDA graphs take memory', zh: 'CUDA 图是否占用显存' },
    parse: yes,
  },
  {
    name: 'engine',
    label: { en: 'Engine', zh: '引擎' },
    decides: { en: 'how memory is profiled', zh: '显存的探测方式' },
    parse: text => (/^v?[01]$/i.test(text.trim()) ? `V${text.trim().slice(-1)}` : null),
  },
  {
    name: 'hostRamGiB',
    label: { en: 'Host RAM (GiB)', zh: '主机内存 (GiB)' },
    decides: { en: 'whether the host ran out', zh: '主机内存是否耗尽' },
    parse: positive,
  },
];
