import { replaceText } from '../args/slot.js';
import type { Problem } from '../problems.js';
import type { EnvSetting } from '../reading.js';
import { type Edit, lineEnd, lineStart, nextLine } from '../text/edits.js';
import type { Layout } from '../text/layout.js';
import { FlowListLayout } from '../text/list-layout.js';
import { type Context, Traced } from '../text/traced.js';
import { bareContext, type Dialect, WORDS } from './dialect.js';
import { ShellLayout } from './layout.js';
import { lexShell } from './lexer.js';
import type { Part, RawWord, Statement } from './syntax.js';
import { EMPTY_SCOPE, expandParts, expandWord, type Scope, type Value, type Word } from './words.js';

/** A command of a script, its variables expanded with what was assigned before it. */
export interface Command {
  words: Word[];
  /** `A=1 B=2` before the program's name, and what was exported before. */
  env: EnvSetting[];
  depth: number;
  heredocs: Traced[];
  layout: ShellLayout;
  start: number;
  end: number;
}

export interface Script {
  commands: Command[];
  problems: Problem[];
  /** It does more than export and start one program: variables, control flow, other commands. */
  assigns: boolean;
  /** Statements outside any block that set variables for every command after them. */
  exports: ExportStatement[];
  scope: Scope;
  dialect: Dialect;
}

/** `export A=1`, `$env:A = "1"`, `set A=1`. */
interface ExportStatement {
  start: number;
  end: number;
  bare: Context;
}

interface Assignment {
  name: string;
  append: boolean;
  value: Part[];
  elements?: RawWord[];
  raw: RawWord;
}

/** Longest value of a variable: one that grows on every line of a script is not followed without end. */
const MAX_VALUE = 8192;

/** Most characters that the variables of one script may stand for together; beyond that they count as unknown. */
const MAX_UNFOLDED = 100_000;

/** Characters that a value puts in its variable's place; a word of a list counts as a short one. */
const sizeOf = (value: Value | null | undefined): number =>
  value?.kind === 'text' ? value.text.length : value?.kind === 'list' ? value.words.length * 10 : 0;

const ASSIGNMENT = /^([A-Za-z_]\w{0,100})(\+?)=/;

/** `NAME=value` as a word; null for any other word. */
const asAssignment = (raw: RawWord): Assignment | null => {
  const head = raw.parts[0]?.text;
  const match = head && ASSIGNMENT.exec(head.text);
  if (!match) return null;
  const rest = head.slice(match[0].length);
  const value: Part[] = [...(rest.length ? [{ text: rest }] : []), ...raw.parts.slice(1)];
  return { name: match[1]!, append: match[2] === '+', value, elements: raw.elements, raw };
};

