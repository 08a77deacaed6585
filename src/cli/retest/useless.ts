import type { Text } from '../../common/text.js';
import type { BrokenOff, NotStarted, RetestResult } from '../../retest/index.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** What somebody can do about a start that did not take place, or was broken off. */
const ADVICE: Record<NotStarted | Exclude<BrokenOff, 'foreign-output'>, Text> = {
  'program-not-found': {
    en: 'Start the doctor where vLLM is installed (activate its environment), give the full path of the program, or use --via manual.',
    zh: '请在安装了 vLLM 的环境中运行本工具（先激活环境），或给出程序的完整路径，或使用 --via manual。',
  },
  'port-in-use': {
    en: 'Stop that server, or give the launch command another --port.',
    zh: '请停止该服务，或为启动命令指定其他 --port。',
  },
  'not-startable': {
    en: 'Give the command line that starts vLLM itself, or use --via manual.',
    zh: '请给出直接启动 vLLM 的命令行，或使用 --via manual。',
  },
  'engine-unreachable': {
    en: 'Start its service, or run the doctor as a user who may use it.',
    zh: '请启动其服务，或以有权限的用户运行本工具。',
  },
  'host-unreachable': {
    en: 'It must let you in without a question (keys, no password): try ssh -o BatchMode=yes HOST true',
    zh: '该主机必须无需询问即可登录（使用密钥而非密码）：请试 ssh -o BatchMode=yes HOST true',
  },
  'via-unavailable': {
    en: 'Leave out --via, or use --via manual.',
    zh: '请去掉 --via，或使用 --via manual。',
  },
  'foreign-server': {
    en: 'Stop that server, or give the launch command another --port.',
    zh: '请停止该服务，或为启动命令指定其他 --port。',
  },
  'connection-lost': {
    en: 'Start the re-test again when the host is reached.',
    zh: '请在能连接该主机后重新复测。',
  },
};

/** The start as an error for people; null where it was a start of ours, or printed what belongs to another command. */
export const useless = ({ notStarted, brokenOff, why }: RetestResult): UserError | null => {
  const code = notStarted ?? (brokenOff === 'foreign-output' ? undefined : brokenOff);
  if (code === undefined || !why) return null;
  return new UserError(
    code === 'not-startable' ? EXIT.badInput : EXIT.unavailable,
    { en: `${why.en}.`, zh: `${why.zh}。` },
    ADVICE[code],
  );
};
