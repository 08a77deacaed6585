import { existsSync, statSync } from 'node:fs';
import { type Lang, say } from '../../common/text.js';
import { causes } from '../../knowledge/causes.js';
import { fixes } from '../../knowledge/fixes.js';
import { type KnowledgeFolder, readKnowledgeFolder } from '../../knowledge/folder.js';
import { builtinMessages } from '../../knowledge/messages.js';
import type { Command } from '../command.js';
import { UserError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { COMMON_OPTIONS, langOf, parseOptions } from '../options.js';

const run = async (argv: string[]): Promise<number> => {
  const { values, positionals } = parseOptions({ args: argv, allowPositionals: true, options: COMMON_OPTIONS });
  const [what = 'list', dir] = positionals;
  const lang = langOf(values.lang);
  const folder = dir ?? values.kb;
  if (what === 'list') return list(folder === undefined ? null : open(folder), lang);
  if (what === 'check') return check(folder === undefined ? null : open(folder));
  throw new UserError(EXIT.usage, `kb ${what}: not known.`, 'Say kb list or kb check, each with a folder or without.');
};

const open = (path: string): KnowledgeFolder => {
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw new UserError(
      EXIT.badInput,
      `"${path}" is no folder.`,
      'Name a folder with causes/, fixes/ or messages/ in it.',
    );
  const read = readKnowledgeFolder(path);
  if (read.files === 0)
    throw new UserError(
      EXIT.badInput,
      `"${path}" holds no knowledge.`,
      'Put YAML files into its folders causes/, fixes/ or messages/; "kb list" shows what the doctor knows.',
    );
  return read;
};

const list = (own: KnowledgeFolder | null, lang: Lang): number => {
  const shownCauses = own?.causes ?? causes();
  const shownFixes = own?.fixes ?? [...fixes().values()];
  const row = (id: string, text: string) => `  ${id.padEnd(30)} ${text}\n`;
  process.stdout.write(`causes (${shownCauses.length})\n`);
  for (const cause of shownCauses) process.stdout.write(row(cause.id, say(cause.title, lang)));
  process.stdout.write(`\nfixes (${shownFixes.length})\n`);
  for (const fix of shownFixes) process.stdout.write(row(fix.id, say(fix.title, lang)));
  process.stdout.write(`\nmessages: ${own?.messages.length ?? builtinMessages().length}\n`);
  return EXIT.ok;
};

/** Prints what is wrong, one line each, and answers 65 when there is anything. */
const check = (own: KnowledgeFolder | null): number => {
  const counts = own
    ? `${own.causes.length} causes, ${own.fixes.length} fixes, ${own.messages.length} messages`
    : `${causes().length} causes, ${fixes().size} fixes, ${builtinMessages().length} messages`;
  for (const problem of own?.problems ?? [])
    process.stderr.write(`${problem.file}:${problem.line}: ${problem.message}\n`);
  if (own && own.problems.length > 0) return EXIT.badInput;
  process.stdout.write(`${counts}: valid\n`);
  return EXIT.ok;
};

export const command: Command = {
  run,
  help: `
vllm-oom-doctor kb list|check [DIR]   list or validate the knowledge base

Examples
  vllm-oom-doctor kb list                    every cause and fix that the doctor knows
  vllm-oom-doctor kb check                   validate the built-in knowledge
  vllm-oom-doctor kb check ./our-knowledge   validate a private one: each fault with its file and line
  vllm-oom-doctor diagnose crash.log --kb ./our-knowledge

A private knowledge base is a folder with causes/, fixes/ and messages/, each of YAML files in the form of the built-in
ones (an id that exists is replaced).

Exit codes: 0 valid, 64 usage, 65 something in it is wrong`,
};
