import { type Problem, type ProblemCode, problem } from '../problems.js';
import type { Context } from '../text/traced.js';
import { Traced } from '../text/traced.js';
import { bareContext, type Dialect, doubleContext, escapedQuotesContext, singleContext, WORDS } from './dialect.js';

/** A variable (or command substitution) as it stands in a word. */
export interface Reference {
  /** Bare name; the source text for what has none (`$(nproc)`). */
  name: string;
  /** `:-`, `:+`, ... between name and operand; `command` for a substitution; empty for a plain `$X`. */
  operator: string;
  /** Operand of `${X:-operand}`. */
  operand: Part[] | null;
  /** `${ARGS[@]}`, `$@`: every element a word of its own. */
  all: boolean;
  quoted: boolean;
  /** As written. */
  text: Traced;
}

export type Part = { text: Traced; ref?: undefined } | { ref: Reference; text?: undefined };

/** A word before its variables are expanded. */
export interface RawWord {
  parts: Part[];
  /** Extent in the user's text, quotes included. */
  start: number;
  end: number;
  /** Extent in the text that was lexed. */
  a: number;
  b: number;
  /** How a new word is written beside it. */
  bare: Context;
  /** `NAME=( ... )`: the elements. */
  elements?: RawWord[];
  quoted: boolean;
}

export interface Statement {
  words: RawWord[];
  /** How many ifs, loops and functions it stands in. */
  depth: number;
  /** Text of the here-documents that it is given. */
  heredocs: Traced[];
}

const BLANK = /[ \t\r\u00A0\u3000]/;
const OPENING = '“„‘‚″';
const CLOSING = '”“’‘″';
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const MAX_NESTING = 40;

/**
 * Splits shell text into statements and words, keeping where everything is written. Damage is read as meant (a broken
 * continuation continues, typographic quotes quote) and reported. Linear in the length of the text.
 */
export const lexShell = (source: Traced, dialect: Dialect): { statements: Statement[]; problems: Problem[] } =>
  new Lexer(source, dialect).run();

/** The variables of a text that no shell splits: a list item, a value of a mapping. */
export const lexReferences = (source: Traced): Part[] => new Lexer(source, WORDS).references();

class Lexer {
  private readonly text: string;
  /** Every line begins with the `>` of a quotation. */
  private readonly quotedText: boolean;
  private pos = 0;
  private readonly statements: Statement[] = [];
  private readonly problems: Problem[] = [];
  private words: RawWord[] = [];
  private heredocs: Traced[] = [];
  private pending: { mark: string; strip: boolean }[] = [];
  private depth = 0;
  private nesting = 0;
  /** An unclosed `${` has been looked for up to here; none that begins before it is tried again. */
  private unclosedUntil = 0;
  private inPowershellArray = false;

  constructor(
    private readonly source: Traced,
    private readonly dialect: Dialect,
  ) {
    this.text = source.text;
    this.quotedText = dialect.operators && /^\s{0,40}> \S/.test(this.text.slice(0, 50));
  }

  run(): { statements: Statement[]; problems: Problem[] } {
    this.lineBegins();
    while (this.pos < this.text.length) this.step();
    this.endStatement();
    return { statements: this.statements, problems: this.problems };
  }

  private step(): void {
    const c = this.text[this.pos]!;
    if (BLANK.test(c)) this.pos++;
    else if (c === '\n') this.newline();
    else if (this.continuation()) return;
    else if (this.comment()) return;
    else if (this.dialect.operators && this.operator()) return;
    else this.words.push(this.word());
  }

