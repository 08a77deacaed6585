import { type Context, Traced } from '../text/traced.js';
import type { Cursor } from './cursor.js';
import { bareContext, doubleContext, escapedQuotesContext, singleContext } from './dialect.js';
import { Parts } from './parts.js';
import type { Part, Reference } from './syntax.js';

/** What a reference is read as, before it is known where it stands. */
type Found = Pick<Reference, 'name' | 'operator' | 'operand' | 'all'>;

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
/** `${A:-${B:-…}}` deeper than this is read as text. */
const MAX_NESTING = 40;

const variable = (name: string): Found => ({ name, operator: '', operand: null, all: false });
/** A value that no text tells: the output of a command, a parameter of the shell. */
const output = (name: string, all = false): Found => ({ name, operator: 'command', operand: null, all });

/** Quotes and variables, which hold each other: `"${X:-'a b'}"`. Each method reads at the cursor and moves it behind. */
export class PieceReader {
  private nesting = 0;
  /** An unclosed `${` has been looked for up to here; none that begins before it is tried again. */
  private unclosedUntil = 0;

  constructor(private readonly cursor: Cursor) {}

  /** The name at an index; null where there is none. */
  nameAt(index: number): string | null {
    NAME.lastIndex = index;
    return NAME.exec(this.cursor.text)?.[0] ?? null;
  }

  /** `'…'`, up to the end of the text where it is not closed. */
  singleQuoted(): Part[] {
    const { cursor } = this;
    const { source, dialect, text } = cursor;
    const close = text.indexOf("'", cursor.pos + 1);
    const from = cursor.pos + 1;
    const end = close < 0 ? text.length : close;
    const outer = source.context(cursor.pos);
    cursor.moveTo(end + 1);
    // Windows PowerShell hands '{\"a\": 1}' on to a program as {"a": 1}.
    if (dialect.name === 'powershell' && text.slice(from, end).includes('\\"'))
      return [{ text: this.withEscapedQuotes(from, end, escapedQuotesContext(outer)) }];
    return [{ text: source.slice(from, end).within(singleContext(outer, dialect)) }];
  }

  private withEscapedQuotes(from: number, end: number, context: Context): Traced {
    const { source, text } = this.cursor;
    const pieces: Traced[] = [];
    let at = from;
    for (let i = text.indexOf('\\"', at); i >= 0 && i < end; i = text.indexOf('\\"', at)) {
      if (i > at) pieces.push(source.slice(at, i).within(context));
      pieces.push(source.as('"', i, i + 2, context));
      at = i + 2;
    }
    if (at < end) pieces.push(source.slice(at, end).within(context));
    return Traced.join(pieces);
  }

