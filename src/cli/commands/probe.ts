import { maskDeep } from '../../common/mask-deep.js';
import { describeProbe } from '../../probe/describe.js';
import { parseProbe } from '../../probe/parsers/index.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { openInputs, readAll } from '../input.js';
import { COMMON_OPTIONS, langOf, oneOf, parseOptions } from '../options.js';

const run = async (argv: string[]): Promise<number> => {
  const { values } = parseOptions({
    args: argv,
    options: { ...COMMON_OPTIONS, format: { type: 'string' }, from: { type: 'string' } },
  });
  const lang = langOf(values.lang);
  const format = oneOf('--format', values.format, ['text', 'json'] as const, 'text');
  const probe = values.from === undefined ? await live() : await saved(values.from);
  const masked = maskDeep(probe);
  process.stdout.write(format === 'json' ? `${JSON.stringify(masked, null, 2)}\n` : describeProbe(masked, lang));
  return EXIT.ok;
};

const live = async () => {
  const { probeMachine } = await import('../../probe/machine.js');
  return probeMachine();
};

/** @throws UserError 65 when the text is no output that the doctor knows */
const saved = async (name: string) => {
  const text = await readAll((await openInputs([name]))[0]!);
  const probe = parseProbe(text);
  if (probe) return probe;
  throw new UserError(
    EXIT.badInput,
    {
      en: `${name === '-' ? 'the text' : `"${name}"`} holds no output of a tool that the doctor reads.`,
      zh: `${name === '-' ? '文本' : `"${name}"`} 中没有本工具能读取的输出。`,
    },
    'Save what nvidia-smi, rocm-smi, amd-smi, xpu-smi, npu-smi, free, docker inspect, kubectl describe, dmesg or collect_env prints. A crash log goes to: vllm-oom-doctor diagnose FILE',
  );
};

export const command: Command = {
  run,
  help: {
    en: `
vllm-oom-doctor probe                                  what this machine says: GPUs, who holds their memory, host memory, limits, vLLM
nvidia-smi | vllm-oom-doctor probe --from -            the same from a saved output
vllm-oom-doctor probe --from dmesg.txt --format json

Asks the vendor's tools, each with a time limit, and reads /proc, cgroup and /dev/shm. Starts nothing, changes nothing.

  --from FILE|-        read a saved output: nvidia-smi (any form), rocm-smi, amd-smi, xpu-smi, npu-smi, tegrastats, free,
                       /proc/meminfo, cgroup files, df, docker inspect, kubectl describe, dmesg, journalctl, earlyoom,
                       systemd-oomd, Ray, Slurm, collect_env; several in one file are all read
  --format text|json   default text
  --lang en|zh-CN      default: as LANG says

Exit codes: 0 read · 64 usage · 65 the text is no output that the doctor knows`,
    zh: `
vllm-oom-doctor probe                                  查看本机：GPU、谁占用显存、主机内存、限制、vLLM
nvidia-smi | vllm-oom-doctor probe --from -            从保存的输出中得到同样的信息
vllm-oom-doctor probe --from dmesg.txt --format json

调用厂商工具（各有时限），读取 /proc、cgroup 和 /dev/shm。不启动、不改动任何东西。

  --from FILE|-        读取保存的输出：nvidia-smi（任意形式）、rocm-smi、amd-smi、xpu-smi、npu-smi、tegrastats、free、
                       /proc/meminfo、cgroup 文件、df、docker inspect、kubectl describe、dmesg、journalctl、earlyoom、
                       systemd-oomd、Ray、Slurm、collect_env；一个文件里可以有多种
  --format text|json   默认 text
  --lang en|zh-CN      默认按 LANG

退出码：0 已读取，64 用法错误，65 文本不是本工具认识的输出`,
  },
};
