import { maskSecrets } from '../common/mask.js';
import { stripControls } from '../common/sanitize.js';
import { type Lang, say, type Text } from '../common/text.js';
import type { Command } from './command.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';
import { langOf } from './options.js';

const commands: Record<string, () => Promise<{ command: Command }>> = {
  diagnose: () => import('./commands/diagnose.js'),
  launch: () => import('./commands/launch.js'),
  plan: () => import('./commands/plan.js'),
  probe: () => import('./commands/probe.js'),
  retest: () => import('./commands/retest.js'),
  run: () => import('./commands/run.js'),
  explain: () => import('./commands/explain.js'),
  kb: () => import('./commands/kb.js'),
  demo: () => import('./commands/demo.js'),
  resume: () => import('./commands/resume.js'),
  sessions: () => import('./commands/sessions.js'),
  wizard: () => import('./commands/wizard.js'),
};

const version = (): string => __VERSION__;

/**
 * Finds the command (none: the wizard), runs it, turns errors into messages and exit codes. Does not return.
 */
export const main = async (argv: string[]): Promise<void> => {
  // A reader that goes away (`| head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    process.stderr.write(`vllm-oom-doctor: the answer could not be written (${error.code}).\n`);
    process.exit(EXIT.badInput);
  });
  try {
    process.exitCode = await dispatch(argv);
  } catch (error) {
    if (error instanceof UserError) {
      const lang = langGiven(argv);
      // File names and commands in it are as foreign as a log.
      const told = (text: string | Text) =>
        maskSecrets(stripControls(typeof text === 'string' ? text : say(text, lang)));
      process.stderr.write(`vllm-oom-doctor: ${told(error.what)}\n${told(error.next)}\n`);
      process.exitCode = error.exitCode;
    } else {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`vllm-oom-doctor: this is a bug of the doctor, not of your set-up.\n${detail}\n`);
      process.exitCode = EXIT.bug;
    }
  }
};

/** The language of help and errors: that of `--lang` where it names one of ours, else that of the environment. */
const langGiven = (argv: string[]): Lang => {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const asked = own
    .flatMap((word, i) => (word === '--lang' ? [own[i + 1] ?? ''] : word.startsWith('--lang=') ? [word.slice(7)] : []))
    .at(-1);
  return langOf(asked !== undefined && /^(?:en|zh)/i.test(asked) ? asked : undefined);
};

const dispatch = async (argv: string[]): Promise<number> => {
  const [first] = argv;
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${version()}\n`);
    return EXIT.ok;
  }
  const named = first !== undefined && Object.hasOwn(commands, first) ? first : null;
  const load = commands[named ?? 'wizard']!;
  const { command } = await load();
  const rest = named ? argv.slice(1) : argv;
  const beforeDashes = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (beforeDashes.includes('--help') || beforeDashes.includes('-h')) {
    process.stdout.write(`${say(command.help, langGiven(argv)).trim()}\n`);
    return EXIT.ok;
  }
  const kb = beforeDashes.flatMap((word, i) => (word === '--kb' ? [beforeDashes[i + 1]] : [])).at(0);
  if (kb !== undefined && named !== 'kb') (await import('./private-knowledge.js')).addPrivateKnowledge(kb);
  return command.run(rest);
};
