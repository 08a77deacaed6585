import { type Holder, type Literal, parseLeading } from '../text/literal.js';
import type { Traced } from '../text/traced.js';

/** A call with its arguments. */
export type Call = Extract<Literal, { kind: 'call' }>;

/** Calls by name, outside comments, definitions and imports. */
export const callsOf = function* (source: Traced, names: RegExp): Generator<Call> {
  const pattern = new RegExp(`(?<![\\w])(?:[A-Za-z_]\\w{0,60}\\.){0,4}(?:${names.source})[ \\t]{0,8}\\(`, 'g');
  const text = source.text;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const before = text.slice(Math.max(text.lastIndexOf('\n', match.index - 1) + 1, match.index - 400), match.index);
    if (/#/.test(before.replace(/(["'])[^"']{0,200}\1/g, '')) || /\b(?:class|def)\s+$/.test(before)) continue;
    const call = parseLeading(text, match.index);
    if (call?.kind !== 'call') continue;
    yield call;
    // What stands inside a call has been read with it.
    pattern.lastIndex = Math.max(pattern.lastIndex, call.end);
  }
};

/** A dictionary: `{…}` or `dict(…)`. */
export const asHolder = (literal: Literal | undefined | null): Holder | null =>
  literal?.kind === 'object' || (literal?.kind === 'call' && literal.name === 'dict') ? literal : null;

/** The value of a key or keyword; undefined where it is not given. */
export const memberOf = (holder: Holder | null, key: string): Literal | undefined =>
  holder?.members.find(member => member.key === key)?.value;
