import type { Text } from '../common/text.js';
import type { Phase } from './types.js';

/** A phase as a thing and as a doing; Chinese has one form for both. */
interface PhaseWords {
  /** As in "failed in: the profile run". Null: no phase that a start could come to. */
  noun: string | null;
  /** As in "it ended while warming up". */
  doing: string;
  zh: string;
}

const PHASES: Record<Phase, PhaseWords> = {
  config: { noun: 'reading the configuration', doing: 'reading its configuration', zh: '读取配置' },
  'device-init': { noun: 'device initialisation', doing: 'initialising the device', zh: '设备初始化' },
  load: { noun: 'loading the weights', doing: 'loading the weights', zh: '加载模型权重' },
  profile: { noun: 'the profile run', doing: 'measuring its peak (profile run)', zh: '显存探测（profile run）' },
  'kv-cache': { noun: 'sizing the KV cache', doing: 'making the KV cache', zh: '分配 KV 缓存' },
  'graph-capture': { noun: 'CUDA graph capture', doing: 'capturing CUDA graphs', zh: 'CUDA 图捕获' },
  'sampler-warmup': { noun: 'sampler and kernel warm-up', doing: 'warming up', zh: '采样器与内核预热' },
  serving: { noun: 'serving', doing: 'serving', zh: '提供服务' },
  shutdown: { noun: 'shutdown', doing: 'shutting down', zh: '关闭' },
  host: { noun: 'host memory', doing: 'working on the host', zh: '主机内存' },
  none: { noun: null, doing: 'doing nothing', zh: '无' },
  unknown: { noun: null, doing: 'starting the program', zh: '启动程序' },
};

/** Name of a phase for people; null for `none`, `unknown` and a name that no release of the doctor knows. */
export const phaseName = (phase: string): Text | null => {
  const words = Object.hasOwn(PHASES, phase) ? PHASES[phase as Phase] : null;
  return words?.noun ? { en: words.noun, zh: words.zh } : null;
};

/** What vLLM does in a phase of its start, in a few words. */
export const phaseWords = (phase: Phase): Text => ({ en: PHASES[phase].doing, zh: PHASES[phase].zh });
