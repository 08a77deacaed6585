import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import type { Layout, NewFlag, Placed } from '../text/layout.js';
import type { Context } from '../text/traced.js';

interface ShellLayoutOptions {
  /** Where the command begins (variables before it and wrappers included). */
  first: number;
  bare: Context;
  /** What continues a line: backslash, backtick, caret. */
  continuation: string;
  /** Elements of a bash array: line breaks need no continuation. */
  array?: boolean;
  /** Folded YAML: lines are joined without a continuation, and none is added. */
  folded?: boolean;
  /** It stands in an `if` or a loop: what is added there might never count. */
  conditional?: boolean;
  /** The statement `args+=" --x 1"` that the words stand in: a new flag gets one more such statement. */
  repeat?: { start: number; end: number; write: (flag: string) => string };
}

/** Words of a command as they stand on lines, with continuations, comments, redirections around them. */
export class ShellLayout implements Layout {
  readonly conditional: boolean;

  constructor(private readonly options: ShellLayoutOptions) {
    this.conditional = options.conditional ?? false;
  }

  insertAfter(text: string, last: Placed, flag: NewFlag): Edit[] {
    const { bare, continuation, array, repeat } = this.options;
    const words =
      flag.joined && flag.value !== null
        ? [joinedWord(flag, bare)]
        : [flag.flag, ...(flag.value === null ? [] : [bare.encode(flag.value)])];
    const written = words.join(' ');
    const newline = newlineOf(text);
    if (repeat) {
      const at = lineEnd(text, repeat.end);
      return [{ start: at, end: at, text: `${newline}${indentAt(text, repeat.start)}${repeat.write(written)}` }];
    }
    const indent = leadAt(text, last.end);
    if (!this.spansLines(text, last)) return [{ start: last.end, end: last.end, text: ` ${written}` }];
    const rest = text.slice(last.end, lineEnd(text, last.end));
    const blanks = /^[ \t]*/.exec(rest)![0].length;
    const tail = rest.slice(blanks);
    const continued = tail.startsWith(continuation) && /^(?:[ \t]*|[ \t]+#.*)$/.test(tail.slice(continuation.length));
    if (continued) {
      const at = nextLine(text, last.end);
      const missing = at === text.length && !text.endsWith('\n');
      const line = `${indent}${written} ${continuation}`;
      return [{ start: at, end: at, text: missing ? `${newline}${line}` : `${line}${newline}` }];
    }
    if (tail.startsWith('#') && blanks && !array) return [{ start: last.end, end: last.end, text: ` ${written}` }];
    if (array && tail.startsWith('#')) {
      const at = lineEnd(text, last.end);
      return [{ start: at, end: at, text: `${newline}${indent}${written}` }];
    }
    // More words of the same command follow on this line.
    if (blanks && /^(?:--?[A-Za-z]|[A-Za-z./$"'])/.test(tail))
      return [{ start: last.end, end: last.end, text: ` ${written}` }];
    const mark = this.continues(text, last) ? ` ${continuation}` : '';
    return [{ start: last.end, end: last.end, text: `${mark}${newline}${indent}${written}` }];
  }

  remove(text: string, words: Placed[]): Edit[] {
    const { continuation, first, repeat } = this.options;
    const start = words[0]!.start;
    const end = words.at(-1)!.end;
    // `args+=" --x"` that would be left empty goes as a whole.
    if (repeat && start >= repeat.start && end <= repeat.end) {
      const left = text.slice(repeat.start, start) + text.slice(end, repeat.end);
      const line =
        text.slice(lineStart(text, repeat.start), repeat.start) + text.slice(repeat.end, lineEnd(text, repeat.end));
      if (/^\w{1,100}\+?=\(?["']?(?:\$\{?\w{1,100}\}?)?\s*["']?\)?$/.test(left) && line.trim() === '')
        return [{ start: lineStart(text, repeat.start), end: nextLine(text, repeat.end), text: '' }];
    }
    const begin = lineStart(text, start);
    const stop = lineEnd(text, end);
    const after = text.slice(end, stop);
    const leads = begin > first && /^[ \t]*(?:>[ \t]*)?$/.test(text.slice(begin, start));
    const blanks = /^[ \t]*/.exec(after)![0].length;
    const tail = after.slice(blanks);
    const continued = tail.startsWith(continuation) && /^(?:[ \t]*|[ \t]+#.*)$/.test(tail.slice(continuation.length));
    const alone = leads && (tail === '' || continued || (blanks > 0 && tail.startsWith('#')));
    if (alone) {
      const previous = lineEnd(text, lineStart(text, begin - 1));
      const line = text.slice(lineStart(text, previous), previous);
      const trimmed = line.trimEnd();
      if (!continued && trimmed.endsWith(continuation) && !this.options.array) {
        const keep = trimmed.slice(0, -continuation.length).trimEnd().length;
        return [{ start: previous - line.length + keep, end: stop, text: '' }];
      }
      return [{ start: begin, end: nextLine(text, end), text: '' }];
    }
    if (leads) return [{ start, end: end + blanks, text: '' }];
    let from = start;
    while (from > 0 && (text[from - 1] === ' ' || text[from - 1] === '\t')) from--;
    return [{ start: from, end: from === start ? end + blanks : end, text: '' }];
  }

  private spansLines(text: string, last: Placed): boolean {
    return lineStart(text, this.options.first) < lineStart(text, last.end);
  }

  /** The command's lines are joined by continuations (in folded YAML and arrays they are not). */
  private continues(text: string, last: Placed): boolean {
    const { continuation, first, array, folded } = this.options;
    if (array || folded) return false;
    for (let at = lineEnd(text, first); at < last.end; at = lineEnd(text, nextLine(text, at))) {
      if (
        text
          .slice(Math.max(0, at - 80), at)
          .trimEnd()
          .endsWith(continuation)
      )
        return true;
      if (nextLine(text, at) >= text.length) break;
    }
    return false;
  }
}

/** Blanks at the beginning of a line, with the `> ` of a continued prompt or a quotation. */
const leadAt = (text: string, offset: number): string =>
  /^[ \t]*(?:>[ \t]+(?=-))?/.exec(text.slice(lineStart(text, offset), offset))![0];

/** `--flag=value` with the value quoted as it needs, not the flag. */
const joinedWord = (flag: NewFlag, bare: Context): string => `${flag.flag}=${bare.encode(flag.value ?? '')}`;
