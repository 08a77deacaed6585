import { insertMember, removeMember } from '../args/member-edits.js';
import type { EnvSetting } from '../reading.js';
import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import { type Holder, literalValue, type Member, parseLeading, parseLiteral } from '../text/literal.js';
import { literalText } from '../text/literal-text.js';
import type { Traced } from '../text/traced.js';
import { asHolder, callsOf } from './calls.js';
import type { Names } from './names.js';

/** The variables that a Python text sets, and how it sets one more. */
interface PythonEnvironment {
  settings: EnvSetting[];
  append(text: string, name: string, value: string): Edit[];
}

/** Libraries that start vLLM: what they are to see has to be set before they are imported. */
const IMPORT_OF_VLLM = /^[ \t]{0,80}(?:from|import)[ \t]{1,8}(?:vllm|unsloth|trl|ray|lm_eval)\b/m;
const ANY_IMPORT = /^(?:from[ \t]{1,8}(?!__future__)|import[ \t]{1,8})\w/m;

/** The first line of code: behind comments, blank lines and the text's own description. */
const firstCode = (text: string): number => {
  for (let at = 0; at < text.length; at = nextLine(text, at)) {
    const line = text.slice(at, lineEnd(text, at));
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    if (/^[rR]?(?:"""|''')/.test(line)) {
      const description = parseLeading(text, at);
      if (description) {
        at = description.end;
        continue;
      }
    }
    return at;
  }
  return 0;
};

const assignment = (name: string, value: string): string =>
  `os.environ[${JSON.stringify(name)}] = ${JSON.stringify(value)}`;

/** An assignment where none is yet: before vLLM is imported; without that import before the others, or at the top. */
const firstAssignment = (text: string, name: string, value: string): Edit[] => {
  const found = IMPORT_OF_VLLM.exec(text) ?? ANY_IMPORT.exec(text);
  let at = found?.index ?? firstCode(text);
  // `import os` itself may be the first of the imports.
  while (/^import[ \t]{1,8}os\b/.test(text.slice(at, at + 40)) && nextLine(text, at) < text.length)
    at = nextLine(text, at);
  const hasOs = /^[ \t]{0,80}import[ \t]{1,8}(?:[\w.]{1,60},[ \t]{0,8}){0,20}os\b(?!\.)/m.test(text.slice(0, at));
  const newline = newlineOf(text);
  const indent = indentAt(text, at);
  const lines = [...(hasOs ? [] : ['import os']), assignment(name, value)];
  return [{ start: at, end: at, text: lines.map(line => indent + line + newline).join('') }];
};

/** Variables set through os.environ, and in Modal's `.env({…})`. */
export const environmentOf = (source: Traced, names: Names): PythonEnvironment => {
  const assigned = assignmentsOf(source, names);
  const members: { setting: EnvSetting; holder: Holder; member: Member }[] = [];
  for (const call of callsOf(source, /env/)) {
    const holder = asHolder(call.args[0]);
    if (!holder || (!/\.env$/.test(call.name) && source.text[call.start - 1] !== '.')) continue;
    for (const member of holder.members)
      members.push({ setting: memberSetting(member, holder, source), holder, member });
  }
  return {
    settings: [...assigned, ...members.map(({ setting }) => setting)],
    append: (text, name, value) => {
      const last = assigned.at(-1);
      if (last) {
        const indent = /[ \t]*$/.exec(text.slice(lineStart(text, last.at), last.at))![0];
        return [{ start: last.at, end: last.at, text: `${assignment(name, value)}${newlineOf(text)}${indent}` }];
      }
      const modal = members.at(-1);
      if (!modal) return firstAssignment(text, name, value);
      const written =
        modal.holder.kind === 'object'
          ? `${JSON.stringify(name)}: ${JSON.stringify(value)}`
          : `${name}=${JSON.stringify(value)}`;
      return insertMember(text, modal.holder, source, written, modal.member);
    },
  };
};

const assignmentsOf = (source: Traced, names: Names): EnvSetting[] => {
  const settings: EnvSetting[] = [];
  const pattern =
    /(?:^|[\n;])[ \t]{0,80}(?:os\.)?environ(?:\[["']([A-Za-z_]\w{0,80})["']\][ \t]{0,8}=(?!=)[ \t]{0,8}|\.setdefault\(\s{0,8}["']([A-Za-z_]\w{0,80})["']\s{0,8},\s{0,8})/g;
  for (let match = pattern.exec(source.text); match; match = pattern.exec(source.text)) {
    const literal = parseLiteral(source.text, match.index + match[0].length);
    if (!literal) continue;
    const resolved = names.resolve(literal);
    const value = literalText(resolved.literal, source);
    const known = resolved.unresolved === null;
    const at = source.start(match.index + match[0].search(/\S/));
    settings.push({
      name: (match[1] ?? match[2])!,
      value: known
        ? String(literalValue(resolved.literal, source.text))
        : source.text.slice(literal.start, literal.end),
      at,
      set: (_text, wanted): Edit[] => {
        const place = known && resolved.literal.kind === 'string' ? value.place() : null;
        if (place) return [{ start: place.start, end: place.end, text: place.context.encode(wanted) }];
        return [{ start: source.start(literal.start), end: source.end(literal.end - 1), text: JSON.stringify(wanted) }];
      },
      remove: text => [{ start: lineStart(text, at), end: nextLine(text, source.end(literal.end - 1)), text: '' }],
    });
  }
  return settings;
};

/** Modal's `.env({"X": "1"})`. */
const memberSetting = (member: Member, holder: Holder, source: Traced): EnvSetting => ({
  name: member.key,
  value: String(literalValue(member.value, source.text)),
  at: source.start(member.start),
  set: (_text, wanted) => [
    { start: source.start(member.value.start), end: source.end(member.value.end - 1), text: JSON.stringify(wanted) },
  ],
  remove: text => removeMember(text, holder, member, source),
});
