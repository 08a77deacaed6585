import { arithmetic, plainNumber } from '../args/values.js';
import type { ArgValue } from '../types.js';

/** A part of an expression, with its extent in the parsed string. */
interface Extent {
  start: number;
  end: number;
}

/** A key with its value in an object, a keyword argument of a call. */
export interface Member extends Extent {
  /** Key of an object, name of a keyword argument. */
  key: string;
  keyStart: number;
  keyEnd: number;
  value: Literal;
}

/** A value of JSON or Python, with its extent. */
export type Literal = Extent &
  (
    | { kind: 'object'; members: Member[]; spreads: Literal[] }
    | { kind: 'array'; items: Literal[] }
    | { kind: 'string'; value: string; bodyStart: number; bodyEnd: number; plain: boolean }
    | { kind: 'constant'; value: number | boolean | null }
    | { kind: 'call'; name: string; args: Literal[]; members: Member[]; spreads: Literal[] }
    | { kind: 'name'; name: string }
    | { kind: 'expression' }
  );

/** What members stand in: an object, or the brackets of a call. */
export type Holder = Extract<Literal, { kind: 'object' | 'call' }>;

const MAX_DEPTH = 64;
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '0': '\0' };

/**
 * Reads a JSON value or a Python expression at `at`; both alike, tolerant of comments, trailing commas, single quotes.
 * What is no literal (arithmetic on names, conditionals, lambdas) is kept as an `expression` with its extent.
 * Linear in the length of what it reads; nesting beyond {@link MAX_DEPTH} is kept as an expression.
 */
export const parseLiteral = (text: string, at = 0, limit = text.length): Literal | null =>
  parse(text, at, limit, false);

/** The literal or call that begins at `at`, whatever follows it (`LLM(…).generate()`, `{…} [repeated 7x]`). */
export const parseLeading = (text: string, at = 0): Literal | null => parse(text, at, text.length, true);

