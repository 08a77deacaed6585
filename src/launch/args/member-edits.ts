import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine, separatorBetween } from '../text/edits.js';
import type { Holder, Member } from '../text/literal.js';
import type { Traced } from '../text/traced.js';

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
