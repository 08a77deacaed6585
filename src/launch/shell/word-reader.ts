import type { Context } from '../text/traced.js';
import { BLANK, type Cursor } from './cursor.js';
import { bareContext } from './dialect.js';
import { skipComment, skipContinuation } from './lines.js';
import { Parts } from './parts.js';
import { PieceReader } from './pieces.js';
import type { Part, RawWord } from './syntax.js';

const OPENING = '“„‘‚″';
const CLOSING = '”“’‘″';

/** `<your-model>`: what the user must fill in, not a redirection. */
export const isPlaceholder = (cursor: Cursor): boolean => /^<[A-Za-z][\w .:/-]{0,60}>/.test(cursor.ahead(64));

/** Reads words: quotes, escapes, variables, and the arrays that bash and PowerShell write in the place of one. */
export class WordReader {
  private readonly pieces: PieceReader;
  private inPowershellArray = false;

  constructor(private readonly cursor: Cursor) {
    this.pieces = new PieceReader(cursor);
  }

  /** The word at the cursor; at least one character is read. */
  word(): RawWord {
    const { cursor, pieces } = this;
    const { source, dialect } = cursor;
    const a = cursor.pos;
    const bare = bareContext(source.context(a), dialect);
    const parts = new Parts(cursor, bare);
    let quoted = false;
    let elements: RawWord[] | undefined;
    /** What holds the elements of an array ends the word. */
    const takeElements = (read: () => RawWord[]) =>
      parts.add(() => {
        elements = read();
        return [];
      });
    const takeQuoted = (read: () => Part[]) => {
      quoted = true;
      parts.add(read);
    };
    while (!cursor.isAtEnd && !this.isOver()) {
      const { char } = cursor;
      if (dialect.name === 'powershell' && char === '@' && cursor.pos === a) {
        if (cursor.text[cursor.pos + 1] === '(') {
          takeElements(() => this.powershellArray());
          break;
        }
        if (parts.add(() => this.splat(bare))) continue;
      }
      if (dialect.operators && this.isOperator(a)) break;
      const effect = this.escape(parts, bare);
      if (effect === 'ends the word') break;
      if (effect === 'goes on') continue;
      if (char === "'" && dialect.name !== 'cmd') takeQuoted(() => pieces.singleQuoted());
      else if (char === '"') takeQuoted(() => pieces.doubleQuoted('"'));
      else if (OPENING.includes(char)) {
        cursor.report('typographic-quotes', cursor.pos, { text: char });
        takeQuoted(() => pieces.doubleQuoted(CLOSING));
      } else if (parts.add(() => pieces.reference(false))) continue;
      else if (char === '(' && /^[A-Za-z_]\w{0,80}\+?=$/.test(cursor.text.slice(a, cursor.pos))) {
        takeElements(() => this.bashArray());
        break;
      } else cursor.pos++;
    }
    const list = parts.end();
    if (cursor.pos === a) cursor.pos++;
    const b = cursor.pos;
    return { parts: list, a, b, start: source.start(a), end: source.end(b - 1), bare, quoted, elements };
  }

  /** The whole text as one word without quotes: only its variables are looked for. `$$` is a dollar sign. */
  references(): Part[] {
    const { cursor } = this;
    const parts = new Parts(cursor, null);
    while (!cursor.isAtEnd) if (!parts.add(() => this.pieces.reference(true, true))) cursor.pos++;
    return parts.end();
  }

  private isOver(): boolean {
    const { char } = this.cursor;
    return BLANK.test(char) || char === '\n' || (this.inPowershellArray && (char === ',' || char === ')'));
  }

  /** An operator that ends a word; `a`: where the word begins. `<your-model>` is no redirection, nor is what ends it. */
  private isOperator(a: number): boolean {
    const { cursor } = this;
    const { char, text, pos, dialect } = cursor;
    if (char === '<') return !isPlaceholder(cursor);
    if (char === '>') return !/<[A-Za-z][\w .:/-]{0,60}$/.test(text.slice(Math.max(a, pos - 64), pos));
    if (dialect.name === 'powershell' && /[()]/.test(char)) return false;
    if (char === '(') return !(pos > a && text[pos - 1] === '=');
    return char === ';' || char === '|' || char === '&' || char === ')';
  }

  /** What the escape character does at the cursor; null where there is none, or where it is a character like others. */
  private escape(parts: Parts, bare: Context): 'goes on' | 'ends the word' | null {
    const { cursor } = this;
    const { dialect, text } = cursor;
    if (cursor.char !== dialect.escape) return null;
    const gap = /^[ \t\r]{0,80}\n/.exec(cursor.ahead(81, cursor.pos + 1))?.[0];
    if (gap !== undefined) {
      if (gap !== '\n' && gap !== '\r\n') return 'ends the word';
      parts.skip(1 + gap.length);
      // `word\` and an indented next line are two words; without blanks the word goes on.
      return cursor.isAtEnd || cursor.isAtBlank ? 'ends the word' : 'goes on';
    }
    if (cursor.pos + 1 < text.length) {
      parts.add(() => this.pieces.escaped(bare));
      return 'goes on';
    }
    if (dialect.name === 'cmd') return null;
    parts.skip(1);
    return 'ends the word';
  }

  /** `( a b c )` after `NAME=`; line breaks and comments are blanks. */
  private bashArray(): RawWord[] {
    return this.array(char => BLANK.test(char) || char === '\n');
  }

  /** `@( "a", "b" )`; commas and line breaks separate. */
  private powershellArray(): RawWord[] {
    this.cursor.pos++;
    this.inPowershellArray = true;
    const words = this.array(char => BLANK.test(char) || char === '\n' || char === ',');
    this.inPowershellArray = false;
    return words;
  }

  /** The words from the opening bracket at the cursor to the closing one. */
  private array(separates: (char: string) => boolean): RawWord[] {
    const { cursor } = this;
    const words: RawWord[] = [];
    cursor.pos++;
    while (!cursor.isAtEnd && cursor.char !== ')') {
      if (separates(cursor.char)) cursor.pos++;
      else if (!skipComment(cursor, false) && !skipContinuation(cursor)) words.push(this.word());
    }
    cursor.pos++;
    return words;
  }

  /** `@Name`: the elements of an array as words. */
  private splat(bare: Context): Part[] | null {
    const { cursor } = this;
    const name = this.pieces.nameAt(cursor.pos + 1);
    if (!name) return null;
    const from = cursor.pos;
    cursor.pos += 1 + name.length;
    const text = cursor.source.slice(from, cursor.pos).within(bare);
    return [{ ref: { name, operator: '', operand: null, all: true, quoted: false, text } }];
  }
}
