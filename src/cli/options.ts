import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fill, type Lang, type Text } from '../common/text.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/** Options that every command takes. */
export const COMMON_OPTIONS = { lang: { type: 'string' }, kb: { type: 'string' } } as const;

/** What is wrong with the words, by the code of Node's error; it quotes the word at fault first. */
const PROBLEMS: Record<string, Text> = {
  ERR_PARSE_ARGS_UNKNOWN_OPTION: { en: '{word}: not an option of this command.', zh: '{word}：该命令没有这个选项。' },
  ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: { en: '"{word}": not expected here.', zh: '"{word}"：此处不应有该参数。' },
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: {
    en: '{word}: its value is missing, or it takes none.',
    zh: '{word}：缺少值，或者该选项不接受值。',
  },
};

const SEE_HELP: Text = { en: 'Add --help to see what it takes.', zh: '加上 --help 查看用法。' };

/** node:util's parseArgs with our kind of error. @throws UserError 64 */
export const parseOptions = <T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> => {
  try {
    return parseArgs(config);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const word = /'([^']{1,200})'/.exec(message)?.[1]?.replace(/ <value>$/, '');
    const problem = PROBLEMS[code];
    throw new UserError(EXIT.usage, problem && word ? fill(problem, { word }) : message, SEE_HELP);
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
  throw new UserError(
    EXIT.usage,
    { en: `--lang ${asked}: not a language of the doctor.`, zh: `--lang ${asked}：不支持该语言。` },
    { en: 'Choose en or zh-CN.', zh: '可选：en、zh-CN。' },
  );
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
  throw new UserError(
    EXIT.usage,
    { en: `${name} ${value}: not known.`, zh: `${name} ${value}：未知的取值。` },
    { en: `Choose ${choices.join(', ')}.`, zh: `可选：${choices.join('、')}。` },
  );
};
