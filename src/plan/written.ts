import type { FixChange } from './types.js';

/** A value as one word of a shell: JSON and anything with blanks or signs in single quotes. */
const word = (value: unknown): string => {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
};

/**
 * A change as one would type it: `--enforce-eager`, `--max-num-seqs 64`, `--limit-mm-per-prompt '{"video":0}'`,
 * `VLLM_USE_V1=0`. A removed one is the flag alone; the caller says that it goes.
 */
export const writtenChange = ({ where, flag, to }: Pick<FixChange, 'where' | 'flag' | 'to'>): string => {
  if (to === null || to === undefined || to === true) return flag;
  if (to === false) return flag.startsWith('--') ? flag.replace(/^--/, '--no-') : flag;
  return where === 'env' ? `${flag}=${word(to)}` : `${flag} ${word(to)}`;
};
