import { fill, type Lang, say, type Text } from '../common/text.js';
import { compareVersions } from '../common/version.js';
import { type Releases, releases } from '../knowledge/releases.js';
import { placeOf, writtenValue } from './place.js';
import type { ArgValue, Launch, LaunchNote } from './types.js';

/** An objection to a launch. `fatal`: vLLM refuses to start; otherwise it warns, ignores, or only something is odd. */
interface LaunchCheck extends LaunchNote {
  release: string | null;
  fatal: boolean;
}

/** What is known besides the launch; absent = unknown, and what needs it is not checked. */
interface CheckContext {
  lang?: Lang;
  gpuCount?: number;
  gpuName?: string;
  gpuTotalGiB?: number;
  platform?: string;
  /** Attention heads of the model (config.json: num_attention_heads). */
  attentionHeads?: number;
  maxModelLen?: number;
  /** Flags of the vLLM that is installed where the launch will run (its own source): their word stands above ours. */
  installedFlags?: readonly string[] | null;
}

const MESSAGES = {
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

/** Launches that are read by vLLM's own argument parser, so that spelling and form count. */
export const COMMAND_LINE = new Set(['serve', 'api_server', 'image']);
const PYTHON = new Set(['llm', 'lm_eval']);

const number = (value: ArgValue | undefined): number | null => (typeof value === 'number' ? value : null);
/** GPUs that the launch itself hands out: `CUDA_VISIBLE_DEVICES=0,1`, `--gpus 2`; null when it does not say. */
const gpusOf = (launch: Launch): number | null => {
  const visible = launch.env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined && /^[\w-]+(?:,[\w-]+){0,31}$/.test(visible.trim())) return visible.split(',').length;
  if (typeof launch.gpus === 'number') return launch.gpus;
  return launch.gpus && /^\d+(?:,\d+)+$/.test(launch.gpus) ? launch.gpus.split(',').length : null;
};

/**
 * What a release of vLLM has against a launch: flags that it does not have (any more, yet), values that it refuses,
 * spellings that it does not read, contradictions. `version` in any spelling; unknown: only what no release accepts.
 */
export const checkLaunch = (launch: Launch, version: string | null, context: CheckContext = {}): LaunchCheck[] => {
  const known = releases();
  const release = known.match(version)?.release ?? null;
  const checks: LaunchCheck[] = [];
  const object = (
    code: string,
    name: string,
    message: Text,
    values: Record<string, string | number>,
    fatal: boolean,
  ) => {
    const text = fill(message, { name, release: release ?? 'vLLM', ...values });
    checks.push({
      code,
      message: say(text, context.lang ?? 'en'),
      text,
      ...placeOf(launch.text, name),
      release,
      fatal,
    });
  };
  if (release) {
    for (const [name, value] of Object.entries(launch.args)) {
      const told = known.validate(release, name, value);
      const isHere = context.installedFlags?.includes(name) ?? null;
      const isMissing = told?.code === 'flag-not-yet' || told?.code === 'flag-removed';
      const objection = isHere && isMissing ? null : told;
      if (isHere === false && !isMissing && known.flag(release, name)) {
        object('flag-not-installed', name, MESSAGES.notInstalled, {}, true);
        continue;
      }
      // A name that no release ever had is a plug-in's, or already a fault of the text. Wrappers have values of their own
      // (`tensor_parallel_degree: max`), which they work out before vLLM sees them.
      const isOwn = COMMAND_LINE.has(launch.program) || PYTHON.has(launch.program);
      if (objection && objection.code !== 'unknown-flag' && (isOwn || objection.code !== 'value-type'))
        object(objection.code, name, objection.message, {}, objection.fatal);
      else if (!objection && PYTHON.has(launch.program) && known.flag(release, name)?.group === 'server')
        object('not-for-python', name, MESSAGES.notForPython, {}, true);
    }
    if (COMMAND_LINE.has(launch.program)) checkSpelling(launch, release, known, object);
    checkEnvironment(launch, release, known, object);
  } else {
    // Utilisation above 1, no sequence at all: refused by every release.
    for (const [name, value] of Object.entries(launch.args)) {
      const objection = known.validate(known.newest, name, value);
      if (objection?.code === 'value-range') object(objection.code, name, objection.message, {}, true);
    }
  }
  checkContradictions(launch, release, known, context, object);
  return checks.sort((a, b) => a.line - b.line || a.column - b.column);
};

type Objector = (
  code: string,
  name: string,
  message: Text,
  values: Record<string, string | number>,
  fatal: boolean,
) => void;

