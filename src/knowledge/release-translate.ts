import files from 'knowledge:releases';
import { fill, type Text } from '../common/text.js';
import { compareVersions } from '../common/version.js';
import type { ArgValue } from '../launch/types.js';
import { envHistory, envIn, flagHistory, flagIn } from './release-flags.js';
import { matchRelease } from './release-match.js';

/** One name and value of the form that the other release takes. */
export interface TranslatedSetting {
  where: 'vllm' | 'env';
  /** Kebab-case without dashes, or the variable's name. */
  name: string;
  value: ArgValue;
  /** The value holds members that belong into a JSON value that may already be there. */
  merge?: boolean;
}

/** What becomes of a setting in another release. */
export interface Translation {
  /** Replaces the setting; empty: it is left out. */
  settings: TranslatedSetting[];
  note: Text;
}

interface Rename {
  old: string;
  new: string;
  member?: string;
  map?: Record<string, ArgValue>;
  /** Further flags set along with the new one, by the old value. */
  also?: Record<string, Record<string, ArgValue>>;
  /** Name for a single number where the new flag wants a list. */
  single?: string;
}

interface Dropped {
  flag: string;
  why: Text;
}

const { flags: RENAMES, dropped: DROPPED } = files['releases/renames.yaml'] as { flags: Rename[]; dropped: Dropped[] };

const isVariable = (name: string) => /^[A-Z][A-Z0-9_]*$/.test(name);
const exists = (version: string, name: string) =>
  isVariable(name) ? envIn(version, name) !== null : flagIn(version, name) !== null;
const written = (name: string) => (isVariable(name) ? name : `--${name}`);

const setting = (name: string, value: ArgValue, merge = false): TranslatedSetting => ({
  where: isVariable(name) ? 'env' : 'vllm',
  name,
  // An environment variable is text.
  value: isVariable(name) && typeof value !== 'object' ? String(value) : value,
  ...(merge && { merge }),
});

/** A variable's text as the flag takes it. */
const typed = (value: ArgValue): ArgValue =>
  typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;

const NOTES = {
  renamed: { en: '{old} became {new} in {release}.', zh: '{release} 中 {old} 改为 {new}。' },
  backward: {
    en: '{release} does not have {new} yet; there it is {old}.',
    zh: '{release} 尚无 {new}，对应的是 {old}。',
  },
  dropped: { en: '{old} does not exist in {release}: {why}.', zh: '{release} 中没有 {old}：{why}。' },
  pairs: { en: '{release} takes {old} as name=number pairs.', zh: '{release} 的 {old} 使用 name=number 形式。' },
};

const forward = (rule: Rename, value: ArgValue): TranslatedSetting[] | null => {
  if (rule.map) {
    const mapped = rule.map[String(value)];
    // A switch that is off was the default: nothing replaces it.
    if (mapped === undefined) return value === false ? [] : null;
    const more = Object.entries(rule.also ?? {}).flatMap(([name, map]) =>
      map[String(value)] === undefined ? [] : [setting(name, map[String(value)]!)],
    );
    return [setting(rule.new, mapped), ...more];
  }
  if (rule.single) {
    const sizes = Array.isArray(value) ? value : [value];
    return [sizes.length === 1 ? setting(rule.single, sizes[0]!) : setting(rule.new, sizes)];
  }
  if (rule.member) return [setting(rule.new, { [rule.member]: value }, true)];
  return [setting(rule.new, isVariable(rule.old) ? typed(value) : value)];
};

const backward = (rule: Rename, value: ArgValue): TranslatedSetting[] | null => {
  if (rule.map) {
    const old = Object.entries(rule.map).find(([, mapped]) => mapped === value)?.[0];
    return old === undefined ? null : [setting(rule.old, old === 'true' ? true : old)];
  }
  if (rule.member) {
    const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
    return rule.member in members ? [setting(rule.old, members[rule.member]!)] : null;
  }
  return [setting(rule.old, value)];
};

const pairs = (value: ArgValue): string | null =>
  typeof value === 'object' && !Array.isArray(value) && Object.values(value).every(item => typeof item === 'number')
    ? Object.entries(value)
        .map(([name, item]) => `${name}=${item}`)
        .join(',')
    : null;

/**
 * The form that a setting takes in the release of `to`: renamed, moved into a JSON flag, left out. `name` is a flag
 * (kebab-case) or an environment variable. Null when nothing has to change, or when nothing is known to replace it
 * (then `flagIn(to, name)` is null as well). Never changes what the setting means.
 */
export const translate = (name: string, value: ArgValue, to: string): Translation | null => {
  const release = matchRelease(to)?.release;
  if (!release) return null;
  if (exists(release, name)) {
    const info = isVariable(name) ? null : flagIn(release, name);
    const text = info?.type === 'k=v,...' ? pairs(value) : null;
    return text ? { settings: [setting(name, text)], note: fill(NOTES.pairs, { release, old: written(name) }) } : null;
  }
  if (!isVariable(name) ? !flagHistory(name) : !envHistory(name)) return null;
  const found: TranslatedSetting[] = [];
  let note: Text | null = null;
  for (const rule of RENAMES) {
    const ahead = rule.old === name && exists(release, rule.new);
    const back = !ahead && (rule.new === name || rule.single === name) && exists(release, rule.old);
    if (!ahead && !back) continue;
    const settings = ahead ? forward(rule, value) : backward(rule, value);
    if (!settings) continue;
    found.push(...settings.filter(item => exists(release, item.name)));
    note ??= fill(ahead ? NOTES.renamed : NOTES.backward, { release, old: written(rule.old), new: written(rule.new) });
    // Only a JSON flag is spread over several old ones.
    if (!rule.member || ahead) break;
  }
  if (note) return { settings: found, note };
  if (name === 'compilation-config' || name === 'optimization-level') return compilation(name, value, release);
  const dropped = DROPPED.find(entry => entry.flag === name);
  if (!dropped || compareVersions((flagHistory(name) ?? envHistory(name))!.since, release)! > 0) return null;
  const { why } = dropped;
  return {
    settings: [],
    note: {
      en: fill(NOTES.dropped, { release, old: written(name), why: why.en }).en,
      zh: fill(NOTES.dropped, { release, old: written(name), why: why.zh }).zh,
    },
  };
};

/** `-O3` is a compilation level up to 0.11.2 and an optimization level from 0.12.0; both default to "all". */
const compilation = (name: string, value: ArgValue, release: string): Translation | null => {
  const other = name === 'compilation-config' ? 'optimization-level' : 'compilation-config';
  if (!['number', 'string'].includes(typeof value) || !/^[0-3]$/.test(String(value)) || !flagIn(release, other))
    return null;
  return {
    settings: [setting(other, value)],
    note: fill(NOTES.renamed, { release, old: written(name), new: written(other) }),
  };
};
