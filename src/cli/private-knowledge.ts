import { existsSync } from 'node:fs';
import { addCauses } from '../knowledge/causes.js';
import { addFixes } from '../knowledge/fixes.js';
import { readKnowledgeFolder } from '../knowledge/folder.js';
import { addMessages } from '../knowledge/messages.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/**
 * Adds the knowledge base of `--kb DIR` for the rest of this process.
 * @throws UserError 65 with the first faults, each with file and line
 */
export const addPrivateKnowledge = (folder: string): void => {
  if (!existsSync(folder))
    throw new UserError(
      EXIT.badInput,
      { en: `--kb ${folder}: there is no such folder.`, zh: `--kb ${folder}：没有这个目录。` },
      { en: 'Name the folder of a knowledge base.', zh: '请指定知识库目录。' },
    );
  const read = readKnowledgeFolder(folder);
  if (read.problems.length > 0)
    throw new UserError(
      EXIT.badInput,
      read.problems
        .slice(0, 5)
        .map(fault => `${fault.file}:${fault.line}: ${fault.message}`)
        .join('\n'),
      {
        en: `See all of them with: vllm-oom-doctor kb check ${folder}`,
        zh: `查看全部：vllm-oom-doctor kb check ${folder}`,
      },
    );
  addCauses(read.causes);
  addFixes(read.fixes);
  addMessages(read.messages);
};
