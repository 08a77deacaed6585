import { fill, type Text } from '../../common/text.js';
import { STR } from '../strings.js';

/** What the codes of the system mean for somebody who wants a session kept. */
const REASONS: Record<string, Text> = {
  ENOSPC: { en: 'no space is left, ENOSPC', zh: '磁盘空间不足，ENOSPC' },
  EDQUOT: { en: 'your quota is used up, EDQUOT', zh: '磁盘配额已用尽，EDQUOT' },
  EROFS: { en: 'its folder is read-only, EROFS', zh: '目录只读，EROFS' },
  EACCES: { en: 'its folder may not be written, EACCES', zh: '没有写入目录的权限，EACCES' },
  EPERM: { en: 'its folder may not be written, EPERM', zh: '没有写入目录的权限，EPERM' },
};

/** Why a session could not be saved, as it is said now and after leaving. */
export const saveProblem = (error: unknown): { now: Text; afterwards: Text } => {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const why = REASONS[code] ?? { en: code, zh: code };
  return { now: fill(STR.notSaved, { why }), afterwards: fill(STR.exit.notSaved, { why }) };
};
