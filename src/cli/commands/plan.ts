import { kvBytesPerToken16bit, textParams } from '../../budget/model/shape.js';
import { type SettingChange, type Solver, solver } from '../../budget/solve.js';
import type { Budget } from '../../budget/types.js';
import { maskDeep } from '../../common/mask-deep.js';
import { localise } from '../../common/text.js';
import { GIB, round } from '../../common/units.js';
import { factsFromLaunch } from '../../facts/from-launch.js';
import { mergeFacts } from '../../facts/merge.js';
import type { Facts } from '../../facts/types.js';
import { readLaunch } from '../../launch/index.js';
import type { ArgValue, Launch } from '../../launch/types.js';
import type { ProposedFix } from '../../plan/types.js';
import { type Because, withDefaults } from '../../session/fit.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { FACT_OPTIONS, factsFromOptions } from '../fact-options.js';
import { openInputs, readAll } from '../input.js';
import { COMMON_OPTIONS, langOf, oneOf, parseOptions } from '../options.js';
import { warnOfUnknownGpu } from '../unknown-gpu.js';
import { planText } from './plan-text.js';

const FORMATS = ['text', 'json'] as const;

/** What `plan` answers: the contract's JSON, still in both languages. */
export interface PlanAnswer {
  schemaVersion: 1;
  facts: Facts;
  fits: boolean | null;
  because: Because;
  budget: Budget | null;
  fixes: ProposedFix[];
  maxModelLenThatFits: number | null;
  maxNumSeqsThatFits: number | null;
  smallestTensorParallel: number | null;
  model: { name: string; params: number; kvBytesPerToken16bit: number | null; layers: number } | null;
  whatIf: { flag: string; value: ArgValue; fits: boolean | null; budget: Budget | null }[];
  /** Facts that would narrow the range, most useful first. */
  missing: string[];
}

