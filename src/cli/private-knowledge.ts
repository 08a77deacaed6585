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
      `--kb ${folder}: there is no such folder.`,
      'Name the folder of a knowledge base.',
    );
  const read = readKnowledgeFolder(folder);
  if (read.problems.length > 0)
    throw new UserError(
      EXIT.badInput,
      read.problems
        .slice(0, 5)
        .map(fault => `${fault.file}:${fault.line}: ${fault.message}`)
        .join('\n'),
      `See all of them with: vllm-oom-doctor kb check ${folder}`,
    );
  addCauses(read.causes);
  addFixes(read.fixes);
  addMessages(read.messages);
};
