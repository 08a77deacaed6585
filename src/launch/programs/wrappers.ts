import type { Word } from '../shell/words.js';
import type { Program } from './index.js';
import { wrapper } from './wrapper.js';
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

/** Index behind a program of this name, and its verb where one is asked for; -1 when there is none. */
const afterCommand = (words: Word[], name: RegExp, verb?: RegExp): number => {
  const at = words.findIndex((word, i) => name.test(baseName(word)) && (!verb || verb.test(text(words[i + 1]))));
  return at < 0 ? -1 : at + (verb ? 2 : 1);
};

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
