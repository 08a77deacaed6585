import { type Problem, unresolved } from '../problems.js';
import type { Edit } from '../text/edits.js';
import { type Holder, type Literal, literalValue, type Member } from '../text/literal.js';
import type { Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import type { Argument } from './argument.js';
import { flagKind, isEngineArgument, resolveFlag } from './flags.js';
import { insertMember, removeMember } from './member-edits.js';
import { type MemberStyle, memberWriter } from './member-writer.js';
import { setLiteral } from './set-literal.js';
import { arithmetic, typeValue } from './values.js';

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

/** The members as arguments, and how one more is written among them. */
export interface MembersReading {
  args: Argument[];
  problems: Problem[];
  append(text: string, name: string, value: ArgValue): Edit[];
}

/** Reads the members of an object, `dict(…)` or a call's keyword arguments as vLLM's arguments. */
export const readMembers = (holder: Holder, source: Traced, options: MembersOptions): MembersReading => {
  const problems: Problem[] = [];
  const args: Argument[] = [];
  const { prefix = '', resolve } = options;
  const used: Member[] = [];
  const writer = memberWriter(options.style, holder, source);
  for (const member of holder.members) {
    if (!member.key.startsWith(prefix)) continue;
    const plain = member.key.slice(prefix.length).replaceAll('_', '-');
    const renamed = options.rename ? options.rename(plain) : plain;
    if (renamed === null) continue;
    used.push(member);
    const name = isEngineArgument(renamed) ? resolveFlag(`--${renamed}`).name : renamed;
    const resolved = resolve?.(member.value) ?? { literal: member.value, unresolved: null };
    if (resolved.unresolved !== null) {
      const { start, end } = member.value;
      problems.push(unresolved(resolved.unresolved, source.text.slice(start, end), source.start(start)));
    }
    const value = readValue(resolved.literal, source, name);
    args.push({
      name,
      value: value ?? 'None',
      absent: value === null,
      path: [],
      at: source.start(member.start),
      style: { dashes: null, joined: null },
      set: (_text, wanted) =>
        setLiteral(resolved.unresolved === null ? resolved.literal : member.value, source, wanted, writer.value),
      remove: text => removeMember(text, holder, member, source),
    });
  }
  return {
    args,
    problems,
    append: (text, name, value) => {
      const isKebab = used.some(({ key }) => key.includes('-')) && !used.some(({ key }) => key.includes('_'));
      const key = `${prefix}${isKebab ? name : name.replaceAll('-', '_')}`;
      return insertMember(text, holder, source, writer.member(key, value), prefix ? used.at(-1) : undefined);
    },
  };
};

/** The value of a literal as the flag `name` takes it; null for `None` and `null`. */
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
