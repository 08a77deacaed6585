import { writeFileSync } from 'node:fs';
import { REPORT_FORMATS, renderAnswer } from '../../report/render.js';
import { answerIncident } from '../../session/answer.js';
import type { Answer } from '../../session/types.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { FACT_OPTIONS, factsFromOptions } from '../fact-options.js';
import { type InputText, openInputs, readAll } from '../input.js';
import { COMMON_OPTIONS, langOf, oneOf, parseOptions } from '../options.js';
import { warnOfUnknownGpu } from '../unknown-gpu.js';

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv,
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      ...FACT_OPTIONS,
      format: { type: 'string' },
      command: { type: 'string' },
      compose: { type: 'string' },
      output: { type: 'string', short: 'o' },
      summary: { type: 'boolean' },
      'show-secrets': { type: 'boolean' },
    },
  });
  const lang = langOf(values.lang);
  const format = oneOf('--format', values.format, REPORT_FORMATS, 'text');
  const { facts, modelConfig } = factsFromOptions(values);
  warnOfUnknownGpu(facts, lang);
  const inputs = await openInputs(positionals);
  if (inputs.length === 0)
    throw new UserError(
      EXIT.usage,
      { en: 'no log was given.', zh: '没有给出日志。' },
      {
        en: 'vllm-oom-doctor diagnose crash.log, or pipe it: docker logs NAME 2>&1 | vllm-oom-doctor diagnose -',
        zh: 'vllm-oom-doctor diagnose crash.log，或用管道：docker logs NAME 2>&1 | vllm-oom-doctor diagnose -',
      },
    );
  const command =
    values.compose === undefined ? (values.command ?? null) : await readAll((await openInputs([values.compose]))[0]!);

  const answerTo = (files: InputText[]) =>
    answerIncident({ files, command, userFacts: facts, probeFacts: {}, modelConfig });
  const separate = format === 'ndjson' || values.summary === true;
  const answers: Answer[] = [];
  let out = '';
  const write = (text: string) => {
    if (values.output === undefined) process.stdout.write(text);
    else out += text;
  };
  let bugs = 0;
  for (const files of separate ? inputs.map(input => [input]) : [inputs]) {
    try {
      const answer = await answerTo(files);
      if (answer.input.bytes === 0)
        throw new UserError(
          EXIT.badInput,
          { en: 'nothing was given: standard input is empty.', zh: '没有内容：标准输入为空。' },
          {
            en: 'Give a file, or pipe the text: docker logs NAME 2>&1 | vllm-oom-doctor diagnose -',
            zh: '请给出文件，或用管道：docker logs NAME 2>&1 | vllm-oom-doctor diagnose -',
          },
        );
      answers.push(answer);
      if (!values.summary)
        write(
          renderAnswer(answer, format, { lang, showSecrets: values['show-secrets'] ?? false, columns: columnsOf() }),
        );
    } catch (error) {
      // One file that trips us must not cost the answers to all the others.
      if (!separate || inputs.length === 1 || error instanceof UserError) throw error;
      bugs++;
      process.stderr.write(
        `vllm-oom-doctor: a bug of the doctor while reading "${files[0]?.name}": ${(error as Error).stack}\n`,
      );
    }
  }
  if (values.summary) write(summary(answers));
  if (values.output !== undefined) saveTo(values.output, out);
  if (bugs > 0) return EXIT.bug;
  return Math.max(...answers.map(answer => exitCodeOf(answer.verdict)));
};

/** @throws UserError 65 when the file cannot be written; the answer is not lost, it goes to standard output. */
const saveTo = (path: string, text: string): void => {
  try {
    writeFileSync(path, text);
  } catch (error) {
    process.stdout.write(text);
    throw new UserError(
      EXIT.badInput,
      {
        en: `"${path}" cannot be written (${(error as NodeJS.ErrnoException).code}); the answer stands above.`,
        zh: `无法写入 "${path}"（${(error as NodeJS.ErrnoException).code}）；结果见上文。`,
      },
      { en: 'Name another file with -o.', zh: '请用 -o 指定其他文件。' },
    );
  }
};

/** Width of the terminal, else 80; very wide lines are hard to read. */
const columnsOf = (): number => Math.min(process.stdout.columns || 80, 120);

/** Counts by cause, the most frequent first. */
const summary = (answers: Answer[]): string => {
  const counts = new Map<string, number>();
  for (const answer of answers) {
    const name = answer.verdict === 'oom' ? (answer.causes[0]?.id ?? 'oom') : answer.verdict;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    .map(([name, count]) => `${String(count).padStart(6)}  ${name}\n`)
    .join('');
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor diagnose [FILE...|-]   read, diagnose, print, exit

Examples
  vllm-oom-doctor diagnose crash.log
  docker logs vllm 2>&1 | vllm-oom-doctor diagnose -
  vllm-oom-doctor diagnose crash.log --command "vllm serve Qwen/Qwen3-8B --max-model-len 32768" --format json
  vllm-oom-doctor diagnose logs/*.log --format ndjson       one line a file
  vllm-oom-doctor diagnose logs/*.log --summary             counts by cause

Options
  --format text|markdown|html|json|ndjson
                                several files with ndjson: one answer a file; else they are one incident
  --lang en|zh-CN               default: from LANG
  --command "vllm serve ..."    the launch command, when it is not in the log; --compose FILE: a file that holds it
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json
  --summary                     counts by cause only
  -o FILE                       write there instead of standard output
  --show-secrets                print tokens in your own command as they are (masked by default)

Exit codes: 0 healthy, 1 a memory failure, 2 not established, 3 another failure or not vLLM's log, 64 usage, 65 bad input`,
    zh: `
vllm-oom-doctor diagnose [文件...|-]   读取、诊断、输出、退出

示例
  vllm-oom-doctor diagnose crash.log
  docker logs vllm 2>&1 | vllm-oom-doctor diagnose -
  vllm-oom-doctor diagnose crash.log --command "vllm serve Qwen/Qwen3-8B --max-model-len 32768" --format json
  vllm-oom-doctor diagnose logs/*.log --format ndjson       每个文件一行
  vllm-oom-doctor diagnose logs/*.log --summary             按根因计数

选项
  --format text|markdown|html|json|ndjson
                                ndjson 时多个文件各得一个结果；否则合为一次故障
  --lang en|zh-CN               默认按 LANG
  --command "vllm serve ..."    日志里没有启动命令时给出；--compose FILE：包含它的文件
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json
  --summary                     只输出按根因的计数
  -o FILE                       写入文件而不是标准输出
  --show-secrets                你自己命令中的密钥原样输出（默认隐去）

退出码：0 正常，1 内存或显存故障，2 根因未确定，3 其他故障或不是 vLLM 日志，64 用法错误，65 输入有误`,
  },
};
