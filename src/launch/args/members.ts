import { type Problem, unresolved } from '../problems.js';
import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine, separatorBetween } from '../text/edits.js';
import { type Literal, literalValue, type Member } from '../text/literal.js';
import { literalText } from '../text/literal-text.js';
import type { Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import type { Argument } from './argument.js';
import { flagKind, isEngineArgument, resolveFlag } from './flags.js';
import { literalChanges, replaceValue, spacedJson } from './slot.js';
import { arithmetic, typeValue } from './values.js';

/** How a language writes keyword arguments or members. */
type MemberStyle = 'kwarg' | 'dict' | 'json';

interface MembersOptions {
  style: MemberStyle;
  /** vLLM's name for a key (kebab-case); null for what is not vLLM's. */
  rename?: (name: string) => string | null;
  /** In front of every key that is vLLM's, and of new ones: `vllm_`. */
  prefix?: string;
  /** The literal that a name or expression stands for, and whether it is fully known. */
  resolve?: (value: Literal) => Resolved;
}

/** What a value stands for, its names followed as far as the text tells. */
export interface Resolved {
  literal: Literal;
  /** The variable or expression whose value the text does not tell. */
  unresolved: string | null;
}

type Holder = Extract<Literal, { kind: 'object' | 'call' }>;

/** The members as arguments, and how one more is written among them. */
export interface MembersReading {
  args: Argument[];
  problems: Problem[];
  append(text: string, name: string, value: ArgValue): Edit[];
}

/** `True` for Python, `true` for JSON; strings in the quotes of the others. */
const writer = (style: MemberStyle, quote: string) => {
  const write = (value: ArgValue | null): string => {
    if (style === 'json') return spacedJson(value);
    if (value === null) return 'None';
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (typeof value === 'string')
      return quote === "'" ? `'${value.replace(/[\\']/g, '\\$&')}'` : JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
    if (typeof value === 'object')
      return `{${Object.entries(value)
        .map(([key, item]) => `${write(key)}: ${write(item)}`)
        .join(', ')}}`;
    return String(value);
  };
  return write;
};

/** The quotes of the last string among the members. */
const quoteOf = (holder: Holder, source: Traced): string => {
  const strings = holder.members.filter(member => member.value.kind === 'string');
  const last = strings.at(-1)?.value;
  return last?.kind === 'string' ? (source.text[last.bodyStart - 1] ?? '"') : '"';
};

/** Reads the members of an object, `dict(…)` or a call's keyword arguments as vLLM's arguments. */
export const readMembers = (holder: Holder, source: Traced, options: MembersOptions): MembersReading => {
  const problems: Problem[] = [];
  const args: Argument[] = [];
  const prefix = options.prefix ?? '';
  const used: Member[] = [];
  const write = writer(options.style, quoteOf(holder, source));
  for (const member of holder.members) {
    if (!member.key.startsWith(prefix)) continue;
    const plain = member.key.slice(prefix.length).replaceAll('_', '-');
    const renamed = options.rename ? options.rename(plain) : plain;
    if (renamed === null) continue;
    used.push(member);
    const name = isEngineArgument(renamed) ? resolveFlag(`--${renamed}`).name : renamed;
    args.push(argumentOf(name, member, holder, source, options, problems, write));
  }
  return {
    args,
    problems,
    append: (text, name, value) => {
      const kebab = used.some(member => member.key.includes('-')) && !used.some(member => member.key.includes('_'));
      const key = `${prefix}${kebab ? name : name.replaceAll('-', '_')}`;
      return insertMember(
        text,
        holder,
        source,
        writeMember(key, value, holder, source, options.style, write),
        prefix ? used.at(-1) : undefined,
      );
    },
  };
};

const writeMember = (
  key: string,
  value: ArgValue,
  holder: Holder,
  source: Traced,
  style: MemberStyle,
  write: (value: ArgValue | null) => string,
): string => {
  if (style === 'kwarg') return `${key}=${write(value)}`;
  const last = holder.members.at(-1);
  const colon = last ? source.text.slice(last.keyEnd, last.value.start) : ': ';
  const keyText = last && source.text[last.keyStart] === "'" ? `'${key}'` : `"${key}"`;
  return `${keyText}${colon}${write(value)}`;
};

const argumentOf = (
  name: string,
  member: Member,
  holder: Holder,
  source: Traced,
  options: MembersOptions,
  problems: Problem[],
  write: (value: ArgValue | null) => string,
): Argument => {
  const resolved = options.resolve?.(member.value) ?? { literal: member.value, unresolved: null };
  const { literal } = resolved;
  const value = readValue(literal, source, name);
  const at = source.start(member.start);
  if (resolved.unresolved !== null)
    problems.push(
      unresolved(
        resolved.unresolved,
        source.text.slice(member.value.start, member.value.end),
        source.start(member.value.start),
      ),
    );
  return {
    name,
    value: value ?? 'None',
    absent: value === null,
    path: [],
    at,
    style: { dashes: null, joined: null },
    set: (_text, wanted) => setLiteral(resolved.unresolved === null ? literal : member.value, source, wanted, write),
    remove: text => removeMember(text, holder, member, source),
  };
};

const readValue = (literal: Literal, source: Traced, name: string): ArgValue | null => {
  if (literal.kind === 'string') return typeValue(literal.value, flagKind(name)).value;
  // torch.bfloat16 is the name of a type.
  if (literal.kind === 'name' && /^torch\.\w+$/.test(literal.name)) return literal.name.slice('torch.'.length);
  if (literal.kind === 'expression') {
    const text = source.text.slice(literal.start, literal.end);
    return arithmetic(text) ?? text;
  }
  return literalValue(literal, source.text);
};

/** Gives a literal another value where it stands. */
export const setLiteral = (
  literal: Literal,
  source: Traced,
  wanted: ArgValue,
  write: (value: ArgValue | null) => string,
): Edit[] => {
  const place = (a: number, b: number) => ({
    start: source.start(a),
    end: b > a ? source.end(b - 1) : source.start(a),
  });
  if (literal.kind === 'string' && literal.plain && literal.bodyEnd > literal.bodyStart) {
    const text = literalText(literal, source);
    const slot = {
      text,
      ...place(literal.start, literal.end),
      bare: { kind: 'plain' as const, encode: (value: string) => write(value) },
    };
    const isWord = typeof wanted === 'boolean' && !/^(?:true|false|0|1)$/i.test(text.text);
    return isWord ? [{ ...slot, text: write(wanted) }] : replaceValue(slot, wanted);
  }
  if (literal.kind === 'name' && /^torch\.\w+$/.test(literal.name)) {
    const type = typeof wanted === 'string' && /^b?float\d{2}$/.test(wanted) ? `torch.${wanted}` : write(wanted);
    return [{ ...place(literal.start, literal.end), text: type }];
  }
  return literalChanges(literal, source.text, wanted, write).map(change => ({
    ...place(change.a, change.b),
    text: source.context(change.a).encode(change.text),
  }));
};

/** Everything that stands between the brackets, by its end. */
const lastInside = (holder: Holder): number => {
  const ends = [
    ...holder.members.map(member => member.end),
    ...holder.spreads.map(item => item.end),
    ...(holder.kind === 'call' ? holder.args.map(item => item.end) : []),
  ];
  return ends.length ? Math.max(...ends) : -1;
};

const lastStart = (holder: Holder, end: number): number => {
  const all = [...holder.members, ...holder.spreads, ...(holder.kind === 'call' ? holder.args : [])];
  return all.find(item => item.end === end)?.start ?? end;
};

/** Adds a member after the last one (or after `after`): on a line of its own where the last one stands on its own. */
export const insertMember = (text: string, holder: Holder, source: Traced, written: string, after?: Member): Edit[] => {
  const context = source.context(Math.max(0, holder.end - 1));
  const body = context.encode(written);
  const endIndex = after?.end ?? lastInside(holder);
  if (endIndex < 0) {
    const open = source.text.indexOf(holder.kind === 'object' ? '{' : '(', holder.start);
    const at = source.end(open);
    return [{ start: at, end: at, text: body }];
  }
  const end = source.end(endIndex - 1);
  const start = source.start(after?.start ?? lastStart(holder, endIndex));
  const ownLine =
    text.slice(lineStart(text, start), start).trim() === '' &&
    lineStart(text, source.start(holder.start)) < lineStart(text, start);
  const rest = text.slice(end, lineEnd(text, end));
  const comma = /^[ \t]*,/.exec(rest)?.[0] ?? '';
  if (!ownLine) {
    const at = end + comma.length;
    // A trailing comma before the bracket stays one.
    return comma && /^[ \t]*[)}\]]/.test(rest.slice(comma.length))
      ? [{ start: at, end: at, text: ` ${body},` }]
      : [{ start: end, end, text: `${separatorOf(text, holder, source)}${body}` }];
  }
  const line = `${newlineOf(text)}${indentAt(text, start)}${body}`;
  const behind = rest.slice(comma.length).trim();
  const free = behind === '' || behind.startsWith('#') || behind.startsWith('//');
  if (comma) {
    const at = free ? lineEnd(text, end) : end + comma.length;
    return [{ start: at, end: at, text: `${line},` }];
  }
  if (!free) return [{ start: end, end, text: `,${line}` }];
  const at = lineEnd(text, end);
  return at === end
    ? [{ start: end, end, text: `,${line}` }]
    : [
        { start: end, end, text: ',' },
        { start: at, end: at, text: line },
      ];
};

