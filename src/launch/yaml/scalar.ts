import { type Context, Traced } from '../text/traced.js';

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  v: '\v',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
};

/** Text that YAML reads back as the same string without quotes. */
export const isPlainSafe = (text: string): boolean =>
  /^[\w./~-][^\n#]*$/.test(text) &&
  !/:\s|:$|\s#|^-\s|^-$|\s$|[{}[\],]/.test(text) &&
  !/^(?:true|false|null|yes|no|on|off|~|[+-]?(?:\d[\d_]*)?\.?\d*(?:e[+-]?\d+)?)$/i.test(text);

/** A text as a double-quoted scalar. */
export const doubleQuoted = (text: string): string => JSON.stringify(text);
/** A text as a single-quoted scalar. */
export const singleQuoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const within = (outer: Context, encode: (text: string) => string, kind: Context['kind'] = 'yaml'): Context => ({
  kind,
  encode: text => outer.encode(encode(text)),
});

/** A plain scalar; line folds stay line breaks, so that what is split into words keeps its lines. */
const plain = (raw: Traced): Traced =>
  foldLines(
    raw,
    within(raw.context(0), text => text),
  );

/** Drops the indentation behind line breaks. */
const foldLines = (raw: Traced, context: Context): Traced => {
  if (!raw.text.includes('\n')) return raw.within(context);
  const pieces: Traced[] = [];
  const pattern = /[ \t]*\r?\n[ \t]*/g;
  let at = 0;
  for (let match = pattern.exec(raw.text); match; match = pattern.exec(raw.text)) {
    if (match.index > at) pieces.push(raw.slice(at, match.index).within(context));
    at = match.index + match[0].length;
    pieces.push(raw.as('\n', match.index, at, context));
  }
  if (at < raw.length) pieces.push(raw.slice(at).within(context));
  return Traced.join(pieces);
};

const single = (raw: Traced): Traced => {
  const context = within(raw.context(0), text => text.replaceAll("'", "''"), 'string');
  const body = raw.slice(1, Math.max(1, raw.length - 1));
  if (!body.length) return Traced.EMPTY;
  const pieces: Traced[] = [];
  let at = 0;
  for (let i = body.text.indexOf("''"); i >= 0; i = body.text.indexOf("''", at)) {
    if (i > at) pieces.push(body.slice(at, i));
    pieces.push(body.as("'", i, i + 2, context));
    at = i + 2;
  }
  if (at < body.length) pieces.push(body.slice(at));
  return foldLines(Traced.join(pieces), context);
};

/** The inside of a JSON string or a double-quoted YAML scalar, escapes undone. */
export const unescapeDouble = (body: Traced, outer: Context): Traced => {
  if (!body.length) return Traced.EMPTY;
  const context = within(outer, text => JSON.stringify(text).slice(1, -1), 'string');
  const pieces: Traced[] = [];
  let at = 0;
  const push = (end: number) => {
    if (end > at) pieces.push(foldLines(body.slice(at, end), context));
  };
  for (let i = body.text.indexOf('\\'); i >= 0; i = body.text.indexOf('\\', at)) {
    push(i);
    const next = body.text[i + 1] ?? '';
    const hex = { x: 2, u: 4, U: 8 }[next];
    if (next === '\n' || next === '\r') {
      const blanks = /^\\\r?\n[ \t]*/.exec(body.text.slice(i, i + 200))?.[0].length ?? 2;
      at = i + blanks;
    } else if (hex && /^[0-9a-fA-F]+$/.test(body.text.slice(i + 2, i + 2 + hex))) {
      const code = Number.parseInt(body.text.slice(i + 2, i + 2 + hex), 16);
      pieces.push(body.as(String.fromCharCode(code & 0xffff), i, i + 2 + hex, context));
      at = i + 2 + hex;
    } else {
      const end = Math.min(body.length, i + 2);
      pieces.push(body.as(ESCAPES[next] ?? (next || '\\'), i, end, context));
      at = end;
    }
  }
  push(body.length);
  return pieces.length ? Traced.join(pieces) : Traced.EMPTY;
};

const double = (raw: Traced): Traced => unescapeDouble(raw.slice(1, Math.max(1, raw.length - 1)), raw.context(0));

/** A block scalar from its `|` or `>` on; the indentation of its first line is taken off every line. */
const block = (raw: Traced): Traced => {
  const header = raw.text.indexOf('\n');
  if (header < 0) return Traced.EMPTY;
  const first = /[^\s]/.exec(raw.text.slice(header));
  if (!first) return Traced.EMPTY;
  const firstAt = header + first.index;
  const indent = firstAt - (raw.text.lastIndexOf('\n', firstAt) + 1);
  const pad = ' '.repeat(indent);
  const context = within(raw.context(0), text => text.replaceAll('\n', `\n${pad}`));
  const pieces: Traced[] = [];
  let at = header + 1;
  while (at < raw.length) {
    const newline = raw.text.indexOf('\n', at);
    const end = newline < 0 ? raw.length : newline + 1;
    let from = at;
    while (from < end && from - at < indent && raw.text[from] === ' ') from++;
    if (end > from) pieces.push(raw.slice(from, end));
    at = end;
  }
  return pieces.length ? Traced.join(pieces).within(context) : Traced.EMPTY;
};

/** How a scalar is written: `literal` is `|`, `folded` is `>`. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** A scalar's source as the text that it stands for, every character with its place. */
export const decodeScalar = (raw: Traced, style: ScalarStyle): Traced => {
  if (!raw.length) return Traced.EMPTY;
  switch (style) {
    case 'plain':
      return plain(raw);
    case 'single':
      return single(raw);
    case 'double':
      return double(raw);
    default:
      return block(raw);
  }
};
