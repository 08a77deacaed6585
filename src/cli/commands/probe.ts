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
    `${name === '-' ? 'the text' : `"${name}"`} holds no output of a tool that the doctor reads.`,
    'Save what nvidia-smi, rocm-smi, amd-smi, xpu-smi, npu-smi, free, docker inspect, kubectl describe, dmesg or collect_env prints. A crash log goes to: vllm-oom-doctor diagnose FILE',
  );
};

export const command: Command = {
  run,
  help: `
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
};
