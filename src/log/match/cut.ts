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
 * a width): inside a word, or with dots. A text that ends with a whole word may be all that was said. Of several
 * that begin so the shortest is meant; null when none does.
 */
export const failureCutShort = (problem: string): Message | null => {
  const said = spaced(problem.slice(0, 400));
  const text = said.replace(/ ?(?:\.{3}|\u2026)$/, '');
  if (text.length < SHORTEST) return null;
  const begun = known().filter(
    opening => opening.text.startsWith(text) && (text !== said || /^\w/.test(opening.text.slice(text.length))),
  );
  return begun.toSorted((a, b) => a.text.length - b.text.length)[0]?.message ?? null;
};
