import { fill, type Text } from '../common/text.js';
import { compareVersions } from '../common/version.js';
import type { ArgValue } from '../launch/types.js';
import { type FlagInfo, flagHistory, flagIn, valueHistory } from './release-flags.js';
import { matchRelease } from './release-match.js';

export type ObjectionCode =
  | 'unknown-flag'
  | 'flag-not-yet'
  | 'flag-removed'
  | 'flag-deprecated'
  | 'value-not-yet'
  | 'value-removed'
  | 'value-unknown'
  | 'value-type'
  | 'value-range';

/** What a release has against a flag or its value. */
export interface Objection {
  code: ObjectionCode;
  /** vLLM refuses to start; otherwise it warns or ignores. */
  fatal: boolean;
  message: Text;
}

const MESSAGES: Record<string, Text> = {
  unknown: {
    en: '--{flag} is in no release of vLLM that the doctor knows.',
    zh: '已知的 vLLM 版本中都没有 --{flag}。',
  },
  notYet: {
    en: '--{flag} does not exist in {release}: it came with {since}.',
    zh: '{release} 中没有 --{flag}：该参数自 {since} 起才有。',
  },
  removed: {
    en: '--{flag} does not exist in {release} any more: {until} was the last release with it.',
    zh: '{release} 中已没有 --{flag}：最后支持它的版本是 {until}。',
  },
  deprecated: { en: '--{flag} is deprecated in {release}.', zh: '--{flag} 在 {release} 中已弃用。' },
  valueNotYet: {
    en: '--{flag} {value} does not exist in {release}: it came with {since}.',
    zh: '{release} 的 --{flag} 不支持 {value}：该取值自 {since} 起才有。',
  },
  valueRemoved: {
    en: '--{flag} {value} does not exist in {release} any more: {until} was the last release with it.',
    zh: '{release} 的 --{flag} 已不支持 {value}：最后支持它的版本是 {until}。',
  },
  valueUnknown: {
    en: '--{flag} {value}: {release} knows only {choices}.',
    zh: '--{flag} {value}：{release} 仅支持 {choices}。',
  },
  type: { en: '--{flag} wants {wanted}, not {value}.', zh: '--{flag} 需要 {wanted}，而不是 {value}。' },
  range: { en: '--{flag} {value}: {rule}.', zh: '--{flag} {value}：{rule}。' },
};

const WANTED: Record<string, string> = { flag: 'true/false', int: 'an integer', float: 'a number', json: 'JSON' };

const shown = (value: ArgValue) => (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 60);

const isUnresolved = (value: ArgValue) => typeof value === 'string' && /[$%{}<>]/.test(value);

const isBefore = (release: string, other: string) => (compareVersions(release, other) ?? 0) < 0;

/** Numbers that no release accepts, whatever its argparse says: [smallest, largest, may be equal to the smallest]. */
const LIMITS: Record<string, { ok: (value: number) => boolean; rule: string }> = {
  'gpu-memory-utilization': { ok: value => value > 0 && value <= 1, rule: '> 0, <= 1' },
  'tensor-parallel-size': { ok: value => value >= 1, rule: '>= 1' },
  'pipeline-parallel-size': { ok: value => value >= 1, rule: '>= 1' },
  'data-parallel-size': { ok: value => value >= 1, rule: '>= 1' },
  'max-num-seqs': { ok: value => value >= 1, rule: '>= 1' },
  'max-num-batched-tokens': { ok: value => value >= 1, rule: '>= 1' },
  'block-size': { ok: value => value >= 1, rule: '>= 1' },
  'swap-space': { ok: value => value >= 0, rule: '>= 0' },
  'cpu-offload-gb': { ok: value => value >= 0, rule: '>= 0' },
  'mm-processor-cache-gb': { ok: value => value >= 0, rule: '>= 0' },
};

/** What the type of a flag says against a value; null: nothing. Text with variables is never judged. */
const typeProblem = (info: FlagInfo, value: ArgValue): string | null => {
  if (isUnresolved(value) || value === null) return null;
  const text = typeof value === 'string';
  if (info.type === 'flag' || info.type.startsWith('bool'))
    return typeof value === 'boolean' || (text && /^(?:true|false)$/i.test(value)) ? null : WANTED.flag!;
  if (info.nargs === '+' || info.nargs === '*') return null;
  const number = typeof value === 'number' ? value : text && value.trim() !== '' ? Number(value) : Number.NaN;
  if (info.type === 'float') return Number.isFinite(number) ? null : WANTED.float!;
  if (info.type === 'int') return Number.isInteger(number) ? null : WANTED.int!;
  if (info.type.startsWith('int(human')) {
    const human = text && /^\d+(?:\.\d+)?[kKmMgGtT]?$/.test(value);
    const auto = info.type.includes('auto') && value === 'auto';
    return Number.isInteger(number) || human || auto ? null : WANTED.int!;
  }
  if (info.type.startsWith('json'))
    return text && info.type === 'json' && typeof info.default !== 'string' && !/^\s*[{["]/.test(value)
      ? WANTED.json!
      : null;
  return null;
};

/**
 * What the release of `version` has against `--name value`; null when nothing (also when the version is unknown: an
 * unknown release never objects). Values that still hold a shell variable or a placeholder are not judged.
 */
export const validate = (version: string, name: string, value: ArgValue): Objection | null => {
  const release = matchRelease(version)?.release;
  if (!release) return null;
  const object = (
    code: ObjectionCode,
    message: string,
    more: Record<string, string> = {},
    fatal = true,
  ): Objection => ({
    code,
    fatal,
    message: fill(MESSAGES[message]!, { flag: name.replace(/^--/, ''), release, value: shown(value), ...more }),
  });
  const info = flagIn(release, name);
  if (!info) {
    const history = flagHistory(name);
    if (!history) return object('unknown-flag', 'unknown');
    return isBefore(release, history.since)
      ? object('flag-not-yet', 'notYet', { since: history.since })
      : object('flag-removed', 'removed', { until: history.until ?? '' });
  }
  const type = typeProblem(info, value);
  if (type) return object('value-type', 'type', { wanted: type });
  if (info.choices && (typeof value === 'string' || typeof value === 'number') && !isUnresolved(value)) {
    const text = String(value);
    if (!info.choices.includes(text)) {
      const history = valueHistory(info.name, text);
      if (history && isBefore(release, history.since))
        return object(
          'value-not-yet',
          'valueNotYet',
          { since: history.since },
          info.restricted || info.name === 'quantization',
        );
      if (history?.until && !isBefore(release, history.until))
        return object(
          'value-removed',
          'valueRemoved',
          { until: history.until },
          info.restricted || info.name === 'quantization',
        );
      if (info.restricted) return object('value-unknown', 'valueUnknown', { choices: info.choices.join(', ') });
    }
  }
  const limit = Object.hasOwn(LIMITS, info.name) ? LIMITS[info.name] : undefined;
  if (limit && typeof value === 'number' && !limit.ok(value))
    return object('value-range', 'range', { rule: limit.rule });
  return info.deprecated ? object('flag-deprecated', 'deprecated', {}, false) : null;
};