  /** `"…"` with its escapes undone and its variables found; `closing`: any of these ends it. */
  doubleQuoted(closing: string): Part[] {
    const { cursor } = this;
    const { source, dialect } = cursor;
    const context = doubleContext(source.context(cursor.pos), dialect);
    cursor.pos++;
    const parts = new Parts(cursor, context);
    while (!cursor.isAtEnd && !closing.includes(cursor.char)) {
      const next = cursor.text[cursor.pos + 1] ?? '';
      const isEscape = dialect.name === 'cmd' ? cursor.char === '\\' && next === '"' : cursor.char === dialect.escape;
      if (isEscape && next === '\n') parts.skip(2);
      else if (isEscape && next !== '' && (dialect.name === 'powershell' || /["\\$`]/.test(next)))
        parts.add(() => this.escaped(context));
      else if (!parts.add(() => this.reference(true))) cursor.pos++;
    }
    const list = parts.end();
    cursor.moveTo(cursor.pos + 1);
    return list.length ? list : [{ text: Traced.EMPTY }];
  }

  /** The escape character here with the one behind it, which stands for itself. */
  escaped(context: Context): Part[] {
    const { cursor } = this;
    const at = cursor.pos;
    cursor.pos += 2;
    return [{ text: cursor.source.as(cursor.text[at + 1]!, at, at + 2, context) }];
  }

  /** The variable or substitution here; null where there is none. `asIs`: it is written as what stands around it. */
  reference(quoted: boolean, asIs = false): Part[] | null {
    const { cursor } = this;
    const { source, dialect } = cursor;
    const at = cursor.pos;
    const found = dialect.name === 'cmd' ? this.percent() : this.dollar();
    if (!found) {
      cursor.pos = at;
      return null;
    }
    const text = source.slice(at, cursor.pos);
    const context = (quoted ? doubleContext : bareContext)(source.context(at), dialect);
    return [{ ref: { ...found, quoted, text: asIs ? text : text.within(context) } }];
  }

  /** `%NAME%`, `%1`, `%~dp0`, `%*` in cmd. */
  private percent(): Found | null {
    const { cursor } = this;
    const match = /^%(?:([A-Za-z_]\w{0,80})(?::[^%\n]{0,80})?%|~?[\dA-Za-z]{1,5}|\*)/.exec(cursor.ahead(200));
    if (!match) return null;
    cursor.pos += match[0].length;
    return match[1] ? variable(match[1]) : output(match[0].slice(1));
  }

  /** `$NAME`, `${…}`, `$(…)`, `` `…` ``, `$env:NAME`, `$1`, `$@`. */
  private dollar(): Found | null {
    const { cursor } = this;
    const { dialect, text } = cursor;
    if (cursor.char === '`' && dialect.name === 'posix') {
      const close = text.indexOf('`', cursor.pos + 1);
      if (close < 0) return null;
      const name = text.slice(cursor.pos, close + 1);
      cursor.pos = close + 1;
      return output(name);
    }
    if (cursor.char !== '$') return null;
    const next = text[cursor.pos + 1] ?? '';
    if (next === '{') return this.braced();
    if (next === '(') return this.substitution();
    if (/[0-9@*#?!]/.test(next)) {
      cursor.pos += 2;
      return output(next, next === '@' || next === '*');
    }
    const scope = dialect.name === 'powershell' ? /^\$(?:env|global|script):/i.exec(cursor.ahead(9)) : null;
    const prefix = scope?.[0].length ?? 1;
    const name = this.nameAt(cursor.pos + prefix);
    if (!name) return null;
    cursor.pos += prefix + name.length;
    return variable(name);
  }

  /** `$(...)`: of a single name it is a Kubernetes (or PowerShell) variable, else a command whose output nobody knows. */
  private substitution(): Found {
    const { cursor } = this;
    const { text } = cursor;
    const from = cursor.pos;
    let depth = 0;
    cursor.pos++;
    for (; !cursor.isAtEnd; cursor.pos++) {
      if (cursor.char === '(') depth++;
      else if (cursor.char === ')' && --depth === 0) break;
      else if (cursor.char === "'") {
        const close = text.indexOf("'", cursor.pos + 1);
        if (close > 0) cursor.pos = close;
      }
    }
    cursor.moveTo(cursor.pos + 1);
    const raw = text.slice(from, cursor.pos);
    if (raw.startsWith('$((')) return { ...output(raw), operator: 'arithmetic' };
    const single = /^\$\(\s{0,8}\$?(?:env:)?([A-Za-z_]\w{0,80})\s{0,8}\)$/.exec(raw);
    return single ? variable(single[1]!) : output(raw);
  }

  /** `${NAME}`, `${NAME:-operand}`, `${NAME[@]}`; what none of them is has a value that nobody knows. */
  private braced(): Found | null {
    const { cursor } = this;
    const head = /^\$\{([!#]?)(?:env:)?([A-Za-z_]\w{0,80}|[0-9@*]{1,3})(\[[^\]\n]{0,40}\])?/.exec(cursor.ahead(140));
    if (!head || cursor.pos < this.unclosedUntil) return null;
    const [whole, sign, name, index] = head as unknown as [string, string, string, string | undefined];
    const all = /^\[[@*]\]$/.test(index ?? '') || /^[@*]$/.test(name);
    const isOdd = sign !== '' || (index !== undefined && !all);
    cursor.pos += whole.length;
    if (cursor.char === '}') {
      cursor.pos++;
      return isOdd || /^[0-9]/.test(name) ? output(name, all) : { ...variable(name), all };
    }
    const operator = /^(?::?[-+=?]|.)/.exec(cursor.ahead(2))?.[0] ?? '';
    cursor.pos += operator.length;
    const operand = this.operand();
    if (operand === null) {
      this.unclosedUntil = Math.max(this.unclosedUntil, cursor.pos);
      return null;
    }
    return { name, operator: isOdd ? 'command' : operator, operand, all };
  }

  /** What stands between the operator and the closing brace; null where none closes it on this line. */
  private operand(): Part[] | null {
    const { cursor } = this;
    if (this.nesting >= MAX_NESTING) return null;
    this.nesting++;
    const parts = new Parts(cursor, cursor.source.context(cursor.pos));
    let depth = 0;
    let isClosed = false;
    while (!cursor.isAtEnd && cursor.char !== '\n') {
      const { char } = cursor;
      if (char === '}' && depth === 0) {
        isClosed = true;
        break;
      }
      if (char === '{') depth++;
      if (char === '}') depth--;
      if (char === '"') parts.add(() => this.doubleQuoted('"'));
      else if (char === "'" && cursor.dialect.name !== 'cmd') parts.add(() => this.singleQuoted());
      else if (!parts.add(() => this.reference(true))) cursor.pos++;
    }
    const list = parts.end();
    this.nesting--;
    if (!isClosed) return null;
    cursor.pos++;
    return list;
  }
}
