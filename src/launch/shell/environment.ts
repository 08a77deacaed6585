import { type Edit, indentAt, lineEnd, lineStart, newlineOf } from '../text/edits.js';
import type { Command, Script } from './script.js';
import type { Word } from './words.js';

/** A statement that sets a variable for what follows, as the shell writes it. */
const statementOf = (script: Script, name: string, value: string, bare: Word['bare']): string => {
  switch (script.dialect.name) {
    case 'powershell':
      return `$env:${name} = "${value.replace(/[`"$]/g, '`$&')}"`;
    case 'cmd':
      return `set ${name}=${value}`;
    default:
      return `export ${name}=${bare.encode(value)}`;
  }
};

/**
 * Adds a variable to a script that exports others: one more such statement behind the last before the command. In
 * PowerShell and cmd, which know no variables before a command, also where there is none: on a line above the command.
 * Null where the variable belongs before the command itself.
 */
export const addToScript = (
  text: string,
  script: Script,
  command: Command,
  name: string,
  value: string,
): Edit[] | null => {
  const onOwnLine = ({ start, end }: { start: number; end: number }): boolean =>
    text.slice(lineStart(text, start), start).trim() === '' &&
    /^[ \t]*;?[ \t]*(?:#.*)?$/.test(text.slice(end, lineEnd(text, end)));
  const newline = newlineOf(text);
  const last = script.exports.findLast(statement => statement.end <= command.start && onOwnLine(statement));
  if (last && !script.dialect.folded) {
    const at = lineEnd(text, last.end);
    const line = indentAt(text, last.start) + statementOf(script, name, value, last.bare);
    return [{ start: at, end: at, text: newline + line }];
  }
  if (script.dialect.name !== 'powershell' && script.dialect.name !== 'cmd') return null;
  const at = lineStart(text, command.start);
  const above = text.slice(lineStart(text, at - 1), Math.max(0, at - 1)).trimEnd();
  if (above.endsWith(script.dialect.escape)) return [];
  const { bare } = command.words[0]!;
  return [
    { start: at, end: at, text: indentAt(text, command.start) + statementOf(script, name, value, bare) + newline },
  ];
};

/** Options of `sudo` and `ssh` that take a value of their own. */
const VALUED: Record<string, RegExp> = { sudo: /^-[CDghpRrTtUu]$/, ssh: /^-[BbcDEeFIiJLlmOopQRSWw]$/ };

/** Where variables before a command reach it: behind `sudo`, `ssh HOST` and `kubectl exec … --`, which drop theirs. */
const placeBefore = (words: Word[]): { word: Word; prefix: string } => {
  const first = words[0]!;
  const name = first.text.text.replace(/^.*\//, '');
  const valued = VALUED[name];
  if (valued) {
    let at = 1;
    while (words[at]?.text.text.startsWith('-')) at += valued.test(words[at]!.text.text) ? 2 : 1;
    if (name === 'ssh') at++;
    return { word: words[at] ?? first, prefix: '' };
  }
  const dashes = /^(?:kubectl|oc|wsl)$/.test(name) ? words.findIndex(word => word.text.text === '--') : -1;
  return dashes > 0 && words[dashes + 1] ? { word: words[dashes + 1]!, prefix: 'env ' } : { word: first, prefix: '' };
};

/** `NAME=value` before a command. */
export const variableBefore = (words: Word[], name: string, value: string): Edit[] => {
  const { word, prefix } = placeBefore(words);
  return [{ start: word.start, end: word.start, text: `${prefix}${name}=${word.bare.encode(value)} ` }];
};
