import { replaceText } from '../args/slot.js';
import { envPair } from '../programs/container-settings.js';
import type { EnvSetting, Setting } from '../reading.js';
import { lexReferences } from '../shell/lexer.js';
import { EMPTY_SCOPE, expandParts, type Scope, textValue, type Value } from '../shell/words.js';
import { type Edit, indentAt, lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import type { Traced } from '../text/traced.js';
import { addItems, addKey, addMember } from './blocks.js';
import { entryOf, itemsOf, type YamlEntry, type YamlMap, type YamlNode, type YamlScalar } from './nodes.js';
import { doubleQuoted, singleQuoted } from './scalar.js';
import { scalarContext } from './words.js';

/** A scalar of YAML as a setting: its variables expanded, changed in place. */
export const scalarSetting = (scalar: YamlScalar, scope: Scope = EMPTY_SCOPE): Setting => {
  const { text } = expandParts(lexReferences(scalar.text), scope);
  return {
    value: text.text,
    at: scalar.start,
    set: (_text, wanted) =>
      replaceText({ text, start: scalar.start, end: scalar.end, bare: scalarContext(scalar) }, wanted),
  };
};

/** Takes one of several neighbours away: with its lines, in a flow list with its comma, the only one with its key. */
const removeOne = (text: string, all: { start: number; end: number }[], i: number, flow: boolean): Edit[] => {
  const { start, end } = all[i]!;
  const [previous, next] = [all[i - 1], all[i + 1]];
  if (flow && previous) return [{ start: previous.end, end, text: '' }];
  if (flow) return [{ start, end: next ? next.start : end, text: '' }];
  const line = lineStart(text, start);
  const above = lineStart(text, line - 1);
  const alone = all.length === 1 && /^[ \t]*[\w"'.-]{1,80}:[ \t]*\r?\n$/.test(text.slice(above, line));
  return [{ start: alone ? above : line, end: nextLine(text, end), text: '' }];
};

/** The environment of a container in any of the forms that Compose, Kubernetes, dstack and SkyPilot know. */
export const readEnvironment = (node: YamlNode | null, scope: Scope = EMPTY_SCOPE): EnvSetting[] => {
  if (node?.kind === 'map')
    return node.entries.flatMap((entry, i) => {
      if (entry.value?.kind !== 'scalar' || (entry.value.value === null && entry.value.style === 'plain')) return [];
      return [
        {
          ...scalarSetting(entry.value, scope),
          name: entry.key,
          remove: (text: string) => removeOne(text, node.entries, i, node.flow),
        },
      ];
    });
  if (node?.kind !== 'seq') return [];
  return node.items.flatMap((item, i): EnvSetting[] => {
    const remove = (text: string) => removeOne(text, node.items, i, node.flow);
    if (item.kind === 'scalar') {
      const { text } = expandParts(lexReferences(item.text), scope);
      const pair = envPair({ text, start: item.start, end: item.end, bare: scalarContext(item) });
      return pair ? [{ ...pair, remove }] : [];
    }
    const name = entryOf(item, 'name')?.value;
    const value = entryOf(item, 'value')?.value;
    if (name?.kind !== 'scalar' || value?.kind !== 'scalar') return [];
    return [{ ...scalarSetting(value, scope), name: name.text.text, remove }];
  });
};

/** The same as variables that the command may use. */
export const environmentScope = (node: YamlNode | null): ReadonlyMap<string, Value> => {
  const variables = new Map<string, Value>();
  const put = (name: string, text: Traced) => {
    const expanded = expandParts(lexReferences(text), EMPTY_SCOPE);
    if (!expanded.unresolved.length) variables.set(name, textValue(expanded.text));
  };
  if (node?.kind === 'map')
    for (const entry of node.entries) {
      if (entry.value?.kind === 'scalar' && entry.value.value !== null) put(entry.key, entry.value.text);
    }
  for (const item of itemsOf(node)) {
    if (item.kind === 'scalar') {
      const match = /^([A-Za-z_]\w{0,100})=/.exec(item.text.text);
      if (match) put(match[1]!, item.text.slice(match[0].length));
      continue;
    }
    const name = entryOf(item, 'name')?.value;
    const value = entryOf(item, 'value')?.value;
    if (name?.kind === 'scalar' && value?.kind === 'scalar') put(name.text.text, value.text);
  }
  return variables;
};

/** Where a container's environment stands, or would stand. */
interface EnvironmentPlace {
  map: YamlMap;
  key: string;
  /** How a new one is written: `NAME: value`, or `name:` and `value:` as a list. */
  form: 'mapping' | 'list';
  /** The key behind which a new one is put. */
  after: YamlEntry | null;
  /** Mappings around it, for their style. */
  around?: YamlMap[];
}

/** Adds a variable to the environment, which is made where there is none yet. Null: there is no place for it. */
export const addEnvironment = (text: string, place: EnvironmentPlace, name: string, value: string): Edit[] | null => {
  const added = appendEnvironment(entryOf(place.map, place.key), text, name, value);
  if (added) return added;
  const { map, after, key, around = [] } = place;
  return place.form === 'mapping'
    ? addMember(text, map, after, key, { [name]: doubleQuoted(value) }, ...around)
    : addItems(text, map, after, key, [{ name, value: doubleQuoted(value) }], ...around);
};

/** Adds a variable after the last one, in the form of the others; as a string. Null where there is no environment yet. */
export const appendEnvironment = (
  entry: YamlEntry | null,
  text: string,
  name: string,
  value: string,
): Edit[] | null => {
  const node = entry?.value;
  if (!node || (node.kind !== 'map' && node.kind !== 'seq')) return null;
  const newline = newlineOf(text);
  if (node.kind === 'map') {
    const last = node.entries.at(-1);
    if (!last) return null;
    if (node.flow) return addKey(text, node, last, name, doubleQuoted(value));
    const at = lineEnd(text, last.end);
    return [{ start: at, end: at, text: `${newline}${indentAt(text, last.start)}${name}: ${doubleQuoted(value)}` }];
  }
  const last = node.items.at(-1);
  if (!last) return null;
  if (last.kind === 'scalar') {
    const pair = `${name}=${value}`;
    const written = last.style === 'double' ? doubleQuoted(pair) : last.style === 'single' ? singleQuoted(pair) : pair;
    if (node.flow) return [{ start: last.end, end: last.end, text: `, ${written}` }];
    const at = lineEnd(text, last.end);
    return [{ start: at, end: at, text: `${newline}${itemPrefix(text, last.start)}${written}` }];
  }
  if (node.flow) {
    const quoted = /^\{\s{0,20}["']/.test(text.slice(last.start, last.start + 30));
    const [nameKey, valueKey] = quoted ? ['"name"', '"value"'] : ['name', 'value'];
    const item = `{${nameKey}: ${quoted ? doubleQuoted(name) : name}, ${valueKey}: ${doubleQuoted(value)}}`;
    return [{ start: last.end, end: last.end, text: `, ${item}` }];
  }
  const at = lineEnd(text, last.end);
  const prefix = itemPrefix(text, last.start);
  const inner = ' '.repeat(prefix.length);
  return [
    { start: at, end: at, text: `${newline}${prefix}name: ${name}${newline}${inner}value: ${doubleQuoted(value)}` },
  ];
};

/** What stands before an item on its line: indentation, dash and blanks. */
const itemPrefix = (text: string, start: number): string =>
  /^[ \t]*-[ \t]+/.exec(text.slice(lineStart(text, start), start + 1))?.[0] ?? `${indentAt(text, start)}- `;

/** A model named by a scalar: its name without `prefix`, and the edit that puts another in its place. */
export const modelFrom = (
  scalar: YamlScalar | null,
  prefix = /^/,
): { model: string | null; setModel?: (text: string, model: string) => Edit[] } => {
  if (!scalar) return { model: null };
  const setting = scalarSetting(scalar);
  const head = prefix.exec(setting.value)?.[0] ?? '';
  return { model: setting.value.slice(head.length), setModel: (text, model) => setting.set(text, head + model) };
};
