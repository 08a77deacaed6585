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
  throw new UserError(
    EXIT.usage,
    { en: `kb ${what}: not known.`, zh: `kb ${what}：未知的操作。` },
    { en: 'Say kb list or kb check, each with a folder or without.', zh: '可用：kb list 或 kb check，目录可省略。' },
  );
};

const open = (path: string): KnowledgeFolder => {
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw new UserError(
      EXIT.badInput,
      { en: `"${path}" is no folder.`, zh: `"${path}" 不是目录。` },
      {
        en: 'Name a folder with causes/, fixes/ or messages/ in it.',
        zh: '请指定包含 causes/、fixes/ 或 messages/ 的目录。',
      },
    );
  const read = readKnowledgeFolder(path);
  if (read.files === 0)
    throw new UserError(
      EXIT.badInput,
      { en: `"${path}" holds no knowledge.`, zh: `"${path}" 中没有知识文件。` },
      {
        en: 'Put YAML files into its folders causes/, fixes/ or messages/; "kb list" shows what the doctor knows.',
        zh: '请在其 causes/、fixes/ 或 messages/ 目录中放入 YAML 文件；kb list 列出已有知识。',
      },
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
  help: {
    en: `
vllm-oom-doctor kb list|check [DIR]   list or validate the knowledge base

Examples
  vllm-oom-doctor kb list                    every cause and fix that the doctor knows
  vllm-oom-doctor kb check                   validate the built-in knowledge
  vllm-oom-doctor kb check ./our-knowledge   validate a private one: each fault with its file and line
  vllm-oom-doctor diagnose crash.log --kb ./our-knowledge

A private knowledge base is a folder with causes/, fixes/ and messages/, each of YAML files in the form of the built-in
ones (an id that exists is replaced).

Exit codes: 0 valid, 64 usage, 65 something in it is wrong`,
    zh: `
vllm-oom-doctor kb list|check [目录]   列出或校验知识库

示例
  vllm-oom-doctor kb list                    本工具知道的所有根因和修复
  vllm-oom-doctor kb check                   校验内置知识库
  vllm-oom-doctor kb check ./our-knowledge   校验私有知识库：每个错误给出文件和行号
  vllm-oom-doctor diagnose crash.log --kb ./our-knowledge

私有知识库是包含 causes/、fixes/ 和 messages/ 的目录，其中的 YAML 文件与内置的格式相同（id 已存在的会被替换）。

退出码：0 有效，64 用法错误，65 其中有错误`,
  },
};
