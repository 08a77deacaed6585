import { replaceText } from '../args/slot.js';
import { FlowListLayout, type ListItem } from '../text/list-layout.js';
import { Traced } from '../text/traced.js';
import type { Evaluation } from './evaluation.js';
import type { RawWord, Statement } from './syntax.js';
import { removeStatement } from './variable-edits.js';
import { EMPTY_SCOPE, expandParts, expandWord, textValue, type Value } from './words.js';

/** Defaults in a `param( … )` block: `[string]$Model = "x", [int]$Port = 8000`. */
export const readParameters = ({ source, values }: Evaluation): void => {
  const open = /(?:^|\n)\s{0,40}param\s{0,8}\(/i.exec(source.text);
  if (!open) return;
  const from = open.index + open[0].length;
  const block = source.text.slice(from, from + 4000);
  for (const match of block.matchAll(
    /\$(\w{1,80})\s{0,20}=\s{0,20}(?:"([^"\n]{0,400})"|'([^'\n]{0,400})'|([^\s,)"']{1,200}))/g,
  )) {
    const [whole, name, double, single, bare] = match;
    const value = double ?? single ?? bare ?? '';
    const behind = match.index + whole.length;
    const end = from + behind - (bare === undefined ? 1 : 0);
    values.set(name!, textValue(source.slice(end - value.length, end)));
    if (block.slice(behind).trimStart().startsWith(')')) break;
  }
};

/** Whether a statement sets a variable of the environment: `$env:NAME = …`. */
export const setsEnvironment = ({ source }: Evaluation, { words }: Statement): boolean =>
  words[0] !== undefined && /^\$env:/i.test(source.text.slice(words[0].a, words[0].b));

/** `"a", 'b'` as words, with their places in the list. */
const arrayValue = (elements: RawWord[], { source, scope }: Evaluation): Value => {
  const items = elements.map(
    (raw): ListItem => ({
      start: raw.start,
      end: raw.end,
      quote: source.text[raw.a] === "'" ? "'" : '"',
      text: expandParts(raw.parts, EMPTY_SCOPE).text.text,
    }),
  );
  const layout = new FlowListLayout(items, { plainAllowed: false });
  return { kind: 'list', words: elements.flatMap(raw => expandWord(raw, scope, layout)) };
};

/** `$Name = value`, `$env:NAME = value`; with a fallback in an `else`, the fallback. False for any other statement. */
export const assignPowershell = (statement: Statement, script: Evaluation): boolean => {
  const { source, scope, values, exported } = script;
  const textOf = ({ a, b }: RawWord) => source.text.slice(a, b);
  const [head, equals, ...rest] = statement.words;
  const target = head && /^\$(env:|global:|script:)?(\w{1,80})(=?)/i.exec(textOf(head));
  if (!target || !equals || textOf(equals) !== '=') return false;
  const name = target[2]!;
  const elseAt = rest.findIndex(word => textOf(word).toLowerCase() === 'else');
  const chosen = elseAt < 0 ? rest[0] : rest.slice(elseAt + 1).find(word => !/^[{}]+$/.test(textOf(word)));
  if (chosen?.elements) {
    values.set(name, arrayValue(chosen.elements, script));
    return true;
  }
  const isPlain = elseAt >= 0 || rest.length === 1;
  const expanded = chosen && isPlain ? expandParts(chosen.parts, scope) : null;
  values.set(name, expanded && !expanded.unresolved.length ? textValue(expanded.text) : null);
  if (chosen && setsEnvironment(script, statement)) {
    const text = expanded?.text ?? Traced.EMPTY;
    exported.push({
      name,
      value: text.text,
      at: head.start,
      set: (_text, wanted) => replaceText({ text, start: chosen.start, end: chosen.end, bare: chosen.bare }, wanted),
      remove: whole => removeStatement(whole, statement),
    });
  }
  return true;
};
