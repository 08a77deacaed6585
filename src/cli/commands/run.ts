import { parse } from 'shell-quote';
import { maskSecrets } from '../../common/mask.js';
import { type Lang, say, type Text } from '../../common/text.js';
import type { Facts } from '../../facts/types.js';
import { readLaunch, toCommand } from '../../launch/index.js';
import { renderAnswer } from '../../report/render.js';
import { contradiction } from '../../retest/contradiction.js';
import { type Attempted, nextAttempt } from '../../retest/next-attempt.js';
import { reasons } from '../../retest/words.js';
import { runWrapped } from '../../retest/wrap.js';
import { answerIncident } from '../../session/answer.js';
import type { Answer } from '../../session/types.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { launchText, splitAtDashes } from '../launch-words.js';
import { COMMON_OPTIONS, langOf, parseOptions } from '../options.js';
import { words as retestWords } from '../retest/words.js';
import { RunRecord } from '../run-record.js';

interface Program {
  file: string;
  args: string[];
  env: Record<string, string>;
}

const run = async (argv: string[]): Promise<number> => {
  const { ours, words } = splitAtDashes(argv);
  const { values, positionals } = parseOptions({
    args: ours,
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      retry: { type: 'string' },
      save: { type: 'string' },
      'show-secrets': { type: 'boolean' },
    },
  });
  const lang = langOf(values.lang);
  const retries = values.retry === undefined ? 0 : Number(values.retry);
  if (!Number.isInteger(retries) || retries < 0)
    throw new UserError(
      EXIT.usage,
      { en: `--retry ${values.retry}: not a count.`, zh: `--retry ${values.retry}：不是次数。` },
      { en: 'E.g. --retry 2', zh: '例如：--retry 2' },
    );
  if (positionals.length > 0 || words.length === 0)
    throw new UserError(
      EXIT.usage,
      { en: 'run needs the program after --.', zh: 'run 需要在 -- 之后给出程序。' },
      {
        en: 'E.g. vllm-oom-doctor run -- vllm serve Qwen/Qwen3-8B',
        zh: '例如：vllm-oom-doctor run -- vllm serve Qwen/Qwen3-8B',
      },
    );
  let command = launchText(words, 'run');
  let program: Program = { file: words[0]!, args: words.slice(1), env: {} };
  const tried = new Set<string>();
  const tell = (text: Text) => process.stderr.write(`vllm-oom-doctor: ${say(text, lang)}\n`);

  for (let attempt = 1; ; attempt++) {
    tried.add(command);
    const record = values.save === undefined ? null : new RunRecord(values.save, new Date(), attempt);
    const end = await runWrapped(program.file, program.args, {
      env: { ...process.env, ...program.env },
      onChunk: chunk => record?.add(chunk),
    });
    if (end.code === null) {
      await record?.close(null);
      throw new UserError(
        EXIT.unavailable,
        {
          en: `"${program.file}" cannot be started (${end.error}).`,
          zh: `无法启动 "${program.file}"（${end.error}）。`,
        },
        {
          en: 'Check its name and PATH: run starts it without a shell.',
          zh: '请检查名称和 PATH：run 不经过 shell 启动程序。',
        },
      );
    }
    const answer = end.asked ? null : await diagnose(end.output, command, end.code);
    const died = answer?.verdict === 'oom' ? answer : null;
    const report = died && reportOf(died, lang, values['show-secrets'] ?? false);
    // The folder may be gone or the disk full: the server's own code is what counts.
    const files = await record?.close(report).catch(() => null);
    if (report) process.stderr.write(`\n${report.text}`);
    if (files) tell(said.saved(files));
    else if (record) tell(said.notSaved);
    if (!died) return end.code;
    if (attempt > retries) return end.code;
    const found = contradiction(command, died.facts);
    if (found) {
      tell(retestWords.brokenOff(reasons.foreignOutput(found)));
      return end.code;
    }
    const next = died.launch && nextAttempt({ ...died, launchText: command }, tried);
    const again = next && programOf(next.command);
    if (!next || !again) {
      tell(said.nothingToTry());
      return end.code;
    }
    command = next.command;
    program = again;
    tell(said.again(attempt, retries, next));
  }
};

