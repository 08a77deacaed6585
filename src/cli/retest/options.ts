import { fixes as knownFixes } from '../../knowledge/fixes.js';
import { BISECT_FLAGS, type BisectFlag } from '../../retest/bisect.js';
import type { RetestLoad } from '../../retest/index.js';
import { isHost } from '../../retest/remote.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { FACT_OPTIONS, factsFromOptions } from '../fact-options.js';
import { launchText, splitAtDashes } from '../launch-words.js';
import { COMMON_OPTIONS, langOf, oneOf, parseOptions } from '../options.js';
import type { Settings } from './room.js';

const VIAS = ['local', 'docker', 'ssh', 'manual'] as const;
export const TRIES = 6;

/** What `retest` was asked for. */
interface RetestRequest {
  settings: Settings;
  /** Fixes by name; none: as advised. */
  fixes: string[];
  /** Path of the crash log. */
  log: string | null;
  tries: number;
  /** The flag whose largest value is looked for. */
  search: BisectFlag | null;
}

/** The request in the words of the command line. @throws UserError 64 */
export const readRequest = (argv: string[]): RetestRequest => {
  const { ours, words: launch } = splitAtDashes(argv);
  const { values, positionals } = parseOptions({
    args: ours,
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      ...FACT_OPTIONS,
      fix: { type: 'string', multiple: true },
      via: { type: 'string' },
      auto: { type: 'boolean' },
      bisect: { type: 'string' },
      log: { type: 'string' },
      tries: { type: 'string' },
      timeout: { type: 'string' },
      load: { type: 'string' },
      format: { type: 'string' },
      verbose: { type: 'boolean', short: 'v' },
      'show-secrets': { type: 'boolean' },
    },
  });
  const via = oneOf('--via', values.via, VIAS, 'local');
  const host = via === 'ssh' ? positionals.shift() : undefined;
  const command = launchText(launch.length > 0 ? launch : positionals, 'retest --auto');
  if (via === 'ssh' && (host === undefined || !isHost(host)))
    throw new UserError(
      EXIT.usage,
      { en: `--via ssh ${host ?? ''}: no host.`, zh: `--via ssh ${host ?? ''}：没有主机名。` },
      {
        en: 'E.g. vllm-oom-doctor retest --via ssh gpu-box -- vllm serve Qwen/Qwen3-8B',
        zh: '例如：vllm-oom-doctor retest --via ssh gpu-box -- vllm serve Qwen/Qwen3-8B',
      },
    );
  const fixes = fixesOf(values.fix ?? []);
  const { facts, modelConfig } = factsFromOptions(values);
  const settings: Settings = {
    command,
    format: oneOf('--format', values.format, ['text', 'json'], 'text'),
    lang: langOf(values.lang),
    auto: values.auto ?? false,
    verbose: values.verbose ?? false,
    showSecrets: values['show-secrets'] ?? false,
    timeoutMs: positive('--timeout', values.timeout, 30 * 60) * 1000,
    via,
    host,
    load: loadOf(values.load),
    incident: { userFacts: facts, probeFacts: {}, modelConfig },
  };
  const tries = positive('--tries', values.tries, TRIES);
  const search = via === 'manual' || values.bisect === undefined ? null : flagOf(values.bisect);
  return { settings, fixes, log: values.log ?? null, tries, search };
};

/** `--fix a --fix b` and `--fix a,b`. */
const fixesOf = (given: string[]): string[] => {
  const fixes = given.flatMap(ids => ids.split(',')).filter(Boolean);
  const unknown = fixes.filter(id => !knownFixes().has(id));
  if (unknown.length === 0) return fixes;
  throw new UserError(
    EXIT.usage,
    { en: `--fix ${unknown.join(', ')}: no fix of that name.`, zh: `--fix ${unknown.join('、')}：没有这个修复。` },
    {
      en: 'See the names with vllm-oom-doctor explain, or those for a log with vllm-oom-doctor diagnose.',
      zh: '名称见 vllm-oom-doctor explain；适用于某个日志的见 vllm-oom-doctor diagnose。',
    },
  );
};

const flagOf = (name: string): BisectFlag => {
  const flag = BISECT_FLAGS[name.replace(/^--/, '').replaceAll('_', '-')];
  if (flag) return flag;
  throw new UserError(
    EXIT.usage,
    { en: `--bisect ${name}: not a flag that can be searched.`, zh: `--bisect ${name}：该参数不支持查找。` },
    {
      en: `Choose ${Object.keys(BISECT_FLAGS).join(', ')}.`,
      zh: `可选：${Object.keys(BISECT_FLAGS).join('、')}。`,
    },
  );
};

/** `4` requests of the full length at once, `4x2000` with 2000 tokens each. */
const loadOf = (text: string | undefined): RetestLoad | undefined => {
  if (text === undefined) return undefined;
  const match = /^(\d{1,5})(?:x(\d{1,8}))?$/.exec(text);
  if (!match || Number(match[1]) === 0)
    throw new UserError(
      EXIT.usage,
      { en: `--load ${text}: not a load.`, zh: `--load ${text}：不是有效的负载。` },
      {
        en: 'E.g. --load 4, or --load 4x2000 (requests x tokens)',
        zh: '例如：--load 4，或 --load 4x2000（请求数 x token 数）',
      },
    );
  return { concurrent: Number(match[1]), promptTokens: match[2] === undefined ? null : Number(match[2]) };
};

const positive = (name: string, value: string | undefined, fallback: number): number => {
  const number = value === undefined ? fallback : Number(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new UserError(
    EXIT.usage,
    { en: `${name} ${value}: not a number above 0.`, zh: `${name} ${value}：不是大于 0 的数。` },
    { en: `E.g. ${name} ${fallback}`, zh: `例如：${name} ${fallback}` },
  );
};