const parse = (text: string, at: number, limit: number, leading: boolean): Literal | null => {
  let pos = at;

  const skipBlanks = () => {
    for (; pos < limit; pos++) {
      const c = text[pos]!;
      if (c === '#' || (c === '/' && text[pos + 1] === '/')) {
        const newline = text.indexOf('\n', pos);
        pos = newline < 0 || newline > limit ? limit : newline;
        if (pos >= limit) return;
      } else if (c === '\\' && /[\r\n]/.test(text[pos + 1] ?? '')) {
        // a continued line in Python
      } else if (!/\s/.test(c)) return;
    }
  };

  /** After the extent of a value: nothing but what may follow one. */
  const atEnd = () => pos >= limit || /[,)\]}:;=]/.test(text[pos]!) || (text[pos] === '\n' && depth === 0);

  /** Skips the rest of an expression up to the `,` or bracket that ends it. */
  const skipExpression = () => {
    const open: string[] = [];
    while (pos < limit) {
      const c = text[pos]!;
      if (c === '"' || c === "'") {
        string();
        continue;
      }
      if (c === '#') {
        const newline = text.indexOf('\n', pos);
        pos = newline < 0 ? limit : Math.min(newline, limit);
        continue;
      }
      if ('([{'.includes(c)) open.push(c);
      else if (')]}'.includes(c)) {
        if (!open.length) return;
        open.pop();
      } else if (!open.length && (c === ',' || c === ';' || (c === '\n' && depth === 0))) return;
      pos++;
    }
  };

  const string = (): Literal => {
    const start = pos;
    const quote = text[pos]!;
    const triple = text.startsWith(quote.repeat(3), pos);
    const mark = triple ? quote.repeat(3) : quote;
    pos += mark.length;
    const bodyStart = pos;
    let value = '';
    while (pos < limit && !text.startsWith(mark, pos)) {
      const c = text[pos]!;
      if (!triple && c === '\n') break;
      if (c === '\\' && pos + 1 < limit) {
        const next = text[pos + 1]!;
        if (next === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(pos + 2, pos + 6))) {
          value += String.fromCharCode(Number.parseInt(text.slice(pos + 2, pos + 6), 16));
          pos += 6;
          continue;
        }
        value += next === '\n' ? '' : (ESCAPES[next] ?? next);
        pos += 2;
        continue;
      }
      value += c;
      pos++;
    }
    const bodyEnd = pos;
    pos = Math.min(limit, pos + (text.startsWith(mark, pos) ? mark.length : 0));
    return { kind: 'string', value, start, end: pos, bodyStart, bodyEnd, plain: true };
  };

  let depth = 0;

  const list = (close: string): { items: Literal[]; members: Member[]; spreads: Literal[] } => {
    const items: Literal[] = [];
    const members: Member[] = [];
    const spreads: Literal[] = [];
    depth++;
    for (;;) {
      skipBlanks();
      if (pos >= limit || text[pos] === close) break;
      if (/[)\]}]/.test(text[pos]!)) break;
      if (text[pos] === ',') {
        pos++;
        continue;
      }
      const stars = text.startsWith('**', pos) ? 2 : text[pos] === '*' ? 1 : 0;
      if (stars) {
        pos += stars;
        const value = expression();
        if (value) spreads.push(value);
        continue;
      }
      const before = pos;
      const item = expression();
      if (!item) {
        pos = Math.max(pos, before) + 1;
        continue;
      }
      skipBlanks();
      const separator = text[pos];
      if (
        (separator === ':' || (separator === '=' && text[pos + 1] !== '=')) &&
        (item.kind === 'string' || item.kind === 'name' || separator === ':')
      ) {
        pos++;
        skipBlanks();
        const value = expression();
        if (value) {
          const key = item.kind === 'string' ? item.value : text.slice(item.start, item.end);
          members.push({ key, keyStart: item.start, keyEnd: item.end, value, start: item.start, end: value.end });
        }
      } else items.push(item);
    }
    depth--;
    if (text[pos] === close && pos < limit) pos++;
    return { items, members, spreads };
  };

  const atom = (): Literal | null => {
    const start = pos;
    const c = text[pos];
    if (c === undefined || pos >= limit) return null;
    if (depth > MAX_DEPTH) {
      skipExpression();
      return { kind: 'expression', start, end: pos };
    }
    if (c === '"' || c === "'") {
      let value = string();
      // Python joins neighbouring strings; in brackets also over lines.
      for (;;) {
        const end = pos;
        if (depth > 0) skipBlanks();
        else while (text[pos] === ' ') pos++;
        if (value.kind !== 'string' || (text[pos] !== '"' && text[pos] !== "'") || pos >= limit) {
          pos = end;
          return value;
        }
        const more = string();
        if (more.kind === 'string') value = { ...value, value: value.value + more.value, end: more.end, plain: false };
      }
    }
    if (c === '{') {
      pos++;
      const { members, spreads } = list('}');
      return { kind: 'object', members, spreads, start, end: pos };
    }
    if (c === '[') {
      pos++;
      const { items } = list(']');
      return { kind: 'array', items, start, end: pos };
    }
    if (c === '(') {
      pos++;
      const { items, members } = list(')');
      if (items.length === 1 && !members.length && !/,\s*\)$/.test(text.slice(items[0]!.end, pos)))
        return { ...items[0]!, start, end: pos };
      return { kind: 'array', items, start, end: pos };
    }
    const word = /[A-Za-z_$][\w$]*(?:\.[A-Za-z_]\w*)*|[+-]?[\d.][\w.]*(?:(?<=[eE])[+-]\d+)?/y;
    word.lastIndex = pos;
    const match = word.exec(text);
    if (!match || match.index + match[0].length > limit) return null;
    pos += match[0].length;
    const name = match[0];
    if (/^[rbfuRBFU]{1,2}$/.test(name) && (text[pos] === '"' || text[pos] === "'")) {
      const value = string();
      if (value.kind !== 'string') return value;
      const formatted = /f/i.test(name) && /\{/.test(value.value);
      return formatted ? { kind: 'expression', start, end: pos } : { ...value, start };
    }
    const number = plainNumber(name);
    if (number !== null) return { kind: 'constant', value: number, start, end: pos };
    if (/^[Tt]rue$/.test(name)) return { kind: 'constant', value: true, start, end: pos };
    if (/^[Ff]alse$/.test(name)) return { kind: 'constant', value: false, start, end: pos };
    if (/^(?:None|null)$/.test(name)) return { kind: 'constant', value: null, start, end: pos };
    if (text[pos] === '(') {
      pos++;
      const { items, members, spreads } = list(')');
      return { kind: 'call', name, args: items, members, spreads, start, end: pos };
    }
    return { kind: 'name', name, start, end: pos };
  };

  const expression = (): Literal | null => {
    skipBlanks();
    const start = pos;
    const value = atom();
    const end = pos;
    if (value) {
      if (depth > 0) skipBlanks();
      else while (text[pos] === ' ' || text[pos] === '\t') pos++;
      if (text[pos] === '#' || (value.kind !== 'name' && text.startsWith('==', pos))) skipBlanks();
      if (atEnd()) {
        pos = end;
        return value;
      }
    }
    skipExpression();
    if (pos === start) return null;
    let stop = pos;
    while (stop > start && /\s/.test(text[stop - 1]!)) stop--;
    const computed = arithmetic(text.slice(start, stop));
    return computed === null
      ? { kind: 'expression', start, end: stop }
      : { kind: 'constant', value: computed, start, end: stop };
  };

  if (!leading) return expression();
  skipBlanks();
  return atom();
};

/** The value of a literal; what is no literal stands as it was written. */
export const literalValue = (literal: Literal, text: string): ArgValue | null => {
  switch (literal.kind) {
    case 'string':
      return literal.value;
    case 'constant':
      return literal.value;
    case 'array':
      return literal.items.map(item => literalValue(item, text) ?? 'None');
    case 'object':
      return Object.fromEntries(
        literal.members.map(member => [member.key, literalValue(member.value, text) as ArgValue]),
      );
    case 'call':
      return literal.name === 'dict'
        ? Object.fromEntries(literal.members.map(member => [member.key, literalValue(member.value, text) as ArgValue]))
        : text.slice(literal.start, literal.end);
    default:
      return text.slice(literal.start, literal.end);
  }
};