/** Diagnosis of what it printed; the exit code counts as seen on this machine. */
const diagnose = (output: string, command: string, code: number): Promise<Answer> => {
  const probeFacts: Facts = code === 0 ? {} : { exitCode: { value: code, from: 'probe' } };
  return answerIncident({
    files: [{ name: 'run', text: [output] }],
    command,
    userFacts: {},
    probeFacts,
    modelConfig: null,
  });
};

const reportOf = (answer: Answer, lang: Lang, showSecrets: boolean) => ({
  text: renderAnswer(answer, 'text', { lang, showSecrets }),
  json: renderAnswer(answer, 'json', { lang }),
});

/** The changed command as a program; where the launch room starts no such shape, its plain words. */
const programOf = (command: string): Program | null => {
  const launch = readLaunch(command);
  const start = launch && toCommand(launch);
  if (start) return start;
  const words = parse(command);
  if (words.length === 0 || words.some(word => typeof word !== 'string')) return null;
  const [file, ...args] = words as string[];
  return { file: file!, args, env: {} };
};

const said = {
  again: (attempt: number, retries: number, next: Attempted): Text => {
    const ids = next.fixes.map(fix => fix.id).join(', ');
    const command = maskSecrets(next.command);
    return {
      en: `starting again (${attempt} of ${retries}) with ${ids} (not yet seen to be enough):\n  ${command}`,
      zh: `以 ${ids} 重新启动（第 ${attempt} 次，共 ${retries} 次），尚未验证：\n  ${command}`,
    };
  },
  nothingToTry: (): Text => ({
    en: 'not started again: no untried fix changes this command.',
    zh: '不再重启：没有尚未尝试且能修改此命令的修复方案。',
  }),
  notSaved: { en: 'the output could not be saved.', zh: '输出未能保存。' } as Text,
  saved: (files: string[]): Text => ({ en: `saved ${files.join(', ')}`, zh: `已保存 ${files.join(', ')}` }),
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor run [--retry N] [--save DIR] -- <launch command>   run it as it is; when it dies for memory, say why

Examples
  vllm-oom-doctor run -- vllm serve Qwen/Qwen3-8B --max-model-len 32768
  vllm-oom-doctor run --retry 2 -- vllm serve Qwen/Qwen2.5-VL-7B-Instruct       with the advised fix, up to twice
  vllm-oom-doctor run --save /var/log/vllm -- python3 -m vllm.entrypoints.openai.api_server --model X

The program has this terminal's streams byte for byte, gets the signals, and its exit code is ours (128 + n for a signal).
The diagnosis goes to standard error, only when it died for memory and nobody had asked it to end.

Options
  --retry N      change the command by the advised fix and start again, at most N times
  --save DIR     keep the output (tokens masked) and the diagnosis there
  --lang en|zh-CN   --show-secrets`,
    zh: `
vllm-oom-doctor run [--retry N] [--save DIR] -- <启动命令>   原样运行；因内存或显存崩溃时说明原因

示例
  vllm-oom-doctor run -- vllm serve Qwen/Qwen3-8B --max-model-len 32768
  vllm-oom-doctor run --retry 2 -- vllm serve Qwen/Qwen2.5-VL-7B-Instruct       应用建议的修复，最多两次
  vllm-oom-doctor run --save /var/log/vllm -- python3 -m vllm.entrypoints.openai.api_server --model X

程序逐字节使用本终端的输入输出，能收到信号，退出码与它相同（被信号终止时为 128 + n）。
只有在它因内存或显存崩溃、且没有人要求它结束时，才把诊断写到标准错误。

选项
  --retry N      按建议的修复修改命令后重启，最多 N 次
  --save DIR     在该目录保存输出（隐去密钥）和诊断
  --lang en|zh-CN   --show-secrets`,
  },
};
