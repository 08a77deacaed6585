import { type Lang, say } from '../../common/text.js';
import { factsFromLaunch } from '../../facts/from-launch.js';
import { checkLaunch } from '../../launch/checks.js';
import type { ArgValue, Launch, LaunchChange, LaunchNote } from '../../launch/index.js';
import { editLaunch, readLaunch } from '../../launch/index.js';
import { upgradeLaunch } from '../../launch/upgrade.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { openInputs, readAll } from '../input.js';
import { COMMON_OPTIONS, langOf, oneOf, parseOptions } from '../options.js';

const FORMATS = ['text', 'json'] as const;

/** `8192`, `true`, `{"image": 1}` as what they are, anything else as a string. */
const parseValue = (text: string): ArgValue => {
  try {
    const value = JSON.parse(text) as ArgValue | null;
    if (value !== null) return value;
  } catch {
    // a plain word
  }
  return text;
};

/** Where a name belongs that was given without saying so: CAPITALS are variables, docker's words the container's. */
const placeOf = (flag: string): LaunchChange['where'] => {
  if (/^[A-Z][A-Z0-9_]*$/.test(flag)) return 'env';
  return /^(?:--)?(?:image|gpus|shm-size|ipc)$/.test(flag) ? 'container' : 'vllm';
};

/** @throws UserError 64 for a `--set` without a value */
const changesOf = (set: string[], remove: string[]): LaunchChange[] => [
  ...set.map((item): LaunchChange => {
    const at = item.indexOf('=');
    if (at <= 0)
      throw new UserError(
        EXIT.usage,
        { en: `--set "${item}" has no value.`, zh: `--set "${item}" 没有值。` },
        {
          en: 'Write --set flag=value, e.g. --set max-model-len=8192',
          zh: '写作 --set flag=value，例如：--set max-model-len=8192',
        },
      );
    const flag = item.slice(0, at);
    return { where: placeOf(flag), flag, to: parseValue(item.slice(at + 1)) };
  }),
  ...remove.map((flag): LaunchChange => ({ where: placeOf(flag), flag, to: null })),
];

/** The release that the launch was written for, as far as its image's tag tells. */
const releaseOf = (launch: Launch): string | null => factsFromLaunch(launch).vllmVersion?.value ?? null;

/** A launch without image and without a release asked for is checked against the vLLM that is installed here. */
const checksOf = async (launch: Launch, release: string | null, lang: Lang) => {
  if (release !== null || launch.image !== null) return checkLaunch(launch, release, { lang });
  const { findInstalledVllm } = await import('../../probe/installed-vllm.js');
  const installed = findInstalledVllm();
  return checkLaunch(launch, installed?.version ?? null, { lang, installedFlags: installed?.flags });
};

/** What the other release needs changed. @throws UserError 64 for a version that is no release of vLLM */
const upgradeFor = (launch: Launch, version: string | undefined, lang: Lang) => {
  if (version === undefined) return { changes: [], notes: [] };
  const upgrade = upgradeLaunch(launch, version, { from: releaseOf(launch), lang });
  if (!upgrade)
    throw new UserError(
      EXIT.usage,
      { en: `--for ${version}: no known release of vLLM.`, zh: `--for ${version}：未知的 vLLM 版本。` },
      { en: 'Write it as in --for 0.31.0', zh: '写作 --for 0.31.0' },
    );
  return upgrade;
};