/** Forms of one and the same flag that only some releases read. */
const checkSpelling = (launch: Launch, release: string, known: Releases, object: Objector) => {
  const { text } = launch;
  for (const name of Object.keys(launch.args)) {
    const info = known.flag(release, name);
    if (!info) continue;
    const value = writtenValue(text, name);
    if (value !== null) {
      if (info.type === 'json' && name === 'limit-mm-per-prompt' && /^\w{1,20}=\d/.test(value))
        object('json-wanted', name, MESSAGES.pairsWanted, {}, true);
      if (info.type === 'k=v,...' && value.startsWith('{'))
        object('pairs-wanted', name, MESSAGES.jsonUnknown, {}, true);
      if (info.type === 'flag' && /^(?:true|false)$/i.test(value)) {
        const negated = info.negatable ? ` (--no-${name})` : '';
        object('switch-takes-no-value', name, MESSAGES.switchValue, { negated }, true);
      }
      if ((info.type === 'int' || info.type === 'float') && /^\d{1,9}(?:\.\d{1,9})?[kKmMgG]$/.test(value))
        object('value-type', name, MESSAGES.humanNumber, { value }, true);
    }
    if (
      (compareVersions(release, '0.5.1') ?? 0) < 0 &&
      new RegExp(`--${name.replaceAll('-', '_')}(?![\\w-])`).test(text) &&
      name.includes('-')
    )
      object('underscores', name, MESSAGES.underscores, {}, true);
  }
  const words = text.matchAll(/(?<=^|\s|["'])(-{1,2}[a-zA-Z][\w-]{0,60})(?=[\s=.{]|$)/gm);
  const seen = new Set<string>();
  for (const [, word] of words) {
    // -O changed its meaning and is looked at below.
    if (seen.has(word!) || word === '-O') continue;
    seen.add(word!);
    const history = known.flagHistory(word!);
    if (!history || !(history.name in launch.args) || known.flag(release, word!) || !known.flag(release, history.name))
      continue;
    // The flag is there, but this spelling of it is not.
    if (`--${history.name}` !== word!.replaceAll('_', '-'))
      object('alias-unknown', history.name, MESSAGES.alias, { alias: word! }, true);
  }
  if (/(?<=\s|^)-O[.{]/m.test(text) && (compareVersions(release, '0.13.0') ?? -1) >= 0)
    object('dash-o', 'compilation-config', MESSAGES.dashO, {}, true);
};

/** Variables of vLLM that this release does not read. Names that vLLM never had are the user's own. */
const checkEnvironment = (launch: Launch, release: string, known: Releases, object: Objector) => {
  for (const name of Object.keys(launch.env)) {
    const history = name.startsWith('VLLM_') ? known.envHistory(name) : null;
    if (!history || known.envVariable(release, name)) continue;
    const early = (compareVersions(release, history.since) ?? 0) < 0;
    const values: Record<string, string> = early ? { since: history.since } : { until: history.until ?? '' };
    object('env-ignored', name, early ? MESSAGES.envNotYet : MESSAGES.envGone, values, false);
  }
};

/** Settings that exclude each other, whatever the release; what only a default decides needs the release. */
const checkContradictions = (
  launch: Launch,
  release: string | null,
  known: Releases,
  context: CheckContext,
  object: Objector,
) => {
  const { args } = launch;
  const length = number(args['max-model-len']) ?? context.maxModelLen ?? null;
  const tokens = number(args['max-num-batched-tokens']);
  const chunked = args['enable-chunked-prefill'];
  if (release) {
    const defaults = known.defaults({
      release,
      usage: PYTHON.has(launch.program) ? 'llm' : 'server',
      gpuName: context.gpuName,
      gpuTotalGiB: context.gpuTotalGiB,
      platform: context.platform,
      maxModelLen: length ?? undefined,
      maxNumSeqs: number(args['max-num-seqs']) ?? undefined,
      maxNumBatchedTokens: tokens ?? undefined,
      chunkedPrefill: typeof chunked === 'boolean' ? chunked : undefined,
      env: launch.env,
    });
    // V1 up to 0.11.0 switches chunked prefill on whatever was asked for.
    const forced = defaults.engine?.value === 'V1' && (compareVersions(release, '0.11.0') ?? 0) <= 0;
    if (tokens !== null && length !== null && tokens < length && !forced && defaults.chunkedPrefill?.value === false)
      object('tokens-below-length', 'max-num-batched-tokens', MESSAGES.belowLength, { tokens, length }, true);
    // A default is never set above the tokens that the user gave (0.10.1 and later).
    const seqs = number(args['max-num-seqs']) ?? defaults.maxNumSeqs?.value ?? null;
    if (tokens !== null && seqs !== null && tokens < seqs)
      object('tokens-below-seqs', 'max-num-batched-tokens', MESSAGES.belowSeqs, { tokens, seqs }, true);
  } else {
    const seqs = number(args['max-num-seqs']);
    if (tokens !== null && seqs !== null && tokens < seqs)
      object('tokens-below-seqs', 'max-num-batched-tokens', MESSAGES.belowSeqs, { tokens, seqs }, true);
  }
  const tensor = number(args['tensor-parallel-size']) ?? 1;
  const heads = context.attentionHeads;
  if (heads && tensor > 1 && heads % tensor !== 0)
    object('heads-not-divisible', 'tensor-parallel-size', MESSAGES.heads, { heads, size: tensor }, true);
  const pipeline = number(args['pipeline-parallel-size']) ?? 1;
  const data = number(args['data-parallel-size-local']) ?? number(args['data-parallel-size']) ?? 1;
  // Ray and several nodes bring GPUs of other machines.
  const elsewhere =
    args['distributed-executor-backend'] === 'ray' ||
    'nnodes' in args ||
    'data-parallel-address' in args ||
    args['worker-use-ray'] === true;
  const present = gpusOf(launch) ?? context.gpuCount ?? null;
  // In a cluster the stages of a pipeline lie on several nodes.
  const isCluster = /kube|helm|ray|leaderworkerset/i.test(launch.shape);
  const wanted = tensor * data * (isCluster ? 1 : pipeline);
  if (!elsewhere && present !== null && wanted > present) {
    const how =
      [tensor > 1 && `TP ${tensor}`, pipeline > 1 && !isCluster && `PP ${pipeline}`, data > 1 && `DP ${data}`]
        .filter(Boolean)
        .join(' × ') || 'TP 1';
    object(
      'more-gpus-than-present',
      tensor > 1 ? 'tensor-parallel-size' : pipeline > 1 ? 'pipeline-parallel-size' : 'data-parallel-size',
      MESSAGES.gpus,
      { wanted, how, present },
      true,
    );
  }
};
