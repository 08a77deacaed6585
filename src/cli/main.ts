import type { Command } from './command.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

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
    throw error;
  });
  try {
    process.exitCode = await dispatch(argv);
  } catch (error) {
    if (error instanceof UserError) {
      process.stderr.write(`vllm-oom-doctor: ${error.what}\n${error.next}\n`);
      process.exitCode = error.exitCode;
    } else {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stderr.write(`vllm-oom-doctor: this is a bug of the doctor, not of your set-up.\n${detail}\n`);
      process.exitCode = EXIT.bug;
    }
  }
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
    process.stdout.write(`${command.help.trim()}\n`);
    return EXIT.ok;
  }
  const kb = beforeDashes.flatMap((word, i) => (word === '--kb' ? [beforeDashes[i + 1]] : [])).at(0);
  if (kb !== undefined && named !== 'kb') (await import('./private-knowledge.js')).addPrivateKnowledge(kb);
  return command.run(rest);
};
