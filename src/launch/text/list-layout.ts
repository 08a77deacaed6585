import { plainNumber } from '../args/values.js';
import { doubleQuoted, isPlainSafe, singleQuoted } from '../yaml/scalar.js';
import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine, separatorBetween } from './edits.js';
import type { Layout, NewFlag, Placed } from './layout.js';

/** An item of a list as it stands in the text. */
export interface ListItem extends Placed {
  quote: '"' | "'" | '';
  /** Decoded text. */
  text: string;
}

/** How an item is written beside the others: with the quotes of the last of its kind. */
const writeItem = (text: string, isFlag: boolean, items: ListItem[], plainAllowed: boolean): string => {
  const isNumber = plainNumber(text) !== null;
  const likes = items.filter(
    item => /^--?[A-Za-z]/.test(item.text) === isFlag && (isFlag || (plainNumber(item.text) !== null) === isNumber),
  );
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
    const lines = tokens(flag).map(
      token => `${newline}${prefix}${writeItem(token.text, token.isFlag, this.items, true)}`,
    );
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
    if (!several) {
      const separator = separatorBetween(text, this.items.at(-2), this.items.at(-1));
      return [{ start: last.end, end: last.end, text: `${separator}${written.join(separator)}` }];
    }
    const oneEach = !this.items.some((item, i) => {
      const next = this.items[i + 1];
      return next !== undefined && lineStart(text, item.start) === lineStart(text, next.start);
    });
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
    for (let i = 0; i < this.items.length; i++) {
      if (!gone.has(this.items[i]!.start)) continue;
      let to = i;
      while (to + 1 < this.items.length && gone.has(this.items[to + 1]!.start)) to++;
      edits.push(this.removeRun(text, i, to));
      i = to;
    }
    return edits;
  }

  /** Neighbouring items: with their lines where they fill them, else with the comma that is no longer needed. */
  private removeRun(text: string, from: number, to: number): Edit {
    const { start } = this.items[from]!;
    const { end } = this.items[to]!;
    const previous = this.items[from - 1];
    const next = this.items[to + 1];
    const line = lineStart(text, start);
    const comma = /^[ \t]*,?/.exec(text.slice(end, lineEnd(text, end)))![0];
    const rest = text.slice(end + comma.length, lineEnd(text, end)).trim();
    const leads = text.slice(line, start).trim() === '';
    const ends = rest === '' || rest === this.options.continuation || rest.startsWith('#');
    if (leads && ends && (next || comma.trim())) return { start: line, end: nextLine(text, end), text: '' };
    if (next && (!previous || leads)) return { start, end: next.start, text: '' };
    if (previous) return { start: previous.end, end, text: '' };
    return { start, end: end + comma.length, text: '' };
  }
}