const separatorOf = (text: string, holder: Holder, source: Traced): string => {
  const [previous, last] = [holder.members.at(-2), holder.members.at(-1)];
  return separatorBetween(
    text,
    previous && { end: source.end(previous.end - 1) },
    last && { start: source.start(last.start) },
  );
};

/** Takes a member out: with its line where it stands alone, with its comma otherwise. */
export const removeMember = (text: string, holder: Holder, member: Member, source: Traced): Edit[] => {
  const start = source.start(member.start);
  const end = source.end(member.end - 1);
  const rest = text.slice(end, lineEnd(text, end));
  const comma = /^[ \t]*,/.exec(rest)?.[0] ?? '';
  const behind = rest.slice(comma.length).trim();
  const alone =
    text.slice(lineStart(text, start), start).trim() === '' &&
    (behind === '' || behind.startsWith('#') || behind.startsWith('//'));
  const neighbours = [...holder.members, ...holder.spreads, ...(holder.kind === 'call' ? holder.args : [])];
  neighbours.sort((a, b) => a.start - b.start);
  const i = neighbours.indexOf(member);
  const previous = neighbours[i - 1];
  const next = neighbours[i + 1];
  const previousEnd = previous ? source.end(previous.end - 1) : null;
  if (alone) {
    const edits: Edit[] = [{ start: lineStart(text, start), end: nextLine(text, end), text: '' }];
    if (!comma && previousEnd !== null) {
      const before = /^[ \t]*,/.exec(text.slice(previousEnd, start))?.[0].length ?? 0;
      if (before) edits.unshift({ start: previousEnd + before - 1, end: previousEnd + before, text: '' });
    }
    return edits;
  }
  // First on a line that goes on: what stands before it (a comment, perhaps) stays.
  if (comma && text.slice(lineStart(text, start), start).trim() === '')
    return [{ start, end: end + comma.length + /^[ \t]*/.exec(rest.slice(comma.length))![0].length, text: '' }];
  if (previousEnd !== null) return [{ start: previousEnd, end, text: '' }];
  if (next) return [{ start, end: source.start(next.start), text: '' }];
  return [{ start, end: end + comma.length, text: '' }];
};