const noteJson = ({ code, message, line, column, release }: LaunchNote) => ({ code, message, line, column, release });

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv,
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      format: { type: 'string' },
      set: { type: 'string', multiple: true },
      remove: { type: 'string', multiple: true },
      for: { type: 'string' },
    },
  });
  const lang = langOf(values.lang);
  const format = oneOf('--format', values.format, FORMATS, 'text');
  const changes = changesOf(values.set ?? [], values.remove ?? []);
  const inputs = await openInputs(positionals);
  if (inputs.length !== 1)
    throw new UserError(
      EXIT.usage,
      inputs.length
        ? { en: 'one launch at a time.', zh: '一次只能处理一个启动命令。' }
        : { en: 'no launch was given.', zh: '没有给出启动命令。' },
      {
        en: 'vllm-oom-doctor launch start.sh, or pipe it: … | vllm-oom-doctor launch -',
        zh: 'vllm-oom-doctor launch start.sh，或用管道：… | vllm-oom-doctor launch -',
      },
    );
  const text = await readAll(inputs[0]!);
  const launch = readLaunch(text);
  if (!launch)
    throw new UserError(
      EXIT.badInput,
      { en: 'no launch of vLLM was found in the text.', zh: '文本中没有找到 vLLM 的启动命令。' },
      {
        en: 'Give a command, script or file that starts vLLM: vllm serve …, docker run …, compose.yaml, a manifest, LLM(…).',
        zh: '请给出启动 vLLM 的命令、脚本或文件：vllm serve …、docker run …、compose.yaml、清单文件、LLM(…)。',
      },
    );
  const upgrade = upgradeFor(launch, values.for, lang);
  const { text: edited, notApplied } = editLaunch(text, [...upgrade.changes, ...changes]);
  // What is handed back is what is judged; only with --for it is what the user has that the other release objects to.
  const result = edited === text ? launch : (readLaunch(edited) ?? launch);
  const checks = await checksOf(values.for === undefined ? result : launch, values.for ?? releaseOf(launch), lang);
  if (format === 'json') {
    const { shape, program, model, args, env, image, gpus, shmSize, port, problems } = result;
    const answer = {
      shape,
      program,
      model,
      args,
      env,
      image,
      gpus,
      shmSize,
      port,
      problems: problems.map(noteJson),
      checks: checks.map(noteJson),
      ...(values.for === undefined ? {} : { notes: upgrade.notes.map(noteJson) }),
      ...(notApplied.length ? { notApplied } : {}),
      text: edited,
    };
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  } else {
    process.stdout.write(edited);
    const notes = [...result.problems, ...checks, ...upgrade.notes];
    for (const note of notes)
      process.stderr.write(`${note.line}:${note.column}: ${note.text ? say(note.text, lang) : note.message}\n`);
  }
  for (const change of notApplied)
    process.stderr.write(`vllm-oom-doctor: ${change.flag}: a ${launch.shape} text has no place for it.\n`);
  return notApplied.length ? EXIT.notEstablished : EXIT.ok;
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor launch [FILE|-]   read a launch of vLLM in any shape, check it, write it back changed

Examples
  vllm-oom-doctor launch start.sh                                    the text back, its problems on standard error
  vllm-oom-doctor launch compose.yaml --set max-model-len=8192       only that value changes
  vllm-oom-doctor launch - --remove enforce-eager --format json
  vllm-oom-doctor launch run.sh --set VLLM_USE_V1=0 --set shm-size=16g
  vllm-oom-doctor launch run.sh --for 0.31.0                         what that release no longer takes, rewritten for it

Options
  --set flag=value     change or add an argument, an environment variable (CAPITALS) or shm-size, ipc, gpus, image; repeatable
  --remove flag        take it out; repeatable
  --for VERSION        check against that release and bring the launch to it
  --format text|json   the text, or what was read (JSON)
  --lang en|zh-CN      default: from LANG

Every byte that is not part of the change stays as it was; tokens are not masked here.
Exit codes: 0 done, 2 a change has no place in this shape, 64 usage, 65 no launch in the text`,
    zh: `
vllm-oom-doctor launch [文件|-]   读取任意形式的 vLLM 启动方式，检查，改好后写回

示例
  vllm-oom-doctor launch start.sh                                    原样输出，问题写到标准错误
  vllm-oom-doctor launch compose.yaml --set max-model-len=8192       只改这一个值
  vllm-oom-doctor launch - --remove enforce-eager --format json
  vllm-oom-doctor launch run.sh --set VLLM_USE_V1=0 --set shm-size=16g
  vllm-oom-doctor launch run.sh --for 0.31.0                         改写该版本不再接受的内容

选项
  --set flag=value     修改或添加参数、环境变量（大写）或 shm-size、gpus、image；可重复
  --remove flag        删除；可重复
  --for VERSION        按该版本检查，并改写到该版本
  --format text|json   文本，或读到的内容（JSON）
  --lang en|zh-CN      默认按 LANG

改动之外的每个字节都保持原样；这里不隐去密钥。
退出码：0 完成，2 改动在这种形式中没有位置，64 用法错误，65 文本中没有启动命令`,
  },
};
