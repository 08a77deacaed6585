import type { Resolved } from '../args/members.js';
import { lexReferences } from '../shell/lexer.js';
import type { Reference } from '../shell/syntax.js';
import { EMPTY_SCOPE, expandParts, type Scope, type Word } from '../shell/words.js';
import { FlowListLayout, type ListItem } from '../text/list-layout.js';
import type { Literal } from '../text/literal.js';
import { literalText } from '../text/literal-text.js';
import type { Context, Traced } from '../text/traced.js';

interface LiteralWordsOptions {
  /** What a name or expression among the items stands for (Python). */
  resolve?: (value: Literal) => Resolved;
  /** Variables in strings (`$X` in a Dockerfile's JSON form). */
  scope?: Scope;
  /** Ends the lines of a list that is continued (Dockerfile). */
  continuation?: string;
}

const quotesOf = (literal: Literal, source: Traced): ListItem['quote'] => {
  if (literal.kind !== 'string') return '';
  const quote = source.text[literal.bodyStart - 1];
  return quote === "'" ? "'" : '"';
};

/** The strings of a JSON or Python list as the words of a command. */
export const wordsOfLiteral = (
  list: Extract<Literal, { kind: 'array' }>,
  source: Traced,
  options: LiteralWordsOptions = {},
): Word[] => {
  const extent = (literal: Literal) => ({ start: source.start(literal.start), end: source.end(literal.end - 1) });
  const items: ListItem[] = list.items.map(item => ({
    ...extent(item),
    quote: quotesOf(item, source) || '"',
    text: item.kind === 'string' ? item.value : source.text.slice(item.start, item.end),
  }));
  const layout = new FlowListLayout(items, { plainAllowed: false, continuation: options.continuation });
  return list.items.map((item): Word => {
    const resolved = options.resolve?.(item) ?? { literal: item, unresolved: null };
    const raw =
      resolved.unresolved === null ? literalText(resolved.literal, source) : source.slice(item.start, item.end);
    const expanded = options.scope
      ? expandParts(lexReferences(raw), options.scope ?? EMPTY_SCOPE)
      : { text: raw, unresolved: [] };
    const quote = quotesOf(item, source);
    const bare: Context = {
      kind: 'string',
      encode: text =>
        source.context(item.start).encode(quote === "'" ? `'${text.replace(/[\\']/g, '\\$&')}'` : JSON.stringify(text)),
    };
    const unresolved: Reference[] =
      resolved.unresolved === null
        ? expanded.unresolved
        : [{ name: resolved.unresolved, operator: '', operand: null, all: false, quoted: true, text: raw }];
    const value =
      resolved.literal.kind === 'string' || resolved.unresolved !== null ? raw : literalText(resolved.literal, source);
    return {
      text: options.scope ? expanded.text : resolved.unresolved === null ? value : raw.within(bare),
      ...extent(item),
      bare,
      unresolved,
      quoted: true,
      layout,
    };
  });
};
