import { maskDeep } from '../common/mask-deep.js';
import { type Lang, localise } from '../common/text.js';
import type { Answer } from '../session/types.js';

/** The answer as the contract prints it: one language, secrets masked unless the user asked for them. */
export const answerJson = (answer: Answer, lang: Lang, showSecrets = false): unknown => {
  const { excerpts: _excerpts, ...rest } = answer;
  const plain = localise(rest, lang);
  return showSecrets ? plain : maskDeep(plain);
};
