import type { Holder } from '../text/literal.js';
import type { Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';

import { spacedJson } from './slot.js';

/** How a language writes keyword arguments or members. */
export type MemberStyle = 'kwarg' | 'dict' | 'json';

/** Writes in the manner of what is there already: its quotes, its colons. */
interface MemberWriter {
  value(value: ArgValue | null): string;
  member(key: string, value: ArgValue): string;
}

/** The quotes of the last string among the members. */
const quoteOf = (holder: Holder, source: Traced): string => {
  const last = holder.members.findLast(member => member.value.kind === 'string')?.value;
  return last?.kind === 'string' ? (source.text[last.bodyStart - 1] ?? '"') : '"';
};

/** A value in Python. */
const pythonValue = (value: ArgValue | null, quote: string): string => {
  const inner = (item: ArgValue | null) => pythonValue(item, quote);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quote === "'" ? `'${value.replace(/[\\']/g, '\\$&')}'` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).map(([key, item]) => `${inner(key)}: ${inner(item)}`);
  return `{${members.join(', ')}}`;
};

/** The writer for members of `holder`. */
export const memberWriter = (style: MemberStyle, holder: Holder, source: Traced): MemberWriter => {
  const quote = quoteOf(holder, source);
  const write = (value: ArgValue | null) => (style === 'json' ? spacedJson(value) : pythonValue(value, quote));
  return {
    value: write,
    member(key, value) {
      if (style === 'kwarg') return `${key}=${write(value)}`;
      const last = holder.members.at(-1);
      const colon = last ? source.text.slice(last.keyEnd, last.value.start) : ': ';
      const keyQuote = last && source.text[last.keyStart] === "'" ? "'" : '"';
      return `${keyQuote}${key}${keyQuote}${colon}${write(value)}`;
    },
  };
};
