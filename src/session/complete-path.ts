import { readdirSync } from 'node:fs';
import { withHome } from '../common/home.js';

/** More of a folder than this is not read for a completion. */
const MOST = 5000;

/**
 * Files and folders that a path begun so may mean, as one would type them on; folders end with `/`. Hidden ones only
 * when their dot was typed. Empty where there is nothing or nothing may be read.
 */
export const completePath = (typed: string): string[] => {
  const slash = typed.lastIndexOf('/') + 1;
  const shown = typed.slice(0, slash);
  const start = typed.slice(slash);
  try {
    return readdirSync(shown === '' ? '.' : withHome(shown), { withFileTypes: true })
      .slice(0, MOST)
      .filter(({ name }) => name.startsWith(start) && (start.startsWith('.') || !name.startsWith('.')))
      .map(entry => `${shown}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .sort();
  } catch {
    return [];
  }
};

/** What all of them begin with. */
export const commonStart = (texts: readonly string[]): string => {
  const [first = '', ...others] = texts;
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && other[same] === first[same]) same++;
    length = same;
  }
  return first.slice(0, length);
};
