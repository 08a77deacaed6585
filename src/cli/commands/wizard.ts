import { newRecord, newRound, type SessionRecord } from '../../session/record.js';
import { newSessionId } from '../../session/save.js';
import type { Source } from '../../ui/services.js';
import type { WizardState } from '../../ui/state/wizard-state.js';
import { keyboardStream, mannerOf } from '../../ui/terminal.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { FACT_OPTIONS, factsFromOptions } from '../fact-options.js';
import { openFile, openInputs, openStdin, readAll } from '../input.js';
import { COMMON_OPTIONS, langOf, parseOptions } from '../options.js';
import { realServices } from '../wizard-services.js';

const OPTIONS = {
  ...COMMON_OPTIONS,
  ...FACT_OPTIONS,
  command: { type: 'string' },
  compose: { type: 'string' },
  plain: { type: 'boolean' },
  'show-secrets': { type: 'boolean' },
} as const;

/** Of a pipe so much is kept for reading it again when more is pasted. */
const KEPT_CHARS = 64 * 2 ** 20;

/** A file can be read again; what comes down a pipe is kept while it is not too large. */
const sourceOf = async (name: string): Promise<Source> => {
  if (name !== '-') {
    await openFile(name);
    return {
      name,
      async *open() {
        yield* (await openFile(name)).text;
      },
    };
  }
  let kept: string[] | null = [];
  let length = 0;
  let read = false;
  return {
    name: 'stdin',
    async *open() {
      if (!read) {
        read = true;
        for await (const chunk of openStdin().text) {
          length += chunk.length;
          if (length > KEPT_CHARS) kept = null;
          kept?.push(chunk);
          yield chunk;
        }
      } else if (kept) yield* kept;
      else
        throw new UserError(
          EXIT.badInput,
          {
            en: 'standard input was too large to be kept, so nothing can be added to it.',
            zh: '标准输入太大，未能保留，因此无法追加内容。',
          },
          {
            en: 'Save it to a file and start with all of them: vllm-oom-doctor FILE FILE',
            zh: '请保存为文件，并一次给出所有文件：vllm-oom-doctor FILE FILE',
          },
        );
    },
  };
};

/** What the wizard came to, as an exit code. */
export const exitCodeOfWizard = ({ record, answer }: WizardState): number => {
  const attempt = record.rounds.at(-1)?.attempt;
  if (attempt?.outcome === 'proven' && !attempt.simulated) return EXIT.ok;
  return answer && record.rounds.length > 0 ? exitCodeOf(answer.verdict) : EXIT.ok;
};

/** The wizard on the real machine, or on that of the demo of this name. */
export const runWizard = async (argv: string[], demo: string | null = null): Promise<number> => {
  const { values, positionals } = parseOptions({ args: argv, allowPositionals: true, options: OPTIONS });
  const lang = langOf(values.lang);
  if (values.kb !== undefined) (await import('../private-knowledge.js')).addPrivateKnowledge(values.kb);
  const piped = !process.stdin.isTTY;
  const keyboard = process.stdout.isTTY ? keyboardStream() : null;
  const manner = mannerOf(
    process.env,
    { input: keyboard !== null, output: process.stdout.isTTY === true },
    values.plain,
  );
  if (manner === 'none' || keyboard === null) {
    // Nobody to ask: the same answer as text, and the exit code.
    const { command } = await import('./diagnose.js');
    return command.run(argv.filter(word => word !== '--plain'));
  }
  const { facts, modelConfig } = factsFromOptions(values);
  const names = positionals.length === 0 && piped ? ['-'] : positionals;
  const sources = await Promise.all(names.map(sourceOf));
  const command =
    values.compose === undefined ? (values.command ?? null) : await readAll((await openInputs([values.compose]))[0]!);
  const record: SessionRecord = {
    ...newRecord(newSessionId(new Date()), new Date()),
    userFacts: facts,
    modelConfig,
    demo,
    ...(command !== null && sources.length === 0
      ? { question: 'will-it-fit' as const, rounds: [newRound('', null, command)] }
      : {}),
  };
  const { startWizard } = await import('../../ui/start.js');
  const state = await startWizard({
    record,
    services: realServices(),
    lang,
    manner,
    keyboard,
    sources,
    command: sources.length > 0 ? command : null,
  });
  return exitCodeOfWizard(state);
};

export const command: Command = {
  run: argv => runWizard(argv),
  help: {
    en: `
vllm-oom-doctor [LOG...]   the wizard: paste a crash log, get the cause, the fix and the proof

Examples
  vllm-oom-doctor                                      then paste the log, or drop a file
  vllm-oom-doctor crash.log
  docker logs vllm 2>&1 | vllm-oom-doctor
  kubectl logs POD -p | vllm-oom-doctor
  vllm-oom-doctor --command "vllm serve Qwen/Qwen3-8B --max-model-len 32768"     will it fit?
  vllm-oom-doctor demo                                 the whole wizard on a simulated GPU
  vllm-oom-doctor resume                               go on where you left

Without a terminal it prints the answer as text and exits, like diagnose.

Commands      diagnose  plan  launch  retest  run  probe  explain  resume  sessions  demo  kb
              vllm-oom-doctor COMMAND --help

Options
  --lang en|zh-CN               default: from LANG (Ctrl+T switches)
  --command "vllm serve ..."    the launch command, when it is not in the log; --compose FILE: a file that holds it
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json
  --plain                       plain prompts one after the other, for screen readers (also with TERM=dumb)
  --version

Exit codes: 0 healthy or a fix was proven, 1 a memory failure, 2 not established, 3 another failure or not vLLM's log`,
    zh: `
vllm-oom-doctor [日志...]   向导：粘贴崩溃日志，得到根因、修复和验证

示例
  vllm-oom-doctor                                      然后粘贴日志，或拖入文件
  vllm-oom-doctor crash.log
  docker logs vllm 2>&1 | vllm-oom-doctor
  kubectl logs POD -p | vllm-oom-doctor
  vllm-oom-doctor --command "vllm serve Qwen/Qwen3-8B --max-model-len 32768"     放得下吗？
  vllm-oom-doctor demo                                 在模拟 GPU 上体验整个向导
  vllm-oom-doctor resume                               从离开的地方继续

没有终端时以文本输出结果并退出，与 diagnose 相同。

命令          diagnose  plan  launch  retest  run  probe  explain  resume  sessions  demo  kb
              vllm-oom-doctor 命令 --help

选项
  --lang en|zh-CN               默认按 LANG（Ctrl+T 切换）
  --command "vllm serve ..."    日志里没有启动命令时给出；--compose FILE：包含它的文件
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json
  --plain                       逐行的纯文本提问，适合读屏软件（TERM=dumb 时自动启用）
  --version

退出码：0 正常或修复已验证，1 内存或显存故障，2 根因未确定，3 其他故障或不是 vLLM 日志`,
  },
};
