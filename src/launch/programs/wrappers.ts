import type { Argument } from '../args/argument.js';
import { type ArgumentList, readArguments } from '../args/arguments.js';
import { kebab } from '../args/flags.js';
import { newFlag } from '../args/new-flag.js';
import { valueText } from '../args/values.js';
import type { ArgsReading } from '../reading.js';
import type { Word } from '../shell/words.js';
import type { ArgValue } from '../types.js';
import type { Program } from './index.js';
import {
  fastchatName,
  fastchatOwn,
  llamafactoryName,
  llamafactoryOwn,
  openrlhfName,
  trlName,
  xinferenceName,
} from './wrapper-names.js';

const text = (word: Word | undefined): string => word?.text.text ?? '';
const baseName = (word: Word | undefined): string => text(word).replace(/^.*[/\\]/, '');

/** Index behind `-m MODULE` whose name matches; -1 when there is none. */
const afterModule = (words: Word[], module: RegExp): number => {
  const at = words.findIndex(
    (word, i) => module.test(text(word)) && (/^(?:-m|--module)$/.test(text(words[i - 1])) || i === 0),
  );
  return at < 0 ? -1 : at + 1;
};

const afterCommand = (words: Word[], name: RegExp, verb?: RegExp): number => {
  const at = words.findIndex((word, i) => name.test(baseName(word)) && (!verb || verb.test(text(words[i + 1]))));
  return at < 0 ? -1 : at + (verb ? 2 : 1);
};

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

const wrapper = (find: (words: Word[]) => number, options: WrapperOptions): Program => ({
  find,
  read: (words, from) => readWrapper(words, from, options),
});

const usesVllm = (words: Word[]): boolean => words.some(word => /vllm/i.test(text(word)));

const trlServe = wrapper(words => afterCommand(words, /^trl$/, /^vllm-serve$/), {
  program: 'trl',
  shape: 'trl',
  model: ['model'],
  prefixes: [],
  rename: name => (/^(?:log-level|connection-timeout|enable-thinking)$/.test(name) ? null : name),
  onlyPrefixed: false,
});

const trlTrain = wrapper(
  words =>
    usesVllm(words)
      ? Math.max(
          afterCommand(words, /^trl$/, /^[a-z]+$/),
          words.some(word => /^--(?:use_vllm|vllm_mode)/.test(text(word))) ? afterCommand(words, /\.py$/) : -1,
        )
      : -1,
  {
    program: 'trl',
    shape: 'trl',
    model: ['model-name-or-path', 'model'],
    prefixes: ['vllm_'],
    rename: trlName,
    onlyPrefixed: true,
  },
);

const openrlhf = wrapper(
  words => {
    const module = afterModule(words, /^openrlhf\./);
    if (module >= 0) return module;
    const script = words.findIndex(word => /(?:^|\/)train_ppo_ray\.py$|openrlhf/.test(text(word)));
    return script >= 0 && words.some(word => /^--(?:vllm[_.]|actor)/.test(text(word))) ? script + 1 : -1;
  },
  {
    program: 'openrlhf',
    shape: 'openrlhf',
    model: ['pretrain', 'actor-model-name-or-path', 'model-name-or-path'],
    prefixes: ['vllm_', 'vllm.'],
    rename: openrlhfName,
    onlyPrefixed: true,
  },
);

const swift = wrapper(
  words =>
    usesVllm(words)
      ? Math.max(afterCommand(words, /^swift$/, /^(?!serve)[a-z-]+$/), afterModule(words, /^swift\./))
      : -1,
  {
    program: 'swift',
    shape: 'worker',
    model: ['model', 'model-id-or-path', 'ckpt-dir'],
    prefixes: ['vllm_'],
    rename: trlName,
    onlyPrefixed: true,
    switchValue: true,
  },
);

const llamafactory = wrapper(
  words => (usesVllm(words) ? afterCommand(words, /^llamafactory-cli$|^lmf$/, /^[a-z-]+$/) : -1),
  {
    program: 'llamafactory',
    shape: 'worker',
    model: ['model-name-or-path'],
    prefixes: ['vllm_'],
    rename: llamafactoryName,
    ownName: llamafactoryOwn,
    onlyPrefixed: true,
  },
);

const xinference = wrapper(words => afterCommand(words, /^xinference$/, /^launch$/), {
  program: 'xinference',
  shape: 'worker',
  model: ['model-path-own', 'model-name', 'n'],
  prefixes: [],
  rename: xinferenceName,
  onlyPrefixed: false,
});

const fastchat = wrapper(words => afterModule(words, /^fastchat\.serve\.vllm_worker$/), {
  program: 'fastchat',
  shape: 'worker',
  model: ['model-path', 'model'],
  prefixes: [],
  rename: fastchatName,
  ownName: fastchatOwn,
  onlyPrefixed: false,
});

const litellm = wrapper(
  words => (words.some(word => /^vllm\//.test(text(word))) ? afterCommand(words, /^litellm$/) : -1),
  {
    program: 'litellm',
    shape: 'worker',
    model: ['model'],
    modelPrefix: 'vllm/',
    prefixes: [],
    rename: name =>
      /^(?:config|debug|detailed-debug|num-workers|alias|api-base|drop-params|host|port)$/.test(name) ? null : name,
    onlyPrefixed: false,
  },
);

const kserve = wrapper(words => afterModule(words, /^huggingfaceserver$/), {
  program: 'huggingfaceserver',
  shape: 'api-server',
  model: ['model-id', 'model-dir', 'model'],
  prefixes: [],
  rename: name => (/^(?:model-name|backend|task|http-port|grpc-port)$/.test(name) ? null : name),
  onlyPrefixed: false,
});

/** Programs with a command line of their own that start vLLM inside. */
export const WRAPPERS: Program[] = [
  trlServe,
  trlTrain,
  openrlhf,
  swift,
  llamafactory,
  xinference,
  fastchat,
  kserve,
  litellm,
];
