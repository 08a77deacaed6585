import type { Argument } from '../args/argument.js';
import { type ArgumentList, readArguments } from '../args/arguments.js';
import { kebab } from '../args/flags.js';
import { newFlag } from '../args/new-flag.js';
import { valueText } from '../args/values.js';
import type { ArgsReading } from '../reading.js';
import type { Word } from '../shell/words.js';
import type { ArgValue } from '../types.js';
import type { Program } from './index.js';

const text = (word: Word | undefined): string => word?.text.text ?? '';

/** What tells one wrapper from another. */
interface WrapperOptions {
  program: string;
  shape: string;
  /** Flags (kebab-case) that name the model, the best first. */
  model: string[];
  /** In front of vLLM's flags: `vllm_`, `vllm.`; empty where they are passed as they are. */
  prefixes: string[];
  rename: (name: string) => string | null;
  /** The wrapper's name for one of vLLM's, for new flags. */
  ownName?: (name: string) => string;
  /** Only flags with the prefix are vLLM's. */
  onlyPrefixed: boolean;
  /** In front of the model's name: `vllm/`. */
  modelPrefix?: string;
  /** A switch is written with ` true`. */
  switchValue?: boolean;
  strict?: boolean;
}

/** `--vllm_max_model_len` and `--vllm.max_model_len` as `max-model-len`; null for what is not vLLM's. */
const renamer =
  (options: WrapperOptions) =>
  (name: string): string | null => {
    if (options.model.includes(name)) return name;
    for (const prefix of options.prefixes) {
      const plain = kebab(prefix).replace(/\.$/, '-');
      if (name.startsWith(plain)) return options.rename(name.slice(plain.length));
    }
    return options.onlyPrefixed ? null : options.rename(name);
  };

/** Dotted options (`--vllm.x`, `--actor.x`) are read like dashed ones where the program has such. */
const undotted = (words: Word[], prefixes: string[]): Word[] =>
  prefixes.some(prefix => prefix.endsWith('.'))
    ? words.map(word => {
        const match = /^--[a-z]{1,20}\./.exec(word.text.text);
        if (!match) return word;
        const dot = match[0].length - 1;
        return {
          ...word,
          text: word.text.withText(`${word.text.text.slice(0, dot)}_${word.text.text.slice(dot + 1)}`),
        };
      })
    : words;

const readWrapper = (words: Word[], from: number, options: WrapperOptions): ArgsReading => {
  const own = words.slice(from);
  const list: ArgumentList = readArguments(undotted(own, options.prefixes), {
    positionalModel: false,
    strict: options.strict ?? false,
    modelFlags: [],
    rename: renamer(options),
  });
  const isModel = (arg: Argument) => options.model.includes(arg.name);
  const model = options.model.flatMap(name => list.args.findLast(arg => arg.name === name) ?? [])[0];
  const args = list.args.filter(arg => !isModel(arg));
  const prefixed = (word: Word) => options.prefixes.find(prefix => text(word).startsWith(`--${prefix}`));
  const lastPrefixed = own.findLastIndex(word => prefixed(word) !== undefined);
  const prefix = lastPrefixed >= 0 ? prefixed(own[lastPrefixed]!)! : (options.prefixes[0] ?? '');
  const { modelPrefix = '' } = options;
  return {
    program: options.program,
    shape: options.shape,
    model: model
      ? valueText(model.value).slice(valueText(model.value).startsWith(modelPrefix) ? modelPrefix.length : 0)
      : null,
    setModel: model ? (whole, value) => model.set(whole, modelPrefix + value) : undefined,
    args,
    problems: list.problems.filter(problem => problem.code !== 'stray-argument'),
    append: (whole: string, vllmName: string, value: ArgValue) => {
      const name = options.ownName?.(vllmName) ?? vllmName;
      const flag = newFlag(name, value, list.args, prefix);
      if (prefix)
        flag.flag = `--${prefix}${(value === false && !options.switchValue ? `no-${name}` : name).replaceAll('-', '_')}`;
      if (options.switchValue && typeof value === 'boolean') flag.value = String(value);
      let at = prefix && lastPrefixed >= 0 ? lastPrefixed : -1;
      if (at >= 0) while (own[at + 1] && !/^--?[A-Za-z]/.test(text(own[at + 1]))) at++;
      const last = at >= 0 ? own[at]! : (list.last ?? own.at(-1) ?? words[from - 1]!);
      return last.layout.insertAfter(whole, last, flag);
    },
  };
};

/** A program that hands flags on to vLLM. `find`: index of the first word after its own name; -1 when it is not started. */
export const wrapper = (find: (words: Word[]) => number, options: WrapperOptions): Program => ({
  find,
  read: (words, from) => readWrapper(words, from, options),
});
