import { newRecord, newRound, type SessionRecord } from '../../session/record.js';
import { newSessionId } from '../../session/save.js';
import type { Source } from '../../ui/services.js';
import { keyboardStream, mannerOf } from '../../ui/terminal.js';
import type { WizardState } from '../../ui/wizard.js';
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
          'standard input was too large to be kept, so nothing can be added to it.',
          'Save it to a file and start with all of them: vllm-oom-doctor FILE FILE',
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

const run = async (argv: string[]): Promise<number> => {
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
  run,
  help: `
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

Commands      diagnose  plan  launch  retest  run  probe  explain  collect  open  resume  sessions  demo  kb
              vllm-oom-doctor COMMAND --help

Options
  --lang en|zh-CN               default: from LANG (Ctrl+T switches)
  --command "vllm serve ..."    the launch command, when it is not in the log; --compose FILE: a file that holds it
  --vllm VERSION  --gpu "2x A100 80GB"  --gpu-total-gib 79.25  --model-config config.json
  --plain                       plain prompts one after the other, for screen readers (also with TERM=dumb)
  --version

Exit codes: 0 healthy or a fix was proven, 1 a memory failure, 2 not established, 3 another failure or not vLLM's log`,
};
