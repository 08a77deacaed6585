import type { Problem } from '../problems.js';
import type { Traced } from '../text/traced.js';
import { Cursor } from './cursor.js';
import { type Dialect, WORDS } from './dialect.js';
import { nextLineIsFlags, readHeredoc, skipComment, skipContinuation, skipPrompt } from './lines.js';
import type { Part, RawWord, Statement } from './syntax.js';
import { isPlaceholder, WordReader } from './word-reader.js';

/**
 * Splits shell text into statements and words, keeping where everything is written. Damage is read as meant (a broken
 * continuation continues, typographic quotes quote) and reported. Linear in the length of the text.
 */
export const lexShell = (source: Traced, dialect: Dialect): { statements: Statement[]; problems: Problem[] } => {
  const cursor = new Cursor(source, dialect);
  return { statements: new StatementReader(cursor).read(), problems: cursor.problems };
};

/** The variables of a text that no shell splits: a list item, a value of a mapping. */
export const lexReferences = (source: Traced): Part[] => new WordReader(new Cursor(source, WORDS)).references();

/** Reads statements: words up to what ends a command, with redirections and here-documents left out of them. */
class StatementReader {
  private readonly reader: WordReader;
  private readonly statements: Statement[] = [];
  private words: RawWord[] = [];
  private heredocs: Traced[] = [];
  /** Marks of the here-documents that begin on the next line. */
  private marks: string[] = [];
  private depth = 0;

  constructor(private readonly cursor: Cursor) {
    this.reader = new WordReader(cursor);
  }

  read(): Statement[] {
    skipPrompt(this.cursor);
    while (!this.cursor.isAtEnd) this.step();
    this.endStatement();
    return this.statements;
  }

  private step(): void {
    const { cursor } = this;
    if (cursor.isAtBlank) cursor.pos++;
    else if (cursor.char === '\n') this.newline();
    else if (
      !skipContinuation(cursor) &&
      !skipComment(cursor, this.words.length === 0) &&
      !(cursor.dialect.operators && this.operator())
    )
      this.words.push(this.reader.word());
  }

  private newline(): void {
    const { cursor } = this;
    cursor.pos++;
    for (const mark of this.marks.splice(0)) this.heredocs.push(readHeredoc(cursor, mark));
    if (!cursor.dialect.newlineEnds) return;
    if (this.words.length && nextLineIsFlags(cursor))
      cursor.report('broken-continuation', cursor.pos - 1, { mark: cursor.dialect.escape });
    else this.endStatement();
    skipPrompt(cursor);
  }

  /** A redirection or what separates commands; false where there is neither. */
  private operator(): boolean {
    const { cursor } = this;
    const next = cursor.ahead(3);
    const redirect = /^(?:&>>?|<<<|<<-?|>>|>&|<&|>\||<>|>|<)/.exec(next)?.[0];
    if (redirect !== undefined) {
      if (/^[<>]$/.test(redirect) && isPlaceholder(cursor)) return false;
      this.redirect(redirect);
      return true;
    }
    const separator = /^(?:&&|\|\||;;|\|&|[;|&()])/.exec(next)?.[0];
    if (separator === undefined) return false;
    if (cursor.dialect.name === 'powershell') {
      // PowerShell's & calls a program, its parentheses hold expressions.
      if (/[()]/.test(separator)) return false;
      if (separator === '&') {
        cursor.pos++;
        return true;
      }
    }
    cursor.pos += separator.length;
    this.endStatement();
    return true;
  }

  /** Where it is redirected to is no word of the command; the text of a here-document is kept. */
  private redirect(operator: string): void {
    const { cursor } = this;
    // The descriptor number before it (2>&1) has been read as a word of its own.
    const last = this.words.at(-1);
    if (last && last.b === cursor.pos && /^\d$/.test(cursor.text.slice(last.a, last.b))) this.words.pop();
    cursor.pos += operator.length;
    while (cursor.isAtBlank) cursor.pos++;
    const mark = /^<<-?$/.test(operator) ? /^(['"]?)([\w-]{1,64})\1/.exec(cursor.ahead(70)) : null;
    if (mark) {
      this.marks.push(mark[2]!);
      cursor.pos += mark[0].length;
    } else if (cursor.char === '&') {
      cursor.pos++;
      if (/[\d-]/.test(cursor.char)) cursor.pos++;
    } else if (!cursor.isAtEnd && !/[\n;|]/.test(cursor.char)) this.reader.word();
  }

  private endStatement(): void {
    const { cursor } = this;
    const first = this.words[0];
    const keyword = first && !first.quoted ? cursor.text.slice(first.a, first.b) : '';
    if (/^(?:fi|done|esac|\})$/.test(keyword)) this.depth = Math.max(0, this.depth - 1);
    if (this.words.length || this.heredocs.length)
      this.statements.push({ words: this.words, depth: this.depth, heredocs: this.heredocs });
    if (/^(?:if|for|while|until|case|select|function)$/.test(keyword) || cursor.text[cursor.pos - 1] === '{')
      this.depth++;
    if (keyword === '{') this.depth++;
    this.words = [];
    this.heredocs = [];
  }
}
