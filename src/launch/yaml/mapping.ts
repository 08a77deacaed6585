import type { Argument } from '../args/argument.js';
import { flagKind, isEngineArgument, kebab, resolveFlag } from '../args/flags.js';
import { replaceValue, spacedJson } from '../args/slot.js';
import { sameValue, typeValue, valueText } from '../args/values.js';
import { type Problem, problem, unresolved } from '../problems.js';
import { lexReferences } from '../shell/lexer.js';
import { EMPTY_SCOPE, expandParts, type Scope } from '../shell/words.js';
import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import { parseLiteralEdits } from '../text/literal-edits.js';
import type { ArgValue } from '../types.js';
import { toValue, type YamlEntry, type YamlMap, type YamlNode } from './nodes.js';
import { doubleQuoted, isPlainSafe, singleQuoted } from './scalar.js';
import { scalarContext } from './words.js';

/** `maxModelLen` and `max_model_len` as `max-model-len`. */
export const kebabKey = (key: string): string => kebab(key.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase());

type KeyStyle = 'snake' | 'kebab' | 'camel';

const styleOf = (key: string): KeyStyle | null =>
  key.includes('_') ? 'snake' : key.includes('-') ? 'kebab' : /[a-z][A-Z]/.test(key) ? 'camel' : null;

const styled = (name: string, style: KeyStyle): string =>
  style === 'kebab'
    ? name
    : style === 'snake'
      ? name.replaceAll('-', '_')
      : name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

interface MappingOptions {
  scope?: Scope;
  /** vLLM's name for a key (kebab-case); null for a key that is the wrapper's own. */
  rename?: (name: string, key: string) => string | null;
  /** The wrapper's name for one of vLLM's, for new keys. */
  ownName?: (name: string) => string;
  /** In front of every key that is vLLM's: `vllm_`. New keys get it too. */
  prefix?: string;
  /** Style of new keys where no key shows one. */
  style?: KeyStyle;
}

/** The keys as arguments, and how one more is written among them. */
export interface MappingReading {
  args: Argument[];
  problems: Problem[];
  append(text: string, name: string, value: ArgValue): Edit[] | null;
}

/** A mapping's key and value as an argument of vLLM. */
const argumentOf = (entry: YamlEntry, map: YamlMap, name: string, scope: Scope, problems: Problem[]): Argument => {
  const node = entry.value;
  const style = styleOf(entry.key);
  const common = {
    name,
    path: [],
    at: entry.start,
    style: { dashes: style === null ? null : style === 'kebab', joined: null },
    remove: (text: string) => removeEntry(text, map, entry),
  };
  if (!node) {
    const colon = entry.end;
    return {
      ...common,
      value: 'null',
      absent: true,
      set: (text, wanted) => {
        const at = text.indexOf(':', colon) + 1;
        return [{ start: at, end: at, text: ` ${writeScalar(wanted, map)}` }];
      },
    };
  }
  if (node.kind !== 'scalar')
    return { ...common, value: toValue(node) as ArgValue, set: (text, wanted) => setNode(text, node, wanted) };
  const absent = (node.style === 'plain' && node.value === null) || node.text.text === '';
  const expanded = expandParts(lexReferences(node.text), scope);
  for (const ref of expanded.unresolved) problems.push(unresolved(ref.name, ref.text.text, node.start));
  const typed = typeValue(expanded.text.text, flagKind(name));
  if (typed.invalidJson && !expanded.unresolved.length)
    problems.push(problem('invalid-json', node.start, { name, text: expanded.text.text }));
  return {
    ...common,
    value: typed.value,
    absent,
    set: (_text, wanted) =>
      replaceValue({ text: expanded.text, start: node.start, end: node.end, bare: scalarContext(node) }, wanted),
  };
};

/** Reads the keys of a mapping as arguments. */
export const readMapping = (map: YamlMap, options: MappingOptions = {}): MappingReading => {
  const problems: Problem[] = [];
  const args: Argument[] = [];
  const used: YamlEntry[] = [];
  const prefix = options.prefix ?? '';
  for (const entry of map.entries) {
    if (prefix && !entry.key.startsWith(prefix)) continue;
    const plain = kebabKey(entry.key.slice(prefix.length));
    const renamed = options.rename ? options.rename(plain, entry.key) : plain;
    if (renamed === null) continue;
    const { name } = resolveFlag(`--${renamed}`);
    const arg = argumentOf(
      entry,
      map,
      isEngineArgument(renamed) ? name : renamed,
      options.scope ?? EMPTY_SCOPE,
      problems,
    );
    used.push(entry);
    if (arg) args.push(arg);
  }
  const append = (text: string, name: string, value: ArgValue): Edit[] | null => {
    const keys = (used.length ? used : map.entries).map(entry => entry.key.slice(used.length ? prefix.length : 0));
    const style = keys.map(styleOf).findLast(found => found !== null) ?? options.style ?? 'snake';
    const after = (prefix && used.length ? used : map.entries.filter(entry => entry.start >= map.start)).at(-1);
    return after
      ? insertKey(text, map, after, `${prefix}${styled(options.ownName?.(name) ?? name, style)}`, value)
      : null;
  };
  return { args, problems, append };
};

