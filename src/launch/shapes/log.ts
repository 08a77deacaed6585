import type { Argument } from '../args/argument.js';
import { flagKind, isEngineArgument, resolveFlag } from '../args/flags.js';
import { scalar, typeValue } from '../args/values.js';
import type { Reading, Shape } from '../reading.js';
import { type Literal, literalValue, type Member, parseLeading } from '../text/literal.js';
import type { ArgValue } from '../types.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';

/** The lines in which vLLM says how it was started, the most exact first. */
const ANNOUNCEMENTS = [
  { pattern: /non-default args: (?=\{)/, source: 'args' },
  { pattern: /args: (?=Namespace\()/, source: 'args' },
  { pattern: /Initializing an? (?:V\d )?LLM engine (?:\([^)\n]{0,120}\) )?with config: /, source: 'config' },
  { pattern: /Initializing an LLM engine \(v[^)\n]{0,80}\) with config: /, source: 'config' },
] as const;

/** What the engine's config line calls vLLM's arguments. */
const CONFIG_NAMES: Record<string, string> = {
  'max-seq-len': 'max-model-len',
  'chunked-prefill-enabled': 'enable-chunked-prefill',
  'tensor-model-parallel-size': 'tensor-parallel-size',
  'quantization-config-file': 'quantization-param-path',
};

const notArguments = new Set([
  'subparser',
  'dispatch-function',
  'model',
  'model-tag',
  'device-config',
  'decoding-config',
  'observability-config',
  'use-v2-block-manager-default',
]);

const readValue = (value: Literal, source: string, name: string): ArgValue | null => {
  if (value.kind === 'name' || value.kind === 'expression' || value.kind === 'call') {
    const text = source.slice(value.start, value.end).replace(/^torch\./, '');
    const enumeration = /^<\w+\.\w+: '?([^'>]*)'?>$/.exec(text);
    return scalar(enumeration ? enumeration[1]! : text);
  }
  const literal = literalValue(value, source);
  return typeof literal === 'string' ? typeValue(literal.replace(/^torch\./, ''), flagKind(name)).value : literal;
};

const argument = (member: Member, source: string, offset: number): Argument | null => {
  const plain = member.key.replaceAll('_', '-');
  if (notArguments.has(plain)) return null;
  const renamed = CONFIG_NAMES[plain] ?? plain;
  const name = isEngineArgument(renamed) ? resolveFlag(`--${renamed}`).name : renamed;
  const value = readValue(member.value, source, name);
  if (value === null || value === undefined) return null;
  return {
    name,
    value,
    path: [],
    at: offset + member.start,
    style: { dashes: null, joined: null },
    set: () => [],
    remove: () => [],
  };
};

/** `key=value, key=value` up to the end of the line, quotes doubled or not, cut anywhere. */
const membersOf = (text: string): { source: string; members: Member[] } => {
  // Releases of 2023 wrote model=''x''.
  const source = text.replace(/''([^'\n]{1,300})''/g, (_, inner: string) => ` '${inner}' `);
  const literal = parseLeading(`f(${source}`);
  if (literal?.kind !== 'call') return { source, members: [] };
  return { source: `f(${source}`, members: literal.members };
};

const read = (text: string): Reading | null => {
  for (const { pattern, source: kind } of ANNOUNCEMENTS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const from = match.index + match[0].length;
    const newline = text.indexOf('\n', from);
    const line = text.slice(from, Math.min(newline < 0 ? text.length : newline, from + 50_000));
    const literal = kind === 'args' ? parseLeading(line) : null;
    const { source, members } =
      literal?.kind === 'object' || literal?.kind === 'call'
        ? { source: line, members: literal.members }
        : membersOf(line);
    if (!members.length) continue;
    const args = members.flatMap(member => argument(member, source, from) ?? []);
    const model = members.find(member => member.key === 'model') ?? members.find(member => member.key === 'model_tag');
    const name = model ? readValue(model.value, source, 'model') : null;
    return {
      ...NO_SURROUNDINGS,
      shape: 'log',
      program: 'log',
      model: typeof name === 'string' ? name : null,
      args,
      problems: [],
      readOnly: true,
      append: () => null,
      extent: { start: match.index, end: match.index },
    };
  }
  return null;
};

/** What a log says of the launch: `args: Namespace(…)`, `non-default args: {…}`, the engine's config line. It is no text to edit. */
export const log: Shape = { name: 'log', read };
