import type { Text } from '../../common/text.js';
import { resumed } from '../../session/record.js';
import { openStore, SessionError } from '../../session/store.js';
import { keyboardStream, mannerOf } from '../../ui/terminal.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { COMMON_OPTIONS, langOf, parseOptions } from '../options.js';
import { realServices } from '../wizard-services.js';
import { exitCodeOfWizard } from './wizard.js';

export const SEE_LIST: Text = { en: 'See vllm-oom-doctor sessions list.', zh: '见 vllm-oom-doctor sessions list。' };

/** What went wrong with a session's name, as an error for people. */
export const sessionProblem = (error: unknown, asked: string | undefined): unknown => {
  if (!(error instanceof SessionError)) return error;
  const names = error.matches.join(', ');
  if (error.code === 'ambiguous')
    return new UserError(
      EXIT.usage,
      { en: `several sessions begin with "${asked}".`, zh: `有多个会话以 "${asked}" 开头。` },
      { en: `Name one of ${names}.`, zh: `请指定其中一个：${names}。` },
    );
  if (error.code === 'damaged')
    return new UserError(
      EXIT.badInput,
      {
        en: `session "${asked}" cannot be read: damaged, or written by another version.`,
        zh: `无法读取会话 "${asked}"：已损坏，或由其他版本写入。`,
      },
      {
        en: `Delete it: vllm-oom-doctor sessions delete ${asked}`,
        zh: `可删除：vllm-oom-doctor sessions delete ${asked}`,
      },
    );
  return new UserError(
    EXIT.badInput,
    asked === undefined
      ? { en: 'there is no session yet.', zh: '还没有会话。' }
      : {
          en: `there is no session "${asked}".${names && ` Known: ${names}.`}`,
          zh: `没有会话 "${asked}"。${names && `已有：${names}。`}`,
        },
    asked === undefined ? { en: 'Start one: vllm-oom-doctor', zh: '开始一个：vllm-oom-doctor' } : SEE_LIST,
  );
};

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv,
    allowPositionals: true,
    options: { ...COMMON_OPTIONS, plain: { type: 'boolean' } },
  });
  const lang = langOf(values.lang);
  if (values.kb !== undefined) (await import('../private-knowledge.js')).addPrivateKnowledge(values.kb);
  const store = openStore();
  const record = (() => {
    try {
      return store.load(positionals[0]);
    } catch (error) {
      throw sessionProblem(error, positionals[0]);
    }
  })();
  const keyboard = process.stdout.isTTY ? keyboardStream() : null;
  const manner = mannerOf(
    process.env,
    { input: keyboard !== null, output: process.stdout.isTTY === true },
    values.plain,
  );
  if (manner === 'none' || keyboard === null) {
    const { command } = await import('./sessions.js');
    return command.run(['show', record.id, '--lang', lang]);
  }
  const { startWizard } = await import('../../ui/start.js');
  // A demo goes on where it was played: on its simulated machine.
  const machine = record.demo === null ? null : (await import('../demo-machine.js')).reopenDemo(record.demo);
  Object.assign(process.env, machine?.env);
  try {
    const state = await startWizard({
      record: resumed(record),
      services: realServices(),
      lang,
      manner,
      keyboard,
      sources: [],
      command: null,
    });
    const code = exitCodeOfWizard(state);
    return machine && code < EXIT.usage ? EXIT.ok : code;
  } finally {
    machine?.dispose();
  }
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor resume [SESSION]   go on where you left, on the same screen

Examples
  vllm-oom-doctor resume                     the last session
  vllm-oom-doctor resume 20261121-02         the beginning of its name is enough
  vllm-oom-doctor sessions list              their names

Sessions are written after every step, without secrets: a command with a token in it has to be entered again before a
re-test. Without a terminal the session's answer is printed as text.`,
    zh: `
vllm-oom-doctor resume [会话]   从离开的地方、同一屏继续

示例
  vllm-oom-doctor resume                     最近的会话
  vllm-oom-doctor resume 20261121-02         名称的开头部分即可
  vllm-oom-doctor sessions list              会话名称

每一步之后都会保存会话，但不保存密钥：命令中有密钥时，复测前需要重新填写。没有终端时以文本输出该会话的结果。`,
  },
};
