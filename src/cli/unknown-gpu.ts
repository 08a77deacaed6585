import { type Lang, say, type Text } from '../common/text.js';
import type { Facts } from '../facts/types.js';
import { findGpu } from '../knowledge/gpus.js';
import { gpuNames } from '../knowledge/names.js';

/** Names of the catalogue that share a word or a number with what was typed, the shortest first. */
const similar = (name: string): string[] => {
  const words = name.toLowerCase().match(/[a-z]+\d*|\d+/g) ?? [];
  return gpuNames()
    .filter(known => words.some(word => word.length > 1 && known.toLowerCase().includes(word)))
    .sort((a, b) => a.length - b.length)
    .slice(0, 4);
};

/** What to say when `--gpu` names a card that nobody knows and its memory is not given either; null when all is well. */
const unknownGpu = (facts: Facts): Text | null => {
  const name = facts.gpuName;
  if (name?.from !== 'user' || facts.gpuTotalGiB || findGpu(name.value)) return null;
  const names = similar(name.value);
  return {
    en: `the GPU "${name.value}" is not in the catalogue, so its memory is unknown. Add --gpu-total-gib N${names.length ? `, or did you mean ${names.join(', ')}?` : '.'}`,
    zh: `目录中没有 GPU“${name.value}”，因此不知道它的显存。请加上 --gpu-total-gib N${names.length ? `，或者您指的是 ${names.join('、')}？` : '。'}`,
  };
};

/** Says so on standard error; the answer itself goes on with what is known. */
export const warnOfUnknownGpu = (facts: Facts, lang: Lang): void => {
  const unknown = unknownGpu(facts);
  if (unknown) process.stderr.write(`vllm-oom-doctor: ${say(unknown, lang)}\n`);
};
