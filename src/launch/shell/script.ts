import type { Problem } from '../problems.js';
import type { EnvSetting } from '../reading.js';
import type { Context, Traced } from '../text/traced.js';
import { type Assignment, asAssignment, assign, assignExported } from './assignments.js';
import { assignCmd } from './cmd.js';
import type { Dialect } from './dialect.js';
import { type Evaluation, newEvaluation } from './evaluation.js';
import { ShellLayout } from './layout.js';
import { lexShell } from './lexer.js';
import { assignPowershell, readParameters, setsEnvironment } from './powershell.js';
import type { Statement } from './syntax.js';
import { endsOf, removeWord, wordSetting } from './variable-edits.js';
import { EMPTY_SCOPE, expandParts, expandWord, type Scope, type Word } from './words.js';

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

/** A script as it is run: its commands in their order, and what it sets for them. */
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

/** What evaluating a statement came to; a command is only in the last. */
type Outcome = { kind: 'exported' | 'assigned'; forAll: boolean } | { kind: 'command'; command: Command };

/** Evaluates the assignments of a script in their order and gives its commands with their variables expanded. */
export const readScript = (source: Traced, dialect: Dialect, outer: Scope = EMPTY_SCOPE): Script => {
  const { statements, problems } = lexShell(source, dialect);
  const script = newEvaluation(source, dialect, outer);
  const commands: Command[] = [];
  const exports: ExportStatement[] = [];
  let assigns = false;
  if (dialect.name === 'powershell') readParameters(script);
  for (const statement of statements) {
    const outcome = evaluate(statement, script);
    if (outcome.kind === 'command') commands.push(outcome.command);
    else if (outcome.forAll && statement.depth === 0) {
      const { first, last } = endsOf(statement);
      exports.push({ start: first.start, end: last.end, bare: first.bare });
    }
    if (outcome.kind === 'assigned') assigns = true;
  }
  return { commands, problems, assigns, exports, scope: script.scope, dialect };
};

const evaluate = (statement: Statement, script: Evaluation): Outcome => {
  const { source, dialect } = script;
  const [first] = statement.words;
  if (!first) return { kind: 'command', command: commandOf(statement, [], [], script) };
  const keyword = source.text.slice(first.a, first.b);
  if (dialect.name === 'powershell' && assignPowershell(statement, script))
    return { kind: 'assigned', forAll: setsEnvironment(script, statement) };
  if (dialect.name === 'cmd' && /^@?set$/i.test(keyword)) {
    assignCmd(statement, script);
    return { kind: 'assigned', forAll: true };
  }
  if (/^(?:export|declare|local|readonly|typeset)$/.test(keyword)) {
    assignExported(statement, keyword, script);
    return { kind: 'exported', forAll: keyword === 'export' && asAssignment(statement.words.at(-1)!) !== null };
  }
  const { assignments, behind } = assignmentsBefore(statement, /^(?:then|do|else|\{|!|time)$/.test(keyword) ? 1 : 0);
  if (assignments.length > 0 && behind === statement.words.length) {
    for (const assignment of assignments) assign(assignment, statement, script);
    return { kind: 'assigned', forAll: false };
  }
  // `: ${X:=1}` is there for what its expansion sets.
  if (keyword === ':')
    expandParts(
      statement.words.flatMap(word => word.parts),
      script.scope,
    );
  return { kind: 'command', command: commandOf(statement, statement.words.slice(behind), assignments, script) };
};

/** The assignments in front of a command, from the word `from` on, and where the command begins. */
const assignmentsBefore = ({ words }: Statement, from: number): { assignments: Assignment[]; behind: number } => {
  const assignments: Assignment[] = [];
  let behind = from;
  for (; behind < words.length; behind++) {
    const assignment = asAssignment(words[behind]!);
    if (!assignment) break;
    assignments.push(assignment);
  }
  return { assignments, behind };
};

const commandOf = (
  statement: Statement,
  words: Statement['words'],
  assignments: Assignment[],
  { source, dialect, scope, exported }: Evaluation,
): Command => {
  const [first] = statement.words;
  const layout = new ShellLayout({
    first: first?.start ?? source.start(0),
    bare: first?.bare ?? source.context(0),
    continuation: dialect.escape,
    folded: first && dialect.folded,
  });
  const own = assignments.map(({ name, value, raw }) =>
    wordSetting(name, expandParts(value, scope).text, raw, text => removeWord(text, raw)),
  );
  return {
    words: words.flatMap(word => expandWord(word, scope, layout)),
    env: first ? [...exported, ...own] : [],
    depth: statement.depth,
    heredocs: statement.heredocs,
    layout,
    start: first?.start ?? source.start(0),
    end: statement.words.at(-1)?.end ?? source.start(0),
  };
};
