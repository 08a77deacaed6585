import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/**
 * Splits the arguments of a command that takes a launch: ours stand before `--`, the launch after it. Without `--` there
 * may be one quoted text among ours.
 */
export const splitAtDashes = (argv: string[]): { ours: string[]; words: string[] } => {
  const at = argv.indexOf('--');
  return at < 0 ? { ours: argv, words: [] } : { ours: argv.slice(0, at), words: argv.slice(at + 1) };
};

/**
 * The launch as one text: a single word is a text in any shape as it is, several are the words of a command line.
 * @throws UserError 64 when there is none
 */
export const launchText = (words: string[], command: string): string => {
  const text = words.length === 1 ? words[0]! : words.map(quoted).join(' ');
  if (text.trim() !== '') return text;
  throw new UserError(
    EXIT.usage,
    { en: 'no launch command was given.', zh: '没有给出启动命令。' },
    {
      en: `Put it after --, e.g. vllm-oom-doctor ${command} -- vllm serve Qwen/Qwen3-8B --max-model-len 32768`,
      zh: `写在 -- 之后，例如：vllm-oom-doctor ${command} -- vllm serve Qwen/Qwen3-8B --max-model-len 32768`,
    },
  );
};
