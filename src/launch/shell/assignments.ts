import type { Layout } from '../text/layout.js';
import { Traced } from '../text/traced.js';
import { bareContext, WORDS } from './dialect.js';
import type { Evaluation } from './evaluation.js';
import { ShellLayout } from './layout.js';
import type { Part, RawWord, Statement } from './syntax.js';
import { endsOf, removeStatement, wordSetting } from './variable-edits.js';
import { EMPTY_SCOPE, expandParts, expandWord } from './words.js';

/** `NAME=value`, `NAME+=value`, `NAME=( … )` as a word. */
export interface Assignment {
  name: string;
  append: boolean;
  value: Part[];
  elements?: RawWord[];
  raw: RawWord;
}

/** The beginning of an assignment: its name, and a plus sign where it adds to what there is. */
export const ASSIGNMENT = /^([A-Za-z_]\w{0,100})(\+?)=/;

/** Longest value of a variable: one that grows on every line of a script is not followed without end. */
const MAX_VALUE = 8192;

/** A word as an assignment; null for any other word. */
export const asAssignment = (raw: RawWord): Assignment | null => {
  const head = raw.parts[0]?.text;
  const match = head && ASSIGNMENT.exec(head.text);
  if (!match) return null;
  const rest = head.slice(match[0].length);
  const value: Part[] = [...(rest.length ? [{ text: rest }] : []), ...raw.parts.slice(1)];
  return { name: match[1]!, append: match[2] === '+', value, elements: raw.elements, raw };
};

/** One more statement like this one, with the words from `from` to `to` replaced by a new flag. */
const repeated = (source: Traced, statement: Statement, from: number, to: number) => {
  const { first, last } = endsOf(statement);
  return {
    start: first.start,
    end: last.end,
    write: (flag: string) => source.text.slice(first.a, from) + flag + source.text.slice(to, last.b),
  };
};

const assignElements = (assignment: Assignment, elements: RawWord[], statement: Statement, script: Evaluation) => {
  const { name, append, raw } = assignment;
  const { source, dialect, scope, values } = script;
  const old = scope.get(name);
  const [head, tail] = [elements[0], elements.at(-1)];
  const layout = new ShellLayout({
    first: raw.start,
    bare: raw.bare,
    continuation: dialect.escape,
    array: true,
    conditional: statement.depth > 0,
    repeat: append && head && tail ? repeated(source, statement, head.a, tail.b) : undefined,
  });
  const words = elements.flatMap(word => expandWord(word, scope, layout));
  values.set(name, { kind: 'list', words: append && old?.kind === 'list' ? [...old.words, ...words] : words });
};

/** How the words stand in a variable's text. `own`: what this statement itself writes of it. */
const textLayout = (own: Traced, refersToItself: boolean, statement: Statement, script: Evaluation): Layout => {
  const { source, dialect } = script;
  const { first } = endsOf(statement);
  const options = { continuation: dialect.escape, conditional: statement.depth > 0 };
  if (!own.length) return new ShellLayout({ ...options, first: first.start, bare: first.bare });
  const lead = own.length - own.text.trimStart().length;
  const start = own.start(lead);
  const end = own.end(own.text.trimEnd().length - 1);
  // From places in the user's text to places in what was lexed.
  const offset = first.a - first.start;
  return new ShellLayout({
    ...options,
    first: start,
    bare: bareContext(own.context(lead), WORDS),
    repeat: refersToItself ? repeated(source, statement, start + offset, end + offset) : undefined,
  });
};

/** Whether a value with variables in it that nobody knows is still worth following: a quoted list of flags is. */
const isFollowed = ({ text, unresolved }: ReturnType<typeof expandParts>): boolean =>
  unresolved.length === 0 || (/\s/.test(text.text) && unresolved.every(ref => ref.quoted));

/** Evaluates an assignment: from here on the variable has this value, or is known to have one that nobody knows. */
export const assign = (assignment: Assignment, statement: Statement, script: Evaluation): void => {
  if (assignment.elements) {
    assignElements(assignment, assignment.elements, statement, script);
    return;
  }
  const { name, append, value } = assignment;
  const { scope, values } = script;
  const old = scope.get(name);
  const expanded = expandParts(value, scope);
  const before = append && old?.kind === 'text' ? old.text : Traced.EMPTY;
  if (!isFollowed(expanded) || before.length + expanded.text.length > MAX_VALUE) {
    values.set(name, null);
    return;
  }
  const own = expandParts(
    value.filter(part => !part.ref),
    EMPTY_SCOPE,
  ).text;
  const refersToItself = append || value.some(part => part.ref?.name === name);
  const layout = textLayout(own, refersToItself, statement, script);
  const layoutBefore = old?.kind === 'text' ? old.layoutAt : () => null;
  const { first, last } = endsOf(statement);
  values.set(name, {
    kind: 'text',
    text: before.length ? Traced.join([before, expanded.text]) : expanded.text,
    layoutAt: offset => (offset >= first.start && offset < last.end ? layout : layoutBefore(offset)),
  });
};

/** The assignments of `export A=1 B=2`: values, and variables for the commands that follow. */
export const assignExported = (statement: Statement, keyword: string, script: Evaluation): void => {
  for (const word of statement.words.slice(1)) {
    const assignment = asAssignment(word);
    if (!assignment) continue;
    assign(assignment, statement, script);
    if (keyword !== 'export' && keyword !== 'declare') continue;
    const value = expandParts(assignment.value, script.scope).text;
    script.exported.push(wordSetting(assignment.name, value, word, text => removeStatement(text, statement)));
  }
};
