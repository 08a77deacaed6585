import { unescapeDouble } from '../yaml/scalar.js';
import type { Literal } from './literal.js';
import { type Context, Traced } from './traced.js';

/** The text of a string literal of JSON or Python, each character with its place; of anything else its source. */
export const literalText = (literal: Literal, source: Traced): Traced => {
  if (literal.kind !== 'string') return source.slice(literal.start, literal.end);
  if (!literal.plain) return Traced.EMPTY;
  const body = source.slice(literal.bodyStart, literal.bodyEnd);
  const outer = source.context(literal.start);
  const quote = source.text[literal.bodyStart - 1];
  const text = unescapeDouble(body, outer);
  if (quote !== "'") return text;
  const context: Context = {
    kind: 'string',
    encode: value => outer.encode(value.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')),
  };
  return text.length ? text.within(context) : text;
};
