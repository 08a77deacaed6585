import type { ArgValue, LaunchChange } from '../../launch/index.js';
import { editLaunch, readLaunch } from '../../launch/index.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { openInputs, readAll } from '../input.js';
import type { Command } from '../main.js';
import { COMMON_OPTIONS, oneOf, parseOptions } from '../options.js';

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

/** Where a name belongs that was given without saying so. */
const placeOf = (flag: string): LaunchChange['where'] => {
  if (/^[A-Z][A-Z0-9_]*$/.test(flag)) return 'env';
  return /^(?:--)?(?:image|gpus|shm-size|ipc)$/.test(flag) ? 'container' : 'vllm';
};

const changesOf = (set: string[], remove: string[]): LaunchChange[] => [
  ...set.map((item): LaunchChange => {
    const at = item.indexOf('=');
    if (at <= 0)
      throw new UserError(
        EXIT.usage,
        `--set "${item}" has no value.`,
        'Write --set flag=value, e.g. --set max-model-len=8192',
      );
    const flag = item.slice(0, at);
    return { where: placeOf(flag), flag, to: parseValue(item.slice(at + 1)) };
  }),
  ...remove.map((flag): LaunchChange => ({ where: placeOf(flag), flag, to: null })),
];

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv,
    allowPositionals: true,
    options: {
      ...COMMON_OPTIONS,
      format: { type: 'string' },
      set: { type: 'string', multiple: true },
      remove: { type: 'string', multiple: true },
    },
  });
  const format = oneOf('--format', values.format, FORMATS, 'text');
  const inputs = await openInputs(positionals);
  if (inputs.length !== 1)
    throw new UserError(
      EXIT.usage,
      inputs.length ? 'one launch at a time.' : 'no launch was given.',
      'vllm-oom-doctor launch start.sh, or pipe it: … | vllm-oom-doctor launch -',
    );
  const text = await readAll(inputs[0]!);
  const launch = readLaunch(text);
  if (!launch)
    throw new UserError(
      EXIT.badInput,
      'no launch of vLLM was found in the text.',
      'Give a command, script or file that starts vLLM: vllm serve …, docker run …, compose.yaml, a manifest, LLM(…).',
    );
  const { text: edited, notApplied } = editLaunch(text, changesOf(values.set ?? [], values.remove ?? []));
  if (format === 'json') {
    const answer = edited === text ? launch : (readLaunch(edited) ?? launch);
    const { shape, program, model, args, env, image, gpus, shmSize, port, problems } = answer;
    process.stdout.write(
      `${JSON.stringify({ shape, program, model, args, env, image, gpus, shmSize, port, problems, checks: [], text: edited, notApplied: notApplied.length ? notApplied : undefined }, null, 2)}\n`,
    );
  } else process.stdout.write(edited);
  for (const change of notApplied)
    process.stderr.write(`vllm-oom-doctor: this shape has no room for ${change.flag}.\n`);
  if (format === 'text')
    for (const note of launch.problems) process.stderr.write(`${note.line}:${note.column}: ${note.message}\n`);
  return notApplied.length ? EXIT.notEstablished : EXIT.ok;
};

export const command: Command = {
  run,
  help: `
vllm-oom-doctor launch [FILE|-]   read a launch of vLLM in any shape, check it, write it back changed

Examples
  vllm-oom-doctor launch start.sh                                    the text back, with its problems on standard error
  vllm-oom-doctor launch compose.yaml --set max-model-len=8192       only that value changes
  vllm-oom-doctor launch - --remove enforce-eager --format json
  vllm-oom-doctor launch run.sh --set VLLM_USE_V1=0 --set shm-size=16g

Options
  --set flag=value     change or add an argument, an environment variable (CAPITALS) or shm-size, gpus, image; repeatable
  --remove flag        take it out; repeatable
  --format text|json   the text, or what was read (JSON)

Every byte that is not part of the change stays as it was; tokens are not masked here.
Exit codes: 0 done, 2 a change has no room in this shape, 64 usage, 65 no launch in the text`,
};
