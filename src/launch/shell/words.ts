import { arithmetic } from '../args/values.js';
import type { Layout } from '../text/layout.js';
import { type Context, Traced } from '../text/traced.js';
import { bareContext, WORDS } from './dialect.js';
import { ShellLayout } from './layout.js';
import { lexShell } from './lexer.js';
import type { Part, RawWord, Reference } from './syntax.js';

/** A word with its variables expanded as far as the text tells them. */
export interface Word {
  text: Traced;
  /** Extent in the user's text, quotes included. */
  start: number;
  end: number;
  bare: Context;
  /** Variables whose values lie outside the text. */
  unresolved: Reference[];
  quoted: boolean;
  layout: Layout;
  /** Line breaks in it are blanks: it is a folded scalar of its own, or stands in the quotes of one. */
  folded?: 'scalar' | 'quotes' | null;
}

/** The value of a variable: text, or the elements of an array. */
export type Value =
  | { kind: 'text'; text: Traced; layoutAt: (offset: number) => Layout | null }
  | { kind: 'list'; words: Word[] };

/** Variables by name. `undefined`: never assigned; `null`: assigned, but from outside the text. */
export interface Scope {
  get(name: string): Value | null | undefined;
  set?(name: string, value: Value | null): void;
}

/** Nothing is assigned. */
export const EMPTY_SCOPE: Scope = { get: () => undefined };

/** A scope of fixed names, before which `inner` is asked. */
export const withVariables = (variables: ReadonlyMap<string, Value | null>, outer: Scope = EMPTY_SCOPE): Scope => ({
  get: name => (variables.has(name) ? variables.get(name) : outer.get(name)),
});

/** A text as the value of a variable; its words stand nowhere by themselves. */
export const textValue = (text: Traced): Value => ({ kind: 'text', text, layoutAt: () => null });

/** Known without being assigned: they stay as text and are nobody's problem. */
const AMBIENT = new Set(['HOME', 'USER', 'PWD', 'HOSTNAME', 'USERPROFILE', 'HOMEPATH']);
/** Longest text that one word may expand to: nested variables must not multiply without end. */
const MAX_EXPANSION = 65_536;

interface Expanded {
  text: Traced;
  unresolved: Reference[];
}

const resolveReference = (ref: Reference, scope: Scope, depth = 0): Expanded => {
  const asWritten = (unresolved: Reference[]): Expanded => ({ text: ref.text, unresolved });
  if (depth > 30) return asWritten([ref]);
  if (ref.operator === 'arithmetic') {
    const computed = arithmetic(ref.text.text.slice(3, -2));
    if (computed === null) return asWritten([ref]);
    return { text: ref.text.as(String(computed), 0, ref.text.length, ref.text.context(0)), unresolved: [] };
  }
  const value = ref.operator === 'command' ? null : scope.get(ref.name);
  const assigned: Traced | null = !value
    ? null
    : value.kind === 'text'
      ? value.text
      : value.words.length === 1
        ? value.words[0]!.text
        : null;
  switch (ref.operator) {
    case ':+':
    case '+':
      return { text: Traced.EMPTY, unresolved: [] };
    case ':-':
    case '-':
    case ':=':
    case '=': {
      if (assigned && (assigned.length || !ref.operator.startsWith(':'))) return { text: assigned, unresolved: [] };
      if (value === null) return asWritten([ref]);
      const operand = expandParts(ref.operand ?? [], scope, depth + 1);
      if (operand.unresolved.length) return asWritten([ref]);
      if (ref.operator.endsWith('=')) scope.set?.(ref.name, textValue(operand.text));
      return operand;
    }
    case '':
    case ':?':
    case '?':
      if (assigned) return { text: assigned, unresolved: [] };
      return asWritten(AMBIENT.has(ref.name) ? [] : [ref]);
    default:
      return asWritten([ref]);
  }
};

/** The text of a word's parts with their variables expanded; what the text does not tell stands as it was written. */
export const expandParts = (parts: Part[], scope: Scope, depth = 0): Expanded => {
  const texts: Traced[] = [];
  const unresolved: Reference[] = [];
  let length = 0;
  for (const part of parts) {
    let expanded: Expanded = part.ref ? resolveReference(part.ref, scope, depth) : { text: part.text, unresolved: [] };
    length += expanded.text.length;
    if (part.ref && length > MAX_EXPANSION) expanded = { text: part.ref.text, unresolved: [part.ref] };
    texts.push(expanded.text);
    unresolved.push(...expanded.unresolved);
  }
  return { text: texts.length ? Traced.join(texts) : Traced.EMPTY, unresolved };
};

/** The words that one written word becomes: none for an empty variable, several for an array or an unquoted list. */
export const expandWord = (raw: RawWord, scope: Scope, layout: Layout): Word[] => {
  const only = raw.parts.length === 1 ? raw.parts[0]!.ref : undefined;
  if (only) {
    const fields = fieldsOf(only, scope);
    if (fields) return fields;
  }
  const { text, unresolved } = expandParts(raw.parts, scope);
  if (!text.length && !raw.quoted && raw.parts.some(part => part.ref)) return [];
  return [{ text, start: raw.start, end: raw.end, bare: raw.bare, unresolved, quoted: raw.quoted, layout }];
};

/** A variable that stands for several words; null when it is one word (or unknown). */
const fieldsOf = (ref: Reference, scope: Scope): Word[] | null => {
  if (ref.operator === 'command' && !ref.all) return null;
  const value = scope.get(ref.name);
  if (value?.kind === 'list') return ref.all || !ref.quoted ? value.words : null;
  if (ref.quoted && !ref.all) return null;
  const { text, unresolved } =
    value?.kind === 'text' && ref.operator === '' ? { text: value.text, unresolved: [] } : resolveReference(ref, scope);
  if (unresolved.length || !/\s/.test(text.text.trim())) return null;
  const layoutAt = value?.kind === 'text' ? value.layoutAt : () => null;
  return splitWords(text, layoutAt);
};

/** Splits a text into words by its blanks and quotes, without variables. */
export const splitWords = (
  text: Traced,
  layoutAt: (offset: number) => Layout | null,
  scope: Scope = EMPTY_SCOPE,
): Word[] => {
  const words: Word[] = [];
  for (const statement of lexShell(text, WORDS).statements)
    for (const raw of statement.words) {
      const layout = layoutAt(raw.start) ?? inlineLayout(text);
      words.push(...expandWord(raw, scope, layout));
    }
  return words;
};

const inlineLayout = (text: Traced): Layout =>
  new ShellLayout({ first: text.start(0), bare: bareContext(text.context(0), WORDS), continuation: WORDS.escape });
