import { maskSecrets } from '../common/mask.js';
import { type Lang, say } from '../common/text.js';
import type { Answer } from '../session/types.js';

/** The answer for a terminal without a wizard, or a file. */
export const answerText = (answer: Answer, options: { lang: Lang; showSecrets: boolean }): string => {
  const text = `${answer.verdict}: ${say(answer.summary, options.lang)}\n`;
  return options.showSecrets ? text : maskSecrets(text);
};
