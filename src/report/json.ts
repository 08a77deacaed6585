import { maskSecrets } from '../common/mask.js';
import { type Lang, localise } from '../common/text.js';
import type { Answer } from '../session/types.js';

/** Masks every string in a JSON value. */
export const maskDeep = (value: unknown): unknown => {
  if (typeof value === 'string') return maskSecrets(value);
  if (Array.isArray(value)) return value.map(maskDeep);
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, maskDeep(v)]));
  return value;
};

/** The answer as the contract prints it: one language, secrets masked unless the user asked for them. */
export const answerJson = (answer: Answer, lang: Lang, showSecrets = false): unknown => {
  const { excerpts: _excerpts, ...rest } = answer;
  const plain = localise(rest, lang);
  return showSecrets ? plain : maskDeep(plain);
};