/** Evaluates the assignments of a script in their order and gives its commands with their variables expanded. */
export const readScript = (source: Traced, dialect: Dialect, outer: Scope = EMPTY_SCOPE): Script => {
  const { statements, problems } = lexShell(source, dialect);
  const variables = new Map<string, Value | null>();
  let unfolded = 0;
  const scope: Scope = {
    get: name => {
      const value = variables.has(name) ? variables.get(name) : outer.get(name);
      unfolded += sizeOf(value);
      return unfolded > MAX_UNFOLDED ? null : value;
    },
    set: (name, value) => variables.set(name, value),
  };
  const commands: Command[] = [];
  const exported: EnvSetting[] = [];
  const exports: ExportStatement[] = [];
  let assigns = false;

  const assign = (assignment: Assignment, statement: Statement): void => {
    const { name, append } = assignment;
    const old = scope.get(name);
    const first = statement.words[0]!;
    const last = statement.words.at(-1)!;
    const conditional = statement.depth > 0;
    if (assignment.elements) {
      const inner = assignment.elements;
      const layout = new ShellLayout({
        first: assignment.raw.start,
        bare: assignment.raw.bare,
        continuation: dialect.escape,
        array: true,
        conditional,
        repeat: append && inner.length ? repeated(source, first, last, inner[0]!, inner.at(-1)!) : undefined,
      });
      const words = inner.flatMap(word => expandWord(word, scope, layout));
      variables.set(name, { kind: 'list', words: append && old?.kind === 'list' ? [...old.words, ...words] : words });
      return;
    }
    const { text, unresolved } = expandParts(assignment.value, scope);
    if (unresolved.length && !(/\s/.test(text.text) && unresolved.every(ref => ref.quoted))) {
      variables.set(name, null);
      return;
    }
    const own = expandParts(
      assignment.value.filter(part => !part.ref),
      EMPTY_SCOPE,
    ).text;
    const refersToItself = append || assignment.value.some(part => part.ref?.name === name);
    const before = append && old?.kind === 'text' ? old.text : Traced.EMPTY;
    if (before.length + text.length > MAX_VALUE) {
      variables.set(name, null);
      return;
    }
    const whole = before.length ? Traced.join([before, text]) : text;
    const layoutBefore = old?.kind === 'text' ? old.layoutAt : () => null;
    const layout = stringLayout(source, dialect, { first, last, own, repeat: refersToItself, conditional });
    variables.set(name, {
      kind: 'text',
      text: whole,
      layoutAt: offset => (offset >= first.start && offset < last.end ? layout : layoutBefore(offset)),
    });
  };

  const exportAll = (assignment: Assignment, statement: Statement): void => {
    const value = expandParts(assignment.value, scope).text;
    exported.push(
      envSetting(assignment, value, text =>
        removeStatement(text, statement.words[0]!.start, statement.words.at(-1)!.end),
      ),
    );
  };

  const noteExport = ({ words, depth }: Statement): void => {
    const [first, last] = [words[0]!, words.at(-1)!];
    if (depth === 0) exports.push({ start: first.start, end: last.end, bare: first.bare });
  };

  if (dialect.name === 'powershell') readParameters(source, variables);
  for (const statement of statements) {
    const { words } = statement;
    const first = words[0];
    if (!first) {
      commands.push(commandOf(statement, [], [], source, dialect));
      continue;
    }
    const keyword = source.text.slice(first.a, first.b);
    if (dialect.name === 'powershell' && assignPowershell(source, statement, scope, variables, exported)) {
      if (/^\$env:/i.test(keyword)) noteExport(statement);
      assigns = true;
      continue;
    }
    if (dialect.name === 'cmd' && /^@?set$/i.test(keyword)) {
      assignCmd(source, statement, variables, exported);
      noteExport(statement);
      assigns = true;
      continue;
    }
    if (/^(?:export|declare|local|readonly|typeset)$/.test(keyword)) {
      for (const word of words.slice(1)) {
        const assignment = asAssignment(word);
        if (!assignment) continue;
        assign(assignment, statement);
        if (keyword === 'export' || keyword === 'declare') exportAll(assignment, statement);
      }
      if (keyword === 'export' && asAssignment(words.at(-1)!)) noteExport(statement);
      continue;
    }
    const skip = /^(?:then|do|else|\{|!|time)$/.test(keyword) ? 1 : 0;
    let at = skip;
    const prefix: Assignment[] = [];
    while (at < words.length) {
      const assignment = asAssignment(words[at]!);
      if (!assignment) break;
      prefix.push(assignment);
      at++;
    }
    if (at === words.length && prefix.length) {
      for (const assignment of prefix) assign(assignment, statement);
      assigns = true;
      continue;
    }
    if (keyword === ':')
      expandParts(
        words.flatMap(word => word.parts),
        scope,
      );
    const layout = layoutOf(statement, dialect);
    const env = prefix.map(assignment =>
      envSetting(assignment, expandParts(assignment.value, scope).text, text => removeWord(text, assignment.raw)),
    );
    const expanded = words.slice(at).flatMap(word => expandWord(word, scope, layout));
    commands.push({ ...commandOf(statement, expanded, [...exported, ...env], source, dialect), layout });
  }
  return { commands, problems, assigns, exports, scope, dialect };
};

const layoutOf = (statement: Statement, dialect: Dialect): ShellLayout =>
  new ShellLayout({
    first: statement.words[0]!.start,
    bare: statement.words[0]!.bare,
    continuation: dialect.escape,
    folded: dialect.folded,
  });

const commandOf = (
  statement: Statement,
  words: Word[],
  env: EnvSetting[],
  source: Traced,
  dialect: Dialect,
): Command => ({
  words,
  env,
  depth: statement.depth,
  heredocs: statement.heredocs,
  layout: statement.words[0]
    ? layoutOf(statement, dialect)
    : new ShellLayout({ first: source.start(0), bare: source.context(0), continuation: dialect.escape }),
  start: statement.words[0]?.start ?? source.start(0),
  end: statement.words.at(-1)?.end ?? source.start(0),
});

const envSetting = (assignment: Assignment, value: Traced, remove: (text: string) => Edit[]): EnvSetting => ({
  name: assignment.name,
  value: value.text,
  at: assignment.raw.start,
  set: (_text, wanted) =>
    value.length
      ? replaceText(
          {
            text: value,
            start: assignment.raw.start + assignment.name.length + 1,
            end: assignment.raw.end,
            bare: assignment.raw.bare,
          },
          wanted,
        )
      : [
          {
            start: assignment.raw.start + assignment.name.length + 1,
            end: assignment.raw.end,
            text: assignment.raw.bare.encode(wanted),
          },
        ],
  remove,
});

/** A statement alone on its line goes with the line. */
const removeStatement = (text: string, start: number, end: number): Edit[] => {
  const from = lineStart(text, start);
  const rest = text.slice(end, lineEnd(text, end));
  return text.slice(from, start).trim() === '' && rest.trim() === ''
    ? [{ start: from, end: nextLine(text, end), text: '' }]
    : [{ start, end: end + (/^[ \t]*(?:;|&&)?[ \t]*/.exec(rest)?.[0].length ?? 0), text: '' }];
};

const removeWord = (text: string, word: { start: number; end: number }): Edit[] => {
  const rest = text.slice(word.end);
  return [
    {
      start: word.start,
      end: word.end + (/^[ \t]*(?:\\\r?\n)?[ \t]*/.exec(rest.slice(0, 400))?.[0].length ?? 0),
      text: '',
    },
  ];
};

/** One more statement like `first … last`, with the words from `from` to `to` replaced by a new flag. */
const repeated = (source: Traced, first: RawWord, last: RawWord, from: { a: number }, to: { b: number }) => ({
  start: first.start,
  end: last.end,
  write: (flag: string) => source.text.slice(first.a, from.a) + flag + source.text.slice(to.b, last.b),
});

const stringLayout = (
  source: Traced,
  dialect: Dialect,
  value: { first: RawWord; last: RawWord; own: Traced; repeat: boolean; conditional: boolean },
): Layout => {
  const { first, last, own, conditional } = value;
  const body = own.text;
  const lead = body.length - body.trimStart().length;
  const at = own.length ? own.start(lead) : first.start;
  const end = own.length ? own.end(body.trimEnd().length - 1) : first.end;
  const offset = first.a - first.start;
  return new ShellLayout({
    first: at,
    bare: own.length ? bareContext(own.context(lead), WORDS) : first.bare,
    continuation: dialect.escape,
    conditional,
    repeat:
      value.repeat && own.length ? repeated(source, first, last, { a: at + offset }, { b: end + offset }) : undefined,
  });
};

/** Defaults in a `param( … )` block: `[string]$Model = "x", [int]$Port = 8000`. */
const readParameters = (source: Traced, variables: Map<string, Value | null>): void => {
  const open = /(?:^|\n)\s{0,40}param\s{0,8}\(/i.exec(source.text);
  if (!open) return;
  const from = open.index + open[0].length;
  const block = source.text.slice(from, from + 4000);
  for (const match of block.matchAll(
    /\$(\w{1,80})\s{0,20}=\s{0,20}(?:"([^"\n]{0,400})"|'([^'\n]{0,400})'|([^\s,)"']{1,200}))/g,
  )) {
    const value = match[2] ?? match[3] ?? match[4] ?? '';
    const end = from + match.index + match[0].length - (match[4] === undefined ? 1 : 0);
    const text = source.slice(end - value.length, end);
    variables.set(match[1]!, { kind: 'text', text, layoutAt: () => null });
    const close = block.slice(match.index + match[0].length).search(/[^\s]/);
    if (block[match.index + match[0].length + close] === ')') break;
  }
};

const quoteAt = (source: Traced, raw: RawWord): '"' | "'" => (source.text[raw.a] === "'" ? "'" : '"');

/** `$Name = value`, `$env:NAME = value`; with a fallback in an `else`, the fallback. */
const assignPowershell = (
  source: Traced,
  statement: Statement,
  scope: Scope,
  variables: Map<string, Value | null>,
  exported: EnvSetting[],
): boolean => {
  const words = statement.words;
  const target = /^\$(env:|global:|script:)?(\w{1,80})(=?)/i.exec(source.text.slice(words[0]!.a, words[0]!.b));
  const equals = words[1] && source.text.slice(words[1].a, words[1].b) === '=';
  if (!target || !equals) return false;
  const rest = words.slice(2);
  const isElse = rest.findIndex(word => source.text.slice(word.a, word.b).toLowerCase() === 'else');
  const chosen =
    isElse >= 0 ? rest.slice(isElse + 1).find(word => !/^[{}]+$/.test(source.text.slice(word.a, word.b))) : rest[0];
  if (chosen?.elements) {
    const texts = chosen.elements.map(raw => ({ raw, text: expandParts(raw.parts, EMPTY_SCOPE).text.text }));
    const layout = new FlowListLayout(
      texts.map(({ raw, text }) => ({ start: raw.start, end: raw.end, quote: quoteAt(source, raw), text })),
      { plainAllowed: false },
    );
    const elements = chosen.elements.flatMap(raw => expandWord(raw, scope, layout));
    variables.set(target[2]!, { kind: 'list', words: elements });
    return true;
  }
  const plain = isElse >= 0 || rest.length === 1;
  const expanded = chosen && plain ? expandParts(chosen.parts, scope) : null;
  const known = expanded && !expanded.unresolved.length ? expanded.text : null;
  variables.set(target[2]!, known ? { kind: 'text', text: known, layoutAt: () => null } : null);
  if (/^env:/i.test(target[1] ?? '') && chosen) {
    const text = expanded?.text ?? Traced.EMPTY;
    exported.push({
      name: target[2]!,
      value: text.text,
      at: words[0]!.start,
      set: (_text, wanted) => replaceText({ text, start: chosen.start, end: chosen.end, bare: chosen.bare }, wanted),
      remove: whole => removeStatement(whole, words[0]!.start, words.at(-1)!.end),
    });
  }
  return true;
};

/** `set NAME=value`, `set "NAME=value"`: everything behind the `=` is the value, blanks too. */
const assignCmd = (
  source: Traced,
  statement: Statement,
  variables: Map<string, Value | null>,
  exported: EnvSetting[],
): void => {
  const word = statement.words[1];
  if (!word) return;
  const end = statement.words.at(-1)!.b;
  let text = source.slice(word.a, end);
  if (text.text.startsWith('"')) text = text.slice(1, text.text.endsWith('"') ? text.length - 1 : text.length);
  const match = ASSIGNMENT.exec(text.text);
  if (!match) return;
  const value = text.slice(match[0].length).within(word.bare);
  const plain = !/%\w/.test(value.text);
  variables.set(match[1]!, plain ? { kind: 'text', text: value, layoutAt: () => null } : null);
  exported.push({
    name: match[1]!,
    value: value.text,
    at: word.start,
    set: (_text, wanted) => [
      { start: value.start(0), end: value.length ? value.end(value.length - 1) : word.end, text: wanted },
    ],
    remove: whole => removeStatement(whole, statement.words[0]!.start, statement.words.at(-1)!.end),
  });
};
