import { openStore, SessionError } from '../../session/store.js';
import { keyboardStream, mannerOf } from '../../ui/terminal.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { COMMON_OPTIONS, langOf, parseOptions } from '../options.js';
import { realServices } from '../wizard-services.js';
import { exitCodeOfWizard } from './wizard.js';

/** What went wrong with a session's name, as an error for people. */
export const sessionProblem = (error: unknown, asked: string | undefined): unknown => {
  if (!(error instanceof SessionError)) return error;
  const known = error.matches.length ? ` Known: ${error.matches.join(', ')}.` : '';
  if (error.code === 'ambiguous')
    return new UserError(
      EXIT.usage,
      `several sessions begin with "${asked}".`,
      `Name one of ${error.matches.join(', ')}.`,
    );
  if (error.code === 'damaged')
    return new UserError(
      EXIT.badInput,
      `session "${asked}" cannot be read: damaged, or written by another version.`,
      `Delete it: vllm-oom-doctor sessions delete ${asked}`,
    );
  return new UserError(
    EXIT.badInput,
    asked === undefined ? 'there is no session yet.' : `there is no session "${asked}".${known}`,
    asked === undefined ? 'Start one: vllm-oom-doctor' : 'See vllm-oom-doctor sessions list.',
  );
};

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({
    args: argv,
    allowPositionals: true,
    options: { ...COMMON_OPTIONS, plain: { type: 'boolean' } },
  });
  const lang = langOf(values.lang);
  if (values.kb !== undefined) (await import('../private-knowledge.js')).addPrivateKnowledge(values.kb);
  const store = openStore();
  const record = (() => {
    try {
      return store.load(positionals[0]);
    } catch (error) {
      throw sessionProblem(error, positionals[0]);
    }
  })();
  const keyboard = process.stdout.isTTY ? keyboardStream() : null;
  const manner = mannerOf(
    process.env,
    { input: keyboard !== null, output: process.stdout.isTTY === true },
    values.plain,
  );
  if (manner === 'none' || keyboard === null) {
    const { command } = await import('./sessions.js');
    return command.run(['show', record.id, '--lang', lang]);
  }
  const { startWizard } = await import('../../ui/start.js');
  const state = await startWizard({
    record,
    services: realServices(),
    lang,
    manner,
    keyboard,
    sources: [],
    command: null,
  });
  return exitCodeOfWizard(state);
};

export const command: Command = {
  run,
  help: `
vllm-oom-doctor resume [SESSION]   go on where you left, on the same screen

Examples
  vllm-oom-doctor resume                     the last session
  vllm-oom-doctor resume 20261121-02         the beginning of its name is enough
  vllm-oom-doctor sessions list              their names

Sessions are written after every step, without secrets: a command with a token in it has to be entered again before a
re-test. Without a terminal the session's answer is printed as text.`,
};