  /** Prompts at the beginning of a line are no part of the command. */
  private lineBegins(): void {
    if (!this.dialect.operators) return;
    const prompt =
      /[ \t]{0,40}(?:(?:\([\w.-]{1,40}\) ?)?(?:[\w.-]{1,40}@[\w.-]{1,60}:[^\s$#]{0,100}[$#] |\$ )|> (?=-)|(?:PS )?[A-Za-z]:\\[^>\n]{0,200}> ?|!(?=[A-Za-z.])|%%(?:bash|sh|script)[^\n]{0,40})/y;
    prompt.lastIndex = this.pos;
    const match = prompt.exec(this.text);
    if (match) this.pos += match[0].length;
    else if (this.quotedText)
      this.pos += /^[ \t]{0,40}> ?/.exec(this.text.slice(this.pos, this.pos + 50))?.[0].length ?? 0;
  }

  private newline(): void {
    this.pos++;
    if (this.pending.length) this.readHeredocs();
    if (!this.dialect.newlineEnds) return;
    if (this.words.length && this.nextLineIsFlags()) {
      this.problem('broken-continuation', this.pos - 1, { mark: this.dialect.escape });
      this.lineBegins();
      return;
    }
    this.endStatement();
    this.lineBegins();
  }

  /** The next line that is neither blank nor a comment begins with a flag: it belongs to this command. */
  private nextLineIsFlags(): boolean {
    let at = this.pos;
    for (let lines = 0; lines < 20 && at < this.text.length; lines++) {
      const end = this.text.indexOf('\n', at);
      const line = this.text.slice(at, Math.min(end < 0 ? this.text.length : end, at + 200));
      if (/^\s*(?:#|REM\s|$)/i.test(line)) {
        if (end < 0) return false;
        at = end + 1;
        continue;
      }
      return /^\s*(?:--[A-Za-z]|-[a-z]{1,3}[ =]\S|[—–−‐‑―]{1,2}[A-Za-z])/.test(line);
    }
    return false;
  }

  /** An escape before a line break; with something between them, it does not work and is reported. */
  private continuation(): boolean {
    if (this.text[this.pos] !== this.dialect.escape) return false;
    let at = this.pos + 1;
    if (this.text[at] === this.dialect.escape && /^[ \t\r]{0,80}\n/.test(this.text.slice(at + 1, at + 82))) at++;
    const doubled = at > this.pos + 1;
    const blanksFrom = at;
    while (at < this.text.length && BLANK.test(this.text[at]!) && this.text[at] !== '\r') at++;
    const blanks = at > blanksFrom;
    if (this.text[at] === '\r') at++;
    const comment = blanks && this.text[at] === '#';
    if (comment) {
      const end = this.text.indexOf('\n', at);
      at = end < 0 ? this.text.length : end;
    }
    if (at < this.text.length && this.text[at] !== '\n') return false;
    const before = this.pos > 0 ? this.text[this.pos - 1]! : ' ';
    // In the middle of a word only a true continuation joins the lines.
    if (!BLANK.test(before) && before !== '\n' && blanks) return false;
    const last = /^\s*$/.test(this.text.slice(at, at + 400)) && this.text.length - at <= 400;
    if ((blanks || doubled) && !last) {
      const what = comment ? 'a comment' : doubled ? 'a second backslash' : 'a blank';
      this.problem('broken-continuation-after', this.pos, { what, mark: this.dialect.escape });
    }
    this.pos = Math.min(this.text.length, at + 1);
    if (this.dialect.newlineEnds) this.lineBegins();
    return true;
  }

  private comment(): boolean {
    const isComment =
      this.dialect.name === 'cmd'
        ? this.words.length === 0 && /^(?:@?rem(?:\s|$)|::)/i.test(this.text.slice(this.pos, this.pos + 6))
        : this.text[this.pos] === '#';
    if (!isComment) return false;
    const end = this.text.indexOf('\n', this.pos);
    this.pos = end < 0 ? this.text.length : end;
    return true;
  }

  private operator(): boolean {
    const rest = this.text.slice(this.pos, this.pos + 3);
    const redirect = /^(?:&>>?|<<<|<<-?|>>|>&|<&|>\||<>|>|<)/.exec(rest);
    if (redirect) {
      if (/^[<>]$/.test(redirect[0]) && this.placeholder()) return false;
      this.redirect(redirect[0]);
      return true;
    }
    const separator = /^(?:&&|\|\||;;|\|&|[;|&()])/.exec(rest);
    if (!separator) return false;
    if (this.dialect.name === 'powershell') {
      // PowerShell's & calls a program, its parentheses hold expressions.
      if (/[()]/.test(separator[0])) return false;
      if (separator[0] === '&') {
        this.pos++;
        return true;
      }
    }
    this.pos += separator[0].length;
    this.endStatement();
    return true;
  }

  /** `<your-model>`: what the user must fill in, not a redirection. */
  private placeholder(): boolean {
    return /^<[A-Za-z][\w .:/-]{0,60}>/.test(this.text.slice(this.pos, this.pos + 64));
  }

  private redirect(operator: string): void {
    // The descriptor number before it (2>&1) has been read as a word of its own.
    const last = this.words.at(-1);
    if (last && last.b === this.pos && /^\d$/.test(this.text.slice(last.a, last.b))) this.words.pop();
    this.pos += operator.length;
    while (BLANK.test(this.text[this.pos] ?? '')) this.pos++;
    if (/^<<-?$/.test(operator)) {
      const mark = /^(['"]?)([\w-]{1,64})\1/.exec(this.text.slice(this.pos, this.pos + 70));
      if (mark) {
        this.pending.push({ mark: mark[2]!, strip: operator === '<<-' });
        this.pos += mark[0].length;
        return;
      }
    }
    if (this.pos < this.text.length && !/[\n;|&]/.test(this.text[this.pos]!)) this.word();
    else if (this.text[this.pos] === '&') {
      this.pos++;
      if (/\d|-/.test(this.text[this.pos] ?? '')) this.pos++;
    }
  }

  private readHeredocs(): void {
    for (const { mark } of this.pending) {
      const start = this.pos;
      for (;;) {
        const end = this.text.indexOf('\n', this.pos);
        const stop = end < 0 ? this.text.length : end;
        const line = this.text.slice(this.pos, Math.min(stop, this.pos + 200)).trim();
        if (line === mark || this.pos >= this.text.length) {
          this.heredocs.push(this.source.slice(start, this.pos));
          this.pos = Math.min(this.text.length, stop + 1);
          break;
        }
        this.pos = Math.min(this.text.length, stop + 1);
      }
    }
    this.pending = [];
  }

  private endStatement(): void {
    const first = this.words[0];
    const keyword = first && !first.quoted ? this.text.slice(first.a, first.b) : '';
    if (/^(?:fi|done|esac|\})$/.test(keyword)) this.depth = Math.max(0, this.depth - 1);
    if (this.words.length || this.heredocs.length)
      this.statements.push({ words: this.words, depth: this.depth, heredocs: this.heredocs });
    if (/^(?:if|for|while|until|case|select|function)$/.test(keyword) || this.text[this.pos - 1] === '{') this.depth++;
    if (keyword === '{') this.depth++;
    this.words = [];
    this.heredocs = [];
  }

  private problem(code: ProblemCode, index: number, details: Problem['details']): void {
    this.problems.push(problem(code, this.source.start(index), details));
  }

  // ---- words

  private word(): RawWord {
    const a = this.pos;
    const bare = bareContext(this.source.context(a), this.dialect);
    const parts: Part[] = [];
    let quoted = false;
    let elements: RawWord[] | undefined;
    let run = this.pos;
    const flush = () => {
      if (this.pos > run) parts.push({ text: this.source.slice(run, this.pos).within(bare) });
    };
    while (this.pos < this.text.length) {
      const c = this.text[this.pos]!;
      if (BLANK.test(c) || c === '\n') break;
      if (this.inPowershellArray && (c === ',' || c === ')')) break;
      if (this.dialect.name === 'powershell' && c === '@' && this.pos === a) {
        if (this.text[this.pos + 1] === '(') {
          this.pos++;
          elements = this.powershellArray();
          run = this.pos;
          break;
        }
        const splat = this.splat(bare);
        if (splat) {
          parts.push(splat);
          run = this.pos;
          continue;
        }
      }
      if (this.dialect.operators && this.endsWord(c, a)) break;
      if (c === this.dialect.escape) {
        if (/^[ \t\r]{0,80}\n/.test(this.text.slice(this.pos + 1, this.pos + 82))) {
          flush();
          const from = this.pos;
          const end = this.text.indexOf('\n', this.pos);
          if (end === this.pos + 1 || this.text.slice(this.pos + 1, end) === '\r') {
            this.pos = end + 1;
            run = this.pos;
            // `word\` and an indented next line are two words; without blanks the word goes on.
            if (BLANK.test(this.text[this.pos] ?? ' ')) break;
            continue;
          }
          this.pos = from;
          run = from;
          break;
        }
        if (this.dialect.name !== 'cmd' || this.pos + 1 < this.text.length) {
          flush();
          if (this.pos + 1 >= this.text.length) {
            this.pos++;
            run = this.pos;
            break;
          }
          parts.push({ text: this.source.as(this.text[this.pos + 1]!, this.pos, this.pos + 2, bare) });
          this.pos += 2;
          run = this.pos;
          continue;
        }
      }
      if (c === "'" && this.dialect.name !== 'cmd') {
        flush();
        quoted = true;
        parts.push({ text: this.singleQuoted() });
        run = this.pos;
        continue;
      }
      if (c === '"') {
        flush();
        quoted = true;
        parts.push(...this.doubleQuoted('"'));
        run = this.pos;
        continue;
      }
      if (OPENING.includes(c)) {
        flush();
        quoted = true;
        this.problem('typographic-quotes', this.pos, { text: c });
        parts.push(...this.doubleQuoted(CLOSING));
        run = this.pos;
        continue;
      }
      const reference = this.reference(false);
      if (reference) {
        const after = this.pos;
        this.pos = reference.at;
        flush();
        this.pos = after;
        parts.push({ ref: reference.ref });
        run = this.pos;
        continue;
      }
      if (
        c === '(' &&
        this.pos > a &&
        this.text[this.pos - 1] === '=' &&
        /^[A-Za-z_]\w{0,80}\+?=$/.test(this.text.slice(a, this.pos))
      ) {
        flush();
        elements = this.elements();
        run = this.pos;
        break;
      }
      this.pos++;
    }
    flush();
    if (this.pos === a) this.pos++;
    return {
      parts,
      a,
      b: this.pos,
      start: this.source.start(a),
      end: this.source.end(this.pos - 1),
      bare,
      quoted,
      elements,
    };
  }

  private endsWord(c: string, a: number): boolean {
    if (c === '<') return !this.placeholder();
    if (c === '>') {
      // The end of a placeholder, not a redirection.
      return !/<[A-Za-z][\w .:/-]{0,60}$/.test(this.text.slice(Math.max(a, this.pos - 64), this.pos));
    }
    if (this.dialect.name === 'powershell' && /[()]/.test(c)) return false;
    if (c === '(') return !(this.pos > a && this.text[this.pos - 1] === '=');
    return c === ';' || c === '|' || c === '&' || c === ')';
  }

  /** `( a b c )` after `NAME=`; line breaks and comments are blanks. */
  private elements(): RawWord[] {
    this.pos++;
    const words: RawWord[] = [];
    while (this.pos < this.text.length && this.text[this.pos] !== ')') {
      const c = this.text[this.pos]!;
      if (BLANK.test(c) || c === '\n') this.pos++;
      else if (this.comment() || this.continuation()) continue;
      else words.push(this.word());
    }
    this.pos++;
    return words;
  }

  /** `@( "a", "b" )`; commas and line breaks separate. */
  private powershellArray(): RawWord[] {
    this.inPowershellArray = true;
    this.pos++;
    const words: RawWord[] = [];
    while (this.pos < this.text.length && this.text[this.pos] !== ')') {
      const c = this.text[this.pos]!;
      if (BLANK.test(c) || c === '\n' || c === ',') this.pos++;
      else if (!this.comment() && !this.continuation()) words.push(this.word());
    }
    this.pos++;
    this.inPowershellArray = false;
    return words;
  }

  /** `@Name`: the elements of an array as words. */
  private splat(bare: Context): Part | null {
    NAME.lastIndex = this.pos + 1;
    const name = NAME.exec(this.text)?.[0];
    if (!name) return null;
    const from = this.pos;
    this.pos += 1 + name.length;
    const text = this.source.slice(from, this.pos).within(bare);
    return { ref: { name, operator: '', operand: null, all: true, quoted: false, text } };
  }

  private singleQuoted(): Traced {
    const close = this.text.indexOf("'", this.pos + 1);
    const end = close < 0 ? this.text.length : close;
    const from = this.pos + 1;
    // Windows PowerShell hands '{\\"a\\": 1}' on to a program as {"a": 1}.
    const escaped = this.dialect.name === 'powershell' && this.text.slice(from, end).includes('\\"');
    const outer = this.source.context(this.pos);
    const context = escaped ? escapedQuotesContext(outer) : singleContext(outer, this.dialect);
    this.pos = Math.min(this.text.length, end + 1);
    if (!escaped) return this.source.slice(from, end).within(context);
    const pieces: Traced[] = [];
    let at = from;
    for (let i = this.text.indexOf('\\"', at); i >= 0 && i < end; i = this.text.indexOf('\\"', at)) {
      if (i > at) pieces.push(this.source.slice(at, i).within(context));
      pieces.push(this.source.as('"', i, i + 2, context));
      at = i + 2;
    }
    if (at < end) pieces.push(this.source.slice(at, end).within(context));
    return Traced.join(pieces);
  }

  private doubleQuoted(closing: string): Part[] {
    const context = doubleContext(this.source.context(this.pos), this.dialect);
    const parts: Part[] = [];
    this.pos++;
    let run = this.pos;
    const flush = () => {
      if (this.pos > run) parts.push({ text: this.source.slice(run, this.pos).within(context) });
    };
    while (this.pos < this.text.length && !closing.includes(this.text[this.pos]!)) {
      const c = this.text[this.pos]!;
      const next = this.text[this.pos + 1] ?? '';
      const escapes = this.dialect.name === 'cmd' ? c === '\\' && next === '"' : c === this.dialect.escape;
      if (escapes && next !== '') {
        if (next === '\n') {
          flush();
          this.pos += 2;
          run = this.pos;
          continue;
        }
        const special = this.dialect.name === 'powershell' || /["\\$`]/.test(next);
        if (special) {
          flush();
          parts.push({ text: this.source.as(next, this.pos, this.pos + 2, context) });
          this.pos += 2;
          run = this.pos;
          continue;
        }
      }
      const reference = this.reference(true);
      if (reference) {
        const after = this.pos;
        this.pos = reference.at;
        flush();
        this.pos = after;
        parts.push({ ref: reference.ref });
        run = this.pos;
        continue;
      }
      this.pos++;
    }
    flush();
    this.pos = Math.min(this.text.length, this.pos + 1);
    if (!parts.length) parts.push({ text: Traced.EMPTY });
    return parts;
  }

  // ---- variables

  /** The whole text as one word without quotes: only its variables are looked for. `$$` is a dollar sign. */
  references(): Part[] {
    const parts: Part[] = [];
    let run = 0;
    const flush = () => {
      if (this.pos > run) parts.push({ text: this.source.slice(run, this.pos) });
    };
    while (this.pos < this.text.length) {
      const found = this.reference(true, true);
      if (!found) {
        this.pos++;
        continue;
      }
      const after = this.pos;
      this.pos = found.at;
      flush();
      this.pos = after;
      parts.push({ ref: found.ref });
      run = this.pos;
    }
    flush();
    return parts;
  }

  private reference(quoted: boolean, asIs = false): { ref: Reference; at: number } | null {
    const at = this.pos;
    const found = this.dialect.name === 'cmd' ? this.percent() : this.dollar();
    if (!found) {
      this.pos = at;
      return null;
    }
    if (asIs) return { at, ref: { ...found, quoted, text: this.source.slice(at, this.pos) } };
    const context = quoted
      ? doubleContext(this.source.context(at), this.dialect)
      : bareContext(this.source.context(at), this.dialect);
    return { at, ref: { ...found, quoted, text: this.source.slice(at, this.pos).within(context) } };
  }

  private percent(): Pick<Reference, 'name' | 'operator' | 'operand' | 'all'> | null {
    const match = /^%(?:([A-Za-z_]\w{0,80})(?::[^%\n]{0,80})?%|~?[\dA-Za-z]{1,5}|\*)/.exec(
      this.text.slice(this.pos, this.pos + 200),
    );
    if (!match) return null;
    this.pos += match[0].length;
    return { name: match[1] ?? match[0].slice(1), operator: match[1] ? '' : 'command', operand: null, all: false };
  }

  private dollar(): Pick<Reference, 'name' | 'operator' | 'operand' | 'all'> | null {
    const c = this.text[this.pos];
    if (c === '`' && this.dialect.name === 'posix') {
      const close = this.text.indexOf('`', this.pos + 1);
      if (close < 0) return null;
      const name = this.text.slice(this.pos, close + 1);
      this.pos = close + 1;
      return { name, operator: 'command', operand: null, all: false };
    }
    if (c !== '$') return null;
    const next = this.text[this.pos + 1] ?? '';
    if (next === '{') return this.braced();
    if (next === '(') return this.substitution();
    if (/[0-9@*#?!]/.test(next)) {
      this.pos += 2;
      return { name: next, operator: 'command', operand: null, all: next === '@' || next === '*' };
    }
    let prefix = 1;
    const env = /^\$(?:env|global|script):/i.exec(this.text.slice(this.pos, this.pos + 9));
    if (this.dialect.name === 'powershell' && env) prefix = env[0].length;
    NAME.lastIndex = this.pos + prefix;
    const name = NAME.exec(this.text)?.[0];
    if (!name) return null;
    this.pos += prefix + name.length;
    return { name, operator: '', operand: null, all: false };
  }

  /** `$(...)`: of a single name it is a Kubernetes (or PowerShell) variable, else a command whose output nobody knows. */
  private substitution(): Pick<Reference, 'name' | 'operator' | 'operand' | 'all'> {
    const from = this.pos;
    let depth = 0;
    this.pos++;
    for (; this.pos < this.text.length; this.pos++) {
      const c = this.text[this.pos]!;
      if (c === '(') depth++;
      else if (c === ')' && --depth === 0) break;
      else if (c === "'") {
        const close = this.text.indexOf("'", this.pos + 1);
        if (close > 0) this.pos = close;
      }
    }
    this.pos = Math.min(this.text.length, this.pos + 1);
    const raw = this.text.slice(from, this.pos);
    if (raw.startsWith('$((')) return { name: raw, operator: 'arithmetic', operand: null, all: false };
    const single = /^\$\(\s{0,8}\$?(?:env:)?([A-Za-z_]\w{0,80})\s{0,8}\)$/.exec(raw);
    return single
      ? { name: single[1]!, operator: '', operand: null, all: false }
      : { name: raw, operator: 'command', operand: null, all: false };
  }

  private braced(): Pick<Reference, 'name' | 'operator' | 'operand' | 'all'> | null {
    const head = /^\$\{([!#]?)(?:env:)?([A-Za-z_]\w{0,80}|[0-9@*]{1,3})(\[[^\]\n]{0,40}\])?/.exec(
      this.text.slice(this.pos, this.pos + 140),
    );
    if (!head || this.pos < this.unclosedUntil) return null;
    const all = /^\[[@*]\]$/.test(head[3] ?? '') || /^[@*]$/.test(head[2]!);
    const from = this.pos;
    this.pos += head[0].length;
    const odd = head[1] !== '' || (head[3] !== undefined && !all);
    if (this.text[this.pos] === '}') {
      this.pos++;
      return { name: head[2]!, operator: odd || /^[0-9]/.test(head[2]!) ? 'command' : '', operand: null, all };
    }
    const operator = /^(?::?[-+=?]|.)/.exec(this.text.slice(this.pos, this.pos + 2))?.[0] ?? '';
    this.pos += operator.length;
    const operand = this.operand();
    if (operand === null) {
      this.unclosedUntil = Math.max(this.unclosedUntil, this.pos);
      this.pos = from;
      return null;
    }
    return { name: head[2]!, operator: odd ? 'command' : operator, operand, all };
  }

  /** What stands between the operator and the closing brace. */
  private operand(): Part[] | null {
    if (++this.nesting > MAX_NESTING) {
      this.nesting--;
      return null;
    }
    const context = this.source.context(this.pos);
    const parts: Part[] = [];
    let run = this.pos;
    const flush = () => {
      if (this.pos > run) parts.push({ text: this.source.slice(run, this.pos).within(context) });
    };
    let depth = 0;
    let closed = false;
    while (this.pos < this.text.length) {
      const c = this.text[this.pos]!;
      if (c === '}' && depth === 0) {
        closed = true;
        break;
      }
      if (c === '{') depth++;
      if (c === '}') depth--;
      if (c === '\n') break;
      if (c === '"' || (c === "'" && this.dialect.name !== 'cmd')) {
        flush();
        if (c === '"') parts.push(...this.doubleQuoted('"'));
        else parts.push({ text: this.singleQuoted() });
        run = this.pos;
        continue;
      }
      const reference = this.reference(true);
      if (reference) {
        const after = this.pos;
        this.pos = reference.at;
        flush();
        this.pos = after;
        parts.push({ ref: reference.ref });
        run = this.pos;
        continue;
      }
      this.pos++;
    }
    flush();
    this.nesting--;
    if (!closed) return null;
    this.pos++;
    return parts;
  }
}
