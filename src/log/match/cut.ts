import { builtinMessages, type Message } from '../../knowledge/messages.js';
import { openingOf } from './template.js';

/** Fewer letters may begin anything. */
const SHORTEST = 16;

let openings: { text: string; message: Message }[] | null = null;

const known = (): { text: string; message: Message }[] => {
  openings ??= builtinMessages()
    .filter(message => message.class === 'failure' && message.id !== 'python-error')
    .flatMap(message => message.templates.map(template => ({ text: spaced(openingOf(template)), message })));
  return openings;
};

/** Without the error's class, in lower case and with single blanks. */
const spaced = (text: string): string =>
  text
    .replace(/^\s{0,8}(?:\w{1,80}\.){0,8}\w{1,80}(?:Error|Exception): ?/, '')
    .replace(/[\s_`*'"\\]+/g, ' ')
    .trim()
    .toLowerCase();

/**
 * The failure whose message begins so, where the text of an error ends in the middle of it (a full buffer, a line cut at
 * a width); null when none does, or when the text goes on in another way.
 */
export const failureCutShort = (problem: string): Message | null => {
  const text = spaced(problem.slice(0, 400))
    .replace(/(?:\.{3}|\u2026)$/, '')
    .trim();
  if (text.length < SHORTEST) return null;
  return known().find(opening => opening.text.length > text.length && opening.text.startsWith(text))?.message ?? null;
};
