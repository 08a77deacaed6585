import { type ArgumentList, readArguments } from '../args/arguments.js';
import { newFlag } from '../args/new-flag.js';
import { replaceText } from '../args/slot.js';
import type { ArgsReading } from '../reading.js';
import type { Word } from '../shell/words.js';
import type { ArgValue } from '../types.js';
import type { Program, ProgramOptions } from './index.js';

const baseName = (word: Word | undefined): string => word?.text.text.replace(/^.*[/\\]/, '') ?? '';
const isVllm = (word: Word | undefined) => /^vllm(?:-omni)?(?:\.exe)?$/.test(baseName(word));

interface Found {
  from: number;
  program: 'serve' | 'api_server' | 'bench';
}

const MODULE = /^vllm(?:_omni)?\.entrypoints\.(?:[\w.]*\.)?api_server$/;

const find = (words: Word[]): Found | null => {
  for (let i = 0; i < words.length; i++) {
    const text = words[i]!.text.text;
    const next = words[i + 1]?.text.text;
    if (isVllm(words[i]) && next === 'serve') return { from: i + 2, program: 'serve' };
    if (isVllm(words[i]) && next === 'bench') return { from: i + 3, program: 'bench' };
    if (text === 'vllm serve') return { from: i + 1, program: 'serve' };
    if (text === '-m' && next !== undefined) {
      if (MODULE.test(next)) return { from: i + 2, program: 'api_server' };
      if (/^vllm(?:\.entrypoints\.cli\.main|\.scripts)?$/.test(next) && words[i + 2]?.text.text === 'serve')
        return { from: i + 3, program: 'serve' };
    }
    if (text.startsWith('-m') && MODULE.test(text.slice(2))) return { from: i + 1, program: 'api_server' };
    if (MODULE.test(text) && i > 0) return { from: i + 1, program: 'api_server' };
    if (/(?:^|[/_-])api_server\.py$/.test(text) || /^vllm\w*\.py$/.test(baseName(words[i])))
      if (i === 0 || /python|^-[uO]|uv$|run$|torchrun/.test(words[i - 1]!.text.text))
        return { from: i + 1, program: 'api_server' };
    if (
      /^benchmark_\w{1,40}\.py$/.test(baseName(words[i])) &&
      words.some(word => /vllm/.test(word.text.text) || /^--(?:model|tensor|gpu)/.test(word.text.text))
    )
      return { from: i + 1, program: 'bench' };
  }
  return null;
};

/** The flags of benchmark programs that are no engine arguments. */
const BENCH_OWN = new Set(
  'backend dataset dataset-name dataset-path num-prompts input-len output-len n num-iters num-iters-warmup random-input-len random-output-len sharegpt-output-len request-rate result-dir result-filename save-result base-url endpoint output-json profile num-warmups hf-max-batch-size percentile-metrics metric-percentiles goodput burstiness ignore-eos batch-size use-beam-search'.split(
    ' ',
  ),
);

const options = (program: string, words: Word[], from: number, list?: boolean) => {
  const script = program === 'api_server' && words.slice(0, from).some(word => /\.py$/.test(word.text.text));
  return {
    positionalModel: program === 'serve',
    strict: program !== 'bench' && !script,
    list,
    rename: program === 'bench' ? (name: string) => (BENCH_OWN.has(name) ? null : name) : undefined,
  };
};

/** A reading of vLLM's own flags: new ones come after the last in the style of the others. */
export const readingOf = (program: string, list: ArgumentList, anchor: Word | null): ArgsReading => ({
  program,
  model: list.model?.value ?? null,
  setModel: list.model ? (_text, model) => replaceText(list.model!.slot, model) : undefined,
  args: list.args,
  problems: list.problems,
  append: (text: string, name: string, value: ArgValue) => {
    const last = list.last ?? anchor;
    return last ? last.layout.insertAfter(text, last, newFlag(name, value, list.args)) : null;
  },
});

/** `vllm serve`, `python -m vllm.entrypoints.openai.api_server`, `vllm bench` and scripts that are called like them. */
export const vllm: Program = {
  find: words => find(words)?.from ?? -1,
  read: (words: Word[], from: number, { list }: ProgramOptions) => {
    const found = find(words)!;
    const args = readArguments(words.slice(from), options(found.program, words, from, list));
    const reading = readingOf(found.program, args, words[from - 1] ?? null);
    return found.program === 'bench' ? { ...reading, shape: 'worker' } : reading;
  },
};

/** The arguments of a container's own entrypoint: flags, with or without the model before them. */
export const readImageArguments = (words: Word[], anchor: Word | null, list?: boolean): ArgsReading =>
  readingOf('image', readArguments(words, { positionalModel: true, strict: true, list }), anchor);
