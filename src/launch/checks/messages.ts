import type { Text } from '../../common/text.js';

/** What is held against a launch. `{name}` is the flag or variable, `{release}` the release that objects. */
export const MESSAGES = {
  envNotYet: {
    en: '{name} is not read by {release}: it came with {since}.',
    zh: '{release} 不读取 {name}：该变量自 {since} 起才有。',
  },
  envGone: {
    en: '{name} is not read by {release} any more: {until} was the last release that did.',
    zh: '{release} 已不读取 {name}：最后读取它的版本是 {until}。',
  },
  pairsWanted: {
    en: '--{name} in {release} takes JSON only, e.g. \'{"image": 2}\'; name=number is refused.',
    zh: '{release} 的 --{name} 只接受 JSON，例如 \'{"image": 2}\'；name=number 形式会被拒绝。',
  },
  jsonUnknown: {
    en: '--{name} in {release} takes name=number pairs (image=2,video=1), not JSON.',
    zh: '{release} 的 --{name} 使用 name=number 形式（image=2,video=1），不接受 JSON。',
  },
  switchValue: {
    en: '--{name} is a switch in {release} and takes no value; write --{name} or leave it out{negated}.',
    zh: '{release} 的 --{name} 是开关，不带取值；请直接写 --{name} 或去掉它{negated}。',
  },
  humanNumber: {
    en: '--{name} {value}: {release} wants a plain number.',
    zh: '--{name} {value}：{release} 只接受纯数字。',
  },
  alias: {
    en: '{alias} is not a spelling of --{name} in {release}.',
    zh: '{release} 中 {alias} 不是 --{name} 的写法。',
  },
  underscores: {
    en: '--{name} is written with underscores; {release} only knows it with dashes.',
    zh: '--{name} 使用了下划线；{release} 只识别短横线写法。',
  },
  dashO: {
    en: '-O.… is read as an optimization level in {release}; use -cc.… or --compilation-config.',
    zh: '{release} 会把 -O.… 当作优化级别；请改用 -cc.… 或 --compilation-config。',
  },
  notForPython: {
    en: '{name} belongs to the server; LLM() does not take it.',
    zh: '{name} 属于服务端参数，LLM() 不接受。',
  },
  belowLength: {
    en: 'max_num_batched_tokens ({tokens}) is smaller than max_model_len ({length}) while chunked prefill is off: {release} refuses that.',
    zh: 'chunked prefill 关闭时 max_num_batched_tokens（{tokens}）小于 max_model_len（{length}）：{release} 会拒绝启动。',
  },
  belowSeqs: {
    en: 'max_num_batched_tokens ({tokens}) is smaller than max_num_seqs ({seqs}): {release} refuses that.',
    zh: 'max_num_batched_tokens（{tokens}）小于 max_num_seqs（{seqs}）：{release} 会拒绝启动。',
  },
  heads: {
    en: 'the {heads} attention heads of the model cannot be divided by tensor_parallel_size {size}.',
    zh: '模型的 {heads} 个注意力头无法被 tensor_parallel_size {size} 整除。',
  },
  notInstalled: {
    en: 'the vLLM that is installed here has no --{name}.',
    zh: '此处安装的 vLLM 没有 --{name}。',
  },
  gpus: {
    en: '{wanted} GPUs are needed ({how}) but only {present} are there.',
    zh: '需要 {wanted} 块 GPU（{how}），但只有 {present} 块。',
  },
} satisfies Record<string, Text>;
