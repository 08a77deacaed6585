import { plainNumber } from '../args/values.js';
import { doubleQuoted, isPlainSafe, singleQuoted } from '../yaml/scalar.js';
import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine } from './edits.js';
import type { Layout, NewFlag, Placed } from './layout.js';

export interface ListItem extends Placed {
  quote: '"' | "'" | '';
  /** Decoded text. */
  text: string;
}

/** How an item is written beside the others: with the quotes of the last of its kind. */
const writeItem = (text: string, isFlag: boolean, items: ListItem[], plainAllowed: boolean): string => {
  const isNumber = plainNumber(text) !== null;
  const likes = items.filter(item => /^--?[A-Za-z]/.test(item.text) === isFlag && (isFlag || (plainNumber(item.text) !== null) === isNumber));
  const like = likes.at(-1) ?? items.at(-1);
  const quoted = items.findLast(item => item.quote);
  let quote = like?.quote ?? '';
  if (!quote && (!plainAllowed || (isNumber && !isFlag))) quote = quoted?.quote || '"';
  if (!quote && !isPlainSafe(text) && !/^--[\w-]+(?:=[\w./-]+)?$/.test(text)) quote = "'";
  return quote === '"' ? doubleQuoted(text) : quote === "'" ? singleQuoted(text) : text;
};

const tokens = (flag: NewFlag): { text: string; isFlag: boolean }[] =>
  flag.joined && flag.value !== null
    ? [{ text: `${flag.flag}=${flag.value}`, isFlag: true }]
    : [{ text: flag.flag, isFlag: true }, ...(flag.value === null ? [] : [{ text: flag.value, isFlag: false }])];

/** `- item` lines. */
export class BlockListLayout implements Layout {
  readonly conditional = false;

  constructor(private readonly items: ListItem[]) {}

  insertAfter(text: string, last: Placed, flag: NewFlag): Edit[] {
    const lead = text.slice(lineStart(text, last.start), last.start);
    const prefix = /^[ \t]*-[ \t]+/.exec(lead)?.[0] ?? `${indentAt(text, last.start)}- `;
    const newline = newlineOf(text);
    const at = lineEnd(text, last.end);
    const lines = tokens(flag).map(token => `${newline}${prefix}${writeItem(token.text, token.isFlag, this.items, true)}`);
    return [{ start: at, end: at, text: lines.join('') }];
  }

  remove(text: string, words: Placed[]): Edit[] {
    return words.map(word => {
      const start = lineStart(text, word.start);
      const end = nextLine(text, word.end);
      // The last line of a text without a final line break takes the break before it along.
      return end === text.length && !text.endsWith('\n') && start > 0
        ? { start: start - newlineOf(text).length, end, text: '' }
        : { start, end, text: '' };
    });
  }
}

/** `["item", "item"]` in YAML, JSON, Python and a Dockerfile. `continuation` ends each line but the last (Dockerfile). */
export class FlowListLayout implements Layout {
  readonly conditional = false;

  constructor(
    private readonly items: ListItem[],
    private readonly options: { plainAllowed: boolean; continuation?: string } = { plainAllowed: true },
  ) {}

  insertAfter(text: string, last: Placed, flag: NewFlag): Edit[] {
    const { plainAllowed, continuation } = this.options;
    const written = tokens(flag).map(token => writeItem(token.text, token.isFlag, this.items, plainAllowed));
    const first = this.items[0];
    const several = first !== undefined && lineStart(text, first.start) < lineStart(text, last.start);
    if (!several) return [{ start: last.end, end: last.end, text: `, ${written.join(', ')}` }];
    const before = this.items[this.items.findIndex(item => item.start === last.start) - 1];
    const oneEach = before === undefined || lineStart(text, before.start) < lineStart(text, last.start);
    const lineBreak = `${continuation ? ` ${continuation}` : ''}${newlineOf(text)}${indentAt(text, last.start)}`;
    const rest = text.slice(last.end, lineEnd(text, last.end));
    const comma = /^[ \t]*,/.exec(rest)?.[0];
    const body = written.join(oneEach ? `,${lineBreak}` : ', ');
    if (comma) {
      const at = last.end + comma.length;
      return [{ start: at, end: at, text: `${lineBreak}${body},` }];
    }
    return [{ start: last.end, end: last.end, text: `,${lineBreak}${body}` }];
  }

  remove(text: string, words: Placed[]): Edit[] {
    const gone = new Set(words.map(word => word.start));
    const edits: Edit[] = [];
    this.items.forEach((item, i) => {
      if (!gone.has(item.start)) return;
      const previous = this.items.slice(0, i).findLast(other => !gone.has(other.start));
      const next = this.items[i + 1];
      const line = lineStart(text, item.start);
      const comma = /^[ \t]*,?/.exec(text.slice(item.end, lineEnd(text, item.end)))![0];
      const restOfLine = text.slice(item.end + comma.length, lineEnd(text, item.end)).trim();
      const alone = text.slice(line, item.start).trim() === '' && (restOfLine === '' || restOfLine === this.options.continuation);
      if (next && alone) edits.push({ start: line, end: nextLine(text, item.end), text: '' });
      else if (next && (!previous || text.slice(line, item.start).trim() === '')) edits.push({ start: item.start, end: next.start, text: '' });
      else if (previous) edits.push({ start: this.items[i - 1]!.end, end: comma.trim() && alone ? item.end + comma.length - 1 : item.end, text: '' });
      else edits.push({ start: item.start, end: item.end + comma.length, text: '' });
    });
    return edits;
  }
}
