import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Lang } from '../common/text.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/** Options that every command takes. */
export const COMMON_OPTIONS = { lang: { type: 'string' }, kb: { type: 'string' } } as const;

/** node:util's parseArgs with our kind of error. @throws UserError 64 */
export const parseOptions = <T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> => {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UserError(EXIT.usage, (error as Error).message, 'See --help.');
  }
};

/** The language asked for, else that of LANG / LC_ALL. @throws UserError 64 for one that we do not speak */
export const langOf = (asked: string | undefined): Lang => {
  if (asked === undefined) {
    const locale = process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || '';
    return /^zh/i.test(locale) ? 'zh-CN' : 'en';
  }
  if (/^en/i.test(asked)) return 'en';
  if (/^zh/i.test(asked)) return 'zh-CN';
  throw new UserError(EXIT.usage, `--lang ${asked}: not a language of the doctor.`, 'Choose en or zh-CN.');
};

/** `value` when it is one of `choices`. @throws UserError 64 */
export const oneOf = <T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
  fallback: T,
): T => {
  if (value === undefined) return fallback;
  if ((choices as readonly string[]).includes(value)) return value as T;
  throw new UserError(EXIT.usage, `${name} ${value}: not known.`, `Choose ${choices.join(', ')}.`);
};
