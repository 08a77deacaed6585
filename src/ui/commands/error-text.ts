import type { Text } from '../../common/text.js';

const inBoth = (text: string | Text): Text => (typeof text === 'string' ? { en: text, zh: text } : text);

/** The text of an error for the screen: what happened and what to do next where it says so. */
export const errorText = (error: unknown): Text => {
  const { what, next = '' } = error as { what?: string | Text; next?: string | Text };
  if (!what) return inBoth(error instanceof Error ? error.message : String(error));
  const [said, advice] = [inBoth(what), inBoth(next)];
  return { en: `${said.en} ${advice.en}`.trim(), zh: `${said.zh} ${advice.zh}`.trim() };
};
