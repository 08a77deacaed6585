import { z } from 'zod';
import { causeSchema } from './cause-schema.js';
import { claimSchema } from './claim-schema.js';
import { readFix } from './fix-schema.js';

/**
 * Checks one file of the doctor's own knowledge and fills in what it leaves out. Runs when the knowledge is compiled
 * (scripts/knowledge-plugin.mjs), so that no start of the doctor checks it again; folders of others' knowledge are checked
 * when they are read (folder.ts). @throws Error that names the file and the entry that is wrong
 */
export const checkKnowledge = (folder: string, file: string, content: unknown): unknown => {
  if (folder === 'fixes') {
    const { fix, problems } = readFix(file, content);
    if (problems.length > 0)
      throw new Error(problems.map(p => `knowledge/${p.file}: ${p.path.join('.')}: ${p.message}`).join('\n'));
    return fix;
  }
  const schema = folder === 'causes' ? causeSchema : folder === 'claims' ? claimSchema : null;
  if (!schema) return content;
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new Error(`knowledge/${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};