/** Words after `--` as one command line again; one word with blanks is a command already. */
const joinWords = (words: string[]): string => {
  if (words.length === 1) return words[0]!;
  return words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`)).join(' ');
};

const launchText = async (
  words: string[],
  command: string | undefined,
  compose: string | undefined,
): Promise<string> => {
  if (words.length > 0) return joinWords(words);
  if (command !== undefined) return command;
  const inputs = await openInputs(compose === undefined ? [] : [compose]);
  if (inputs.length === 0)
    throw new UserError(
      EXIT.usage,
      { en: 'no launch command was given.', zh: '没有给出启动命令。' },
      {
        en: 'Write it after two dashes: vllm-oom-doctor plan --gpu "1x H100 80GB" --vllm 0.19.0 -- vllm serve MODEL',
        zh: '写在两个短横之后：vllm-oom-doctor plan --gpu "1x H100 80GB" --vllm 0.19.0 -- vllm serve MODEL',
      },
    );
  return readAll(inputs[0]!);
};

/** `max-num-seqs=64,128` is three questions about one flag; several flags: repeat the option. @throws UserError 64 */
const whatIfs = (texts: string[]): { flag: string; values: ArgValue[] }[] =>
  texts.map(text => {
    const match = /^-{0,2}([a-z][\w-]{1,60})=(.+)$/i.exec(text);
    if (!match)
      throw new UserError(
        EXIT.usage,
        { en: `--what-if "${text}" names no flag with values.`, zh: `--what-if "${text}" 没有给出参数和值。` },
        {
          en: 'Write it as --what-if max-num-seqs=64,128,256',
          zh: '写作 --what-if max-num-seqs=64,128,256',
        },
      );
    const values = match[2]!.split(',').map(value => value.trim());
    const flag = match[1]!.replace(/_/g, '-');
    return { flag, values: flag === 'vllm' ? values : values.map(typed) };
  });

const typed = (value: string): ArgValue => {
  if (/^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
  return value === 'true' ? true : value === 'false' ? false : value;
};

/** The model's files when they lie on this machine: their config, and the size of the checkpoint as a fact. */
const localModel = async (launch: Launch): Promise<{ config: unknown; facts: Facts } | null> => {
  if (!launch.model || /[$<{]/.test(launch.model)) return null;
  const { readModelFiles } = await import('../../probe/model-files.js');
  const files = await readModelFiles(launch.model);
  if (!files) return null;
  const size = files.checkpointBytes;
  return { config: files.config, facts: size === null ? {} : { checkpointGiB: { value: size / GIB, from: 'probe' } } };
};

/** Fixes for a start that does not fit; the planner is loaded only then. */
const fixesFor = async (facts: Facts, solve: Solver, launch: Launch, modelConfig: unknown): Promise<ProposedFix[]> => {
  if (solve.verdict.fits !== false) return [];
  const { foreseen, planAgainst } = await import('../../session/foreseen.js');
  const ahead = foreseen(solve, []);
  return ahead ? planAgainst(ahead, { facts, solve, launch, modelConfig }).fixes : [];
};

/** More ranks than there are cards: vLLM does not even begin. */
const tooFewCards = (facts: Facts, solve: Solver): boolean => {
  const settings = solve.base.predictions[0]?.settings;
  const cards = facts.gpuCount?.value;
  return cards !== undefined && settings !== undefined && settings.tensorParallel * settings.pipelineParallel > cards;
};

/** Rounds every amount for printing: no 15.629999. */
const rounded = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isInteger(value) ? value : round(value, 4);
  if (Array.isArray(value)) return value.map(rounded);
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, rounded(v)]));
  return value;
};

const EXIT_OF = new Map<boolean | null, number>([
  [true, EXIT.ok],
  [false, EXIT.memoryFailure],
  [null, EXIT.notEstablished],
]);

/** The answer to a launch that has not happened yet. */
export const planLaunch = async (
  launch: Launch,
  userFacts: Facts,
  modelConfig: unknown,
  questions: { flag: string; values: ArgValue[] }[],
): Promise<PlanAnswer> => {
  const local = modelConfig === null ? await localModel(launch) : null;
  const facts = [local?.facts ?? {}, factsFromLaunch(launch), userFacts].reduce(mergeFacts, {} as Facts);
  const config = modelConfig ?? local?.config ?? null;
  const solve = solver({ facts, launch, modelConfig: config });
  const { base, verdict } = solve;
  const { shape } = base.subject;
  const ask = (change: SettingChange) => ({
    flag: change.flag === 'vllm' ? 'vllm' : `--${change.flag}`,
    value: change.to as ArgValue,
    fits: solve.fitsWith([change]),
    budget: solve.budgetWith([change]),
  });
  return {
    schemaVersion: 1,
    facts: withDefaults(facts, solve),
    ...(tooFewCards(facts, solve)
      ? { fits: false, because: 'gpus' }
      : { fits: verdict.fits, because: verdict.because }),
    budget: base.budget,
    fixes: await fixesFor(facts, solve, launch, config),
    maxModelLenThatFits: base.budget?.maxModelLenThatFits ?? null,
    maxNumSeqsThatFits: solve.largestMaxNumSeqs(),
    smallestTensorParallel: solve.smallestTensorParallel(),
    model: shape && {
      name: base.subject.modelName ?? shape.architecture ?? shape.modelType,
      params: Math.round(textParams(shape)),
      kvBytesPerToken16bit: kvBytesPerToken16bit(shape),
      layers: shape.layers.length,
    },
    whatIf: questions.flatMap(({ flag, values }) => values.map(to => ask({ flag, to }))),
    missing: base.missing,
  };
};

const run = async (argv: string[]): Promise<number> => {
  const dashes = argv.indexOf('--');
  const { values, positionals } = parseOptions({
    args: dashes < 0 ? argv : argv.slice(0, dashes),
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      ...FACT_OPTIONS,
      format: { type: 'string' },
      command: { type: 'string' },
      compose: { type: 'string' },
      'what-if': { type: 'string', multiple: true },
      'show-secrets': { type: 'boolean' },
    },
  });
  const lang = langOf(values.lang);
  const format = oneOf('--format', values.format, FORMATS, 'text');
  const questions = whatIfs(values['what-if'] ?? []);
  const { facts, modelConfig } = factsFromOptions(values);
  warnOfUnknownGpu(facts, lang);
  const words = dashes < 0 ? [] : argv.slice(dashes + 1);
  const text = await launchText(words, values.command, values.compose ?? positionals[0]);
  const launch = readLaunch(text);
  if (!launch)
    throw new UserError(
      EXIT.badInput,
      { en: 'no launch of vLLM was found in the text.', zh: '文本中没有找到 vLLM 的启动命令。' },
      {
        en: 'Write your own command after two dashes: vllm-oom-doctor plan --gpu "1x H100 80GB" -- vllm serve MODEL',
        zh: '请在两个短横之后写出你的命令：vllm-oom-doctor plan --gpu "1x H100 80GB" -- vllm serve MODEL',
      },
    );
  const answer = await planLaunch(launch, facts, modelConfig, questions);
  if (format === 'json') {
    const plain = rounded(localise(answer, lang));
    process.stdout.write(`${JSON.stringify(values['show-secrets'] ? plain : maskDeep(plain), null, 2)}\n`);
  } else process.stdout.write(planText(answer, lang, process.stdout.columns ?? 80));
  return EXIT_OF.get(answer.fits)!;
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor plan [options] -- <launch command>   would it fit? answered without a GPU, without vLLM, without a log

Examples
  vllm-oom-doctor plan --gpu "1x H100 80GB" --vllm 0.19.0 -- vllm serve Qwen/Qwen3-14B --max-model-len 32768
  vllm-oom-doctor plan --gpu "2x L40S" --vllm 0.10.2 -- docker run --gpus all vllm/vllm-openai:v0.10.2 --model Qwen/Qwen2.5-32B-Instruct -tp 2
  vllm-oom-doctor plan --gpu "RTX 4090" --what-if max-num-seqs=16,64,256 -- vllm serve Qwen/Qwen3-8B-AWQ
  vllm-oom-doctor plan --gpu-total-gib 79.25 --model-config ./config.json --format json -- vllm serve ./my-model

Tells
  whether it fits; where every GiB goes on one GPU, each with its range; tokens and concurrency of the KV cache; the largest
  --max-model-len and --max-num-seqs; the smallest --tensor-parallel-size; which unknown fact would narrow the range most

Options
  --vllm VERSION --gpu "2x A100 80GB" --gpu-total-gib 79.25      what decides the defaults; unknown: the range holds all
  --model-config config.json    a model that the doctor does not know; local folders and the Hugging Face cache are read anyway
  --what-if flag=v1,v2,v3       the same start with another value; may be repeated; vllm=0.16.0,0.17.0 compares releases
  --command "vllm serve ..."  --compose FILE                     instead of the words after --
  --format text|json  --lang en|zh-CN  --show-secrets

Exit codes: 0 fits, 1 does not fit, 2 cannot be told, 64 usage, 65 bad input`,
    zh: `
vllm-oom-doctor plan [选项] -- <启动命令>   放得下吗？无需 GPU、vLLM 或日志即可回答

示例
  vllm-oom-doctor plan --gpu "1x H100 80GB" --vllm 0.19.0 -- vllm serve Qwen/Qwen3-14B --max-model-len 32768
  vllm-oom-doctor plan --gpu "2x L40S" --vllm 0.10.2 -- docker run --gpus all vllm/vllm-openai:v0.10.2 --model Qwen/Qwen2.5-32B-Instruct -tp 2
  vllm-oom-doctor plan --gpu "RTX 4090" --what-if max-num-seqs=16,64,256 -- vllm serve Qwen/Qwen3-8B-AWQ
  vllm-oom-doctor plan --gpu-total-gib 79.25 --model-config ./config.json --format json -- vllm serve ./my-model

回答
  是否放得下；单张 GPU 上每个 GiB 的去向及其范围；KV 缓存的 token 数与并发；可用的最大 --max-model-len 和 --max-num-seqs；
  最小的 --tensor-parallel-size；哪个未知信息最能缩小范围

选项
  --vllm VERSION --gpu "2x A100 80GB" --gpu-total-gib 79.25      决定默认值；未知时范围包含所有可能
  --model-config config.json    本工具不认识的模型；本地目录和 Hugging Face 缓存会自动读取
  --what-if flag=v1,v2,v3       换一个值再算；可重复；vllm=0.16.0,0.17.0 比较版本
  --command "vllm serve ..."  --compose FILE                     代替 -- 之后的内容
  --format text|json  --lang en|zh-CN  --show-secrets

退出码：0 放得下，1 放不下，2 无法判断，64 用法错误，65 输入有误`,
  },
};
