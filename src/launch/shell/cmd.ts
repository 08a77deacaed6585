import { ASSIGNMENT } from './assignments.js';
import type { Evaluation } from './evaluation.js';
import type { Statement } from './syntax.js';
import { endsOf, removeStatement } from './variable-edits.js';
import { textValue } from './words.js';

/** `set NAME=value`, `set "NAME=value"`: everything behind the `=` is the value, blanks too. */
export const assignCmd = (statement: Statement, { source, values, exported }: Evaluation): void => {
  const word = statement.words[1];
  if (!word) return;
  let text = source.slice(word.a, endsOf(statement).last.b);
  if (text.text.startsWith('"')) text = text.slice(1, text.text.endsWith('"') ? text.length - 1 : text.length);
  const match = ASSIGNMENT.exec(text.text);
  if (!match) return;
  const name = match[1]!;
  const value = text.slice(match[0].length).within(word.bare);
  values.set(name, /%\w/.test(value.text) ? null : textValue(value));
  exported.push({
    name,
    value: value.text,
    at: word.start,
    set: (_text, wanted) => [
      { start: value.start(0), end: value.length ? value.end(value.length - 1) : word.end, text: wanted },
    ],
    remove: whole => removeStatement(whole, statement),
  });
};
