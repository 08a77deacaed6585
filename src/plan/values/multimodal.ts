import { compareVersions } from '../../common/version.js';
import type { ArgValue } from '../../launch/types.js';
import { fact, given, type Situation, signal } from '../situation.js';
import { savedBy } from '../solver.js';
import type { FixChange } from '../types.js';
import type { Ask, Outcome, Strategy } from './types.js';

type Limits = Record<string, ArgValue | null>;

/** The limits in force, whether given as JSON or as image=1,video=0. */
const limits = (s: Situation): Limits => {
  const set = fact(s, 'limitMmPerPrompt') ?? given(s, 'limit-mm-per-prompt');
  // Logs print the dictionary as Python does: {'image': 8}.
  const dictionary = typeof set === 'string' && set.startsWith('{') ? parse(set.replace(/'/g, '"')) : null;
  if (dictionary) return dictionary;
  if (typeof set === 'string')
    return Object.fromEntries(
      set
        .split(',')
        .map(pair => pair.split('='))
        .filter(pair => pair.length === 2)
        .map(([name, count]) => [name!.trim(), Number(count)]),
    );
  return typeof set === 'object' && set !== null && !Array.isArray(set) ? (set as Limits) : {};
};

/** The form that the release takes: image=1,video=0 up to 0.8.4, JSON from 0.8.5 (engine/arg_utils.py). */
const written = (s: Situation, value: Limits): ArgValue =>
  s.release !== null && compareVersions(s.release, '0.8.5')! < 0
    ? Object.entries(value)
        .map(([name, count]) => `${name}=${typeof count === 'number' ? count : 1}`)
        .join(',')
    : (value as ArgValue);

const countOf = (value: ArgValue | null | undefined): number | undefined =>
  typeof value === 'number'
    ? value
    : typeof value === 'object' && value && 'count' in value
      ? Number(value.count)
      : undefined;

/** Video away where the user did not ask for it, one image: the modality with the most tokens decides the profile. */
export const mmLimit: Strategy = ({ s }: Ask): Outcome => {
  const now = limits(s);
  const video = countOf(now.video);
  const image = countOf(now.image);
  // Where a request's own images were too much, half as many; a count above zero does nothing for the profile run.
  const tooMany = s.phase === 'serving' && signal(s, 'encoderFailed') === true && image !== undefined && image > 1;
  const images = tooMany ? Math.floor(image / 2) : (now.image ?? 1);
  const next: Limits = { ...now, image: images, video: video !== undefined && video > 0 ? now.video! : 0 };
  const changes = Object.entries(next).some(([name, value]) => now[name] !== value);
  if (!changes && (image ?? 0) <= 1) return 'already';
  if (!changes) next.image = 1;
  return { to: written(s, next), from: Object.keys(now).length > 0 ? written(s, now) : null, assumed: true };
};

export const noModalities: Strategy = ({ s }: Ask): Outcome => {
  const now = limits(s);
  if (countOf(now.image) === 0 && countOf(now.video) === 0) return 'already';
  return { to: written(s, { ...now, image: 0, video: 0 }), from: Object.keys(now).length > 0 ? written(s, now) : null };
};

/** The switch that leaves the towers out; it frees at least what limits of 0 free. */
export const textOnly: Strategy = ({ s, cause, change }: Ask): Outcome => {
  if (given(s, change.flag) === true) return 'already';
  const limits: FixChange = { where: 'vllm', flag: '--limit-mm-per-prompt', from: null, to: { image: 0, video: 0 } };
  return { to: true, from: null, saves: savedBy(s, [limits], cause.id) ?? null };
};

/** Processor arguments that bound an image, by family of models. */
const FAMILIES: { names: RegExp; key: string; value: number; smaller: (now: number) => number }[] = [
  // 2,073,600 = 1920 x 1080 pixels: 2,645 tokens instead of 16,384.
  {
    names: /qwen[-_.\d]*(?:vl|omni)|qvq|ui-?tars|glm-?4.*v|paddleocr|olmocr|dots\.?ocr/i,
    key: 'max_pixels',
    value: 2_073_600,
    smaller: now => Math.floor(now / 2),
  },
  {
    names: /internvl|nvlm|h2ovl|skywork.?r1v/i,
    key: 'max_dynamic_patch',
    value: 4,
    smaller: now => Math.max(1, Math.floor(now / 2)),
  },
  { names: /minicpm/i, key: 'max_slice_nums', value: 4, smaller: now => Math.max(1, Math.floor(now / 2)) },
];

const MULTIPLICATION = /"(\w{1,40})"\s{0,3}:\s{0,3}(\d{1,7}(?:\s{0,3}\*\s{0,3}\d{1,7}){1,3})/g;

/**
 * `{"max_pixels": 1920*1080}` is no JSON: the product is written out. Whatever else the text holds stays.
 */
export const repairProducts = (text: string): string =>
  text.replace(MULTIPLICATION, (_whole, key: string, product: string) => {
    const value = product.split('*').reduce((result, factor) => result * Number(factor.trim()), 1);
    return `"${key}": ${value}`;
  });

const parse = (text: string): Limits | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Limits) : null;
  } catch {
    return null;
  }
};

export const imageSize: Strategy = ({ s }: Ask): Outcome => {
  const set = given(s, 'mm-processor-kwargs') ?? (fact(s, 'mmProcessorKwargs') as ArgValue | undefined);
  if (typeof set === 'string') {
    const repaired = parse(repairProducts(set));
    if (repaired && parse(set) === null)
      return {
        to: repaired as ArgValue,
        from: set,
        basis: { en: 'a product is no JSON: the number is written out', zh: 'JSON 中不能写乘法：已改为具体数字' },
      };
  }
  const now = typeof set === 'string' ? (parse(set) ?? {}) : ((set ?? {}) as Limits);
  const name = `${fact(s, 'model') ?? ''} ${fact(s, 'architecture') ?? ''}`;
  const family = FAMILIES.find(one => one.names.test(name));
  if (!family) return 'unknown';
  const current = now[family.key];
  const to =
    typeof current === 'number' ? (current > family.value ? family.value : family.smaller(current)) : family.value;
  if (typeof current === 'number' && (to >= current || current <= family.value / 2)) return 'already';
  return { to: { ...now, [family.key]: to } as ArgValue, from: set ?? null, assumed: true };
};
