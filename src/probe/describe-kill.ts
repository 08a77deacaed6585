import { fill, type Text } from '../common/text.js';
import { gib } from '../common/units.js';
import type { OomKill } from './parsers/types.js';

const SENTENCES = {
  none: {
    en: '{victim} was killed by the kernel: the whole machine was out of memory{held}.',
    zh: '{victim} 被内核终止：整机内存耗尽{held}。',
  },
  memcg: {
    en: '{victim} was killed by the kernel: the memory limit {limit}of {cgroup} was reached{held}.',
    zh: '{victim} 被内核终止：达到 {cgroup} 的内存上限{limit}{held}。',
  },
  'memory-policy': {
    en: '{victim} was killed by the kernel: the NUMA nodes that it is bound to were full{held}.',
    zh: '{victim} 被内核终止：其绑定的 NUMA 节点内存耗尽{held}。',
  },
  cpuset: {
    en: '{victim} was killed by the kernel: the memory nodes of its cpuset were full{held}.',
    zh: '{victim} 被内核终止：其 cpuset 的内存节点耗尽{held}。',
  },
  kernel: {
    en: "{victim} was killed by the kernel's OOM killer{held}.",
    zh: '{victim} 被内核 OOM killer 终止{held}。',
  },
  oomd: { en: 'systemd-oomd ended {victim}{pressure}.', zh: 'systemd-oomd 终止了 {victim}{pressure}。' },
  earlyoom: { en: 'earlyoom sent {signal} to {victim}{held}.', zh: 'earlyoom 向 {victim} 发送了 {signal}{held}。' },
  ray: {
    en: 'Ray ended {victim}{held}: the node used {used} of {total} GiB. Ray ends the newest task; the largest user may be another.',
    zh: 'Ray 终止了 {victim}{held}：节点已用 {used} / {total} GiB。Ray 终止的是最新的任务，占用最多的可能是其他进程。',
  },
  rayCount: {
    en: 'Ray ended {count} workers for lack of memory.',
    zh: 'Ray 因内存不足终止了 {count} 个 worker。',
  },
  slurm: {
    en: 'Slurm reports out-of-memory kills in step {step} (count: {count}): the memory limit of the job was reached.',
    zh: 'Slurm 报告步骤 {step} 中有 {count} 次终止：已达到作业的内存上限。',
  },
} satisfies Record<string, Text>;

const HELD: Text = { en: '; it held {gib} GiB', zh: '，当时占用 {gib} GiB' };
const LIMIT: Text = { en: '({gib} GiB) ', zh: '（{gib} GiB）' };
const PRESSURE: Text = { en: ': memory pressure {now} % > {limit} %', zh: '：内存压力 {now} % > {limit} %' };
const UNKNOWN: Text = { en: 'a process', zh: '某进程' };
const UNKNOWN_GROUP: Text = { en: 'its control group', zh: '其控制组' };

/** Joins a piece of text for each language into the sentence's values. */
const filled = (sentence: Text, values: Record<string, string | number | Text>): Text => {
  const of = (lang: keyof Text) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, typeof value === 'object' ? value[lang] : value]),
    );
  return { en: fill(sentence, of('en')).en, zh: fill(sentence, of('zh')).zh };
};

const same = (text: string): Text => ({ en: text, zh: text });

/** One kill in a sentence: who, by whom, and what had run out. */
export const describeKill = (kill: OomKill): Text => {
  const name = kill.name ?? kill.unit;
  const victim = name === undefined ? UNKNOWN : same(kill.pid === undefined ? name : `${name} (pid ${kill.pid})`);
  const heldGiB =
    kill.anonRssKiB !== undefined
      ? kill.anonRssKiB / 2 ** 20
      : kill.rssMiB !== undefined
        ? kill.rssMiB / 1024
        : kill.usedGB;
  const held = heldGiB === undefined ? same('') : fill(HELD, { gib: gib(heldGiB) });
  switch (kill.killer) {
    case 'systemd-oomd': {
      const pressure =
        kill.pressurePct === undefined
          ? same('')
          : fill(PRESSURE, { now: kill.pressurePct, limit: kill.limitPct ?? '?' });
      return filled(SENTENCES.oomd, { victim, pressure });
    }
    case 'earlyoom':
      return filled(SENTENCES.earlyoom, { victim, held, signal: kill.signal ?? 'SIGTERM' });
    case 'ray':
      if (kill.count !== undefined) return filled(SENTENCES.rayCount, { count: kill.count });
      return filled(SENTENCES.ray, { victim, held, used: gibOr(kill.nodeUsedGB), total: gibOr(kill.nodeTotalGB) });
    case 'slurm':
      return filled(SENTENCES.slurm, { count: kill.count ?? '?', step: kill.step ?? '?' });
    default: {
      const limit = kill.limitKiB === undefined ? same('') : fill(LIMIT, { gib: gib(kill.limitKiB / 2 ** 20) });
      const cgroup = kill.cgroup === undefined ? UNKNOWN_GROUP : same(kill.cgroup);
      return filled(SENTENCES[kill.constraint ?? 'kernel'], { victim, held, limit, cgroup });
    }
  }
};

const gibOr = (value: number | undefined) => (value === undefined ? '?' : gib(value));