/** Adds a key after another, as its neighbours are written. */
export const insertKey = (text: string, map: YamlMap, after: YamlEntry, key: string, value: ArgValue): Edit[] => {
  const written = writeScalar(value, map);
  if (map.flow) {
    const at = Math.max(after.end, after.value?.end ?? 0);
    return [
      {
        start: at,
        end: at,
        text: `, ${/^["']/.test(text.slice(after.keyStart)) ? doubleQuoted(key) : key}: ${written}`,
      },
    ];
  }
  const column = ' '.repeat(after.keyStart - lineStart(text, after.keyStart));
  const indent = indentAt(text, after.keyStart).length === column.length ? indentAt(text, after.keyStart) : column;
  const at = lineEnd(text, after.end);
  return [{ start: at, end: at, text: `${newlineOf(text)}${indent}${key}: ${written}` }];
};

/** A new value: strings in the quotes that the neighbours' strings have. */
const writeScalar = (value: ArgValue, map: YamlMap): string => {
  if (typeof value === 'object') return map.flow ? spacedJson(value) : singleQuoted(JSON.stringify(value));
  if (typeof value !== 'string') return String(value);
  const strings = map.entries.flatMap(entry =>
    entry.value?.kind === 'scalar' && typeof entry.value.value === 'string' ? [entry.value.style] : [],
  );
  const last = strings.at(-1);
  if (last === 'double') return doubleQuoted(value);
  if (last === 'single') return singleQuoted(value);
  return isPlainSafe(value) ? value : doubleQuoted(value);
};

/** Removes a key with its lines; in a flow mapping with its comma. */
const removeEntry = (text: string, map: YamlMap, entry: YamlEntry): Edit[] => {
  if (!map.flow) return [{ start: lineStart(text, entry.start), end: nextLine(text, entry.end), text: '' }];
  const i = map.entries.indexOf(entry);
  const previous = map.entries[i - 1];
  const next = map.entries[i + 1];
  if (previous) return [{ start: previous.end, end: entry.end, text: '' }];
  return [{ start: entry.start, end: next ? next.start : entry.end, text: '' }];
};

/** Gives a mapping or list another value: members that differ are changed where they stand. */
const setNode = (text: string, node: YamlNode, wanted: ArgValue): Edit[] => {
  if (sameValue(toValue(node), wanted)) return [];
  if (node.kind === 'scalar') {
    const slot = { text: node.text, start: node.start, end: node.end, bare: scalarContext(node) };
    return replaceValue(slot, wanted);
  }
  if (node.kind === 'map' && !node.flow && typeof wanted === 'object' && !Array.isArray(wanted)) {
    const edits: Edit[] = [];
    for (const entry of node.entries) {
      const want = Object.hasOwn(wanted, entry.key) ? wanted[entry.key] : undefined;
      if (want === undefined || want === null) edits.push(...removeEntry(text, node, entry));
      else if (entry.value) edits.push(...setNode(text, entry.value, want));
    }
    const last = node.entries.at(-1);
    for (const [key, value] of Object.entries(wanted))
      if (last && value !== null && !node.entries.some(entry => entry.key === key))
        edits.push(...insertKey(text, node, last, key, value));
    return edits;
  }
  if (node.kind === 'seq' && !node.flow && !Array.isArray(wanted)) return setNode(text, node, [wanted]);
  const inside = node.flow ? parseLiteralEdits(text, node.start, node.end, wanted) : null;
  if (inside) return inside;
  if (node.kind === 'seq' && !node.flow && Array.isArray(wanted)) {
    const last = node.items.at(-1);
    if (!last) return [];
    const first = node.items[0]!;
    const prefix = text.slice(lineStart(text, first.start), first.start);
    const lines = wanted.map(item => `${prefix}${valueText(item)}`).join(newlineOf(text));
    return [{ start: lineStart(text, first.start), end: lineEnd(text, last.end), text: lines }];
  }
  return [
    { start: node.start, end: node.end, text: typeof wanted === 'object' ? JSON.stringify(wanted) : valueText(wanted) },
  ];
};
