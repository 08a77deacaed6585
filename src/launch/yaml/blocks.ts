import { type Edit, lineEnd, lineStart, newlineOf } from '../text/edits.js';
import { entryOf, type YamlEntry, type YamlMap, type YamlNode } from './nodes.js';

/** YAML that does not exist yet: scalars as they are to be written, mappings and lists of them. */
export type Block = string | Block[] | { [key: string]: Block };

/** How a text indents. */
interface Style {
  /** Columns between a key and the keys below it. */
  step: number;
  /** Columns between a key and the dashes below it. */
  dash: number;
}

const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);

/** The indentation that the blocks of a mapping show, or those above it; two columns where none does. */
const styleOf = (text: string, ...maps: YamlMap[]): Style => {
  const below = (kind: 'map' | 'seq'): number | undefined => {
    for (const map of maps)
      for (const { keyStart, value } of map.entries) {
        if (value?.kind !== kind || value.flow || value.start <= keyStart) continue;
        const columns = columnOf(text, value.start) - columnOf(text, keyStart);
        if (columns >= 0 && columns <= 8 && lineStart(text, value.start) > keyStart) return columns;
      }
    return undefined;
  };
  return { step: below('map') || 2, dash: below('seq') ?? 2 };
};

const linesOfItem = (item: Block, pad: string, style: Style): string[] => {
  if (typeof item === 'string') return [`${pad}- ${item}`];
  const lines = Object.entries(item).flatMap(([key, value]) => linesOf(key, value, `${pad}  `, style));
  return [`${pad}- ${lines[0]!.trimStart()}`, ...lines.slice(1)];
};

const linesBelow = (block: Exclude<Block, string>, pad: string, style: Style): string[] =>
  Array.isArray(block)
    ? block.flatMap(item => linesOfItem(item, pad + ' '.repeat(style.dash), style))
    : Object.entries(block).flatMap(([key, value]) => linesOf(key, value, pad + ' '.repeat(style.step), style));

const linesOf = (key: string, block: Block, pad: string, style: Style): string[] =>
  typeof block === 'string' ? [`${pad}${key}: ${block}`] : [`${pad}${key}:`, ...linesBelow(block, pad, style)];

/** On one line, as flow YAML or, with `quoted` keys, as JSON. */
const flowOf = (block: Block, quoted: boolean): string => {
  const word = (text: string) => (quoted && !/^["'{[]/.test(text) ? JSON.stringify(text) : text);
  if (typeof block === 'string') return word(block);
  if (Array.isArray(block)) return `[${block.map(item => flowOf(item, quoted)).join(', ')}]`;
  return `{${Object.entries(block)
    .map(([key, value]) => `${word(key)}: ${flowOf(value, quoted)}`)
    .join(', ')}}`;
};

const ownEntries = (map: YamlMap): YamlEntry[] =>
  map.entries.filter(entry => entry.keyStart >= map.start && entry.keyStart < map.end);

/** The last key with a plain value, where a block goes best; the last key at all where there is none. */
export const lastSimple = (map: YamlMap): YamlEntry | null =>
  ownEntries(map).findLast(entry => entry.value?.kind === 'scalar') ?? ownEntries(map).at(-1) ?? null;

/** The last of the named keys; without one of them the last simple key. */
export const lastOf = (map: YamlMap, ...keys: string[]): YamlEntry | null =>
  ownEntries(map).findLast(entry => keys.includes(entry.key)) ?? lastSimple(map);

/** Adds a key with all that stands below it behind the key `after`; null where the mapping gives no place for one. */
export const addKey = (
  text: string,
  map: YamlMap,
  after: YamlEntry | null,
  key: string,
  block: Block,
  ...around: YamlMap[]
): Edit[] | null => {
  if (!after) return null;
  if (map.flow) {
    const quoted = /["']/.test(text[after.keyStart] ?? '');
    return [{ start: after.end, end: after.end, text: `, ${flowOf({ [key]: block }, quoted).slice(1, -1)}` }];
  }
  const newline = newlineOf(text);
  const lines = linesOf(key, block, ' '.repeat(columnOf(text, after.keyStart)), styleOf(text, map, ...around));
  const at = lineEnd(text, after.end);
  return [{ start: at, end: at, text: lines.map(line => newline + line).join('') }];
};

/** Nothing stands below the key yet: no value, `null`, `[]`, `{}`. */
const isEmpty = (node: YamlNode | null): boolean =>
  !node ||
  (node.kind === 'scalar' && node.value === null) ||
  (node.kind === 'seq' && !node.items.length) ||
  (node.kind === 'map' && !node.entries.length);

/** Writes what belongs below a key that stands there with nothing below it. */
const fillKey = (
  text: string,
  map: YamlMap,
  entry: YamlEntry,
  block: Exclude<Block, string>,
  around: YamlMap[],
): Edit[] => {
  const colon = text.indexOf(':', entry.value ? entry.keyStart + entry.key.length : entry.end) + 1;
  const end = entry.value && entry.value.end > colon ? entry.value.end : colon;
  if (map.flow) return [{ start: colon, end, text: ` ${flowOf(block, /["']/.test(text[entry.keyStart] ?? ''))}` }];
  const lines = linesBelow(block, ' '.repeat(columnOf(text, entry.keyStart)), styleOf(text, map, ...around));
  const stop = lineEnd(text, end);
  return [
    { start: colon, end, text: '' },
    { start: stop, end: stop, text: lines.map(line => newlineOf(text) + line).join('') },
  ];
};

/** Adds items to the list at `key` of a mapping, made behind `after` where there is none. Null: no place for them. */
export const addItems = (
  text: string,
  map: YamlMap,
  after: YamlEntry | null,
  key: string,
  items: Block[],
  ...around: YamlMap[]
): Edit[] | null => {
  const entry = entryOf(map, key);
  if (!entry) return addKey(text, map, after, key, items, ...around);
  if (isEmpty(entry.value)) return fillKey(text, map, entry, items, around);
  const list = entry.value;
  if (list?.kind !== 'seq') return null;
  const last = list.items.at(-1)!;
  if (list.flow) {
    const quoted = text[last.start] === '"' || /^\{\s{0,20}["']/.test(text.slice(last.start, last.start + 30));
    const written = items.map(item => `, ${flowOf(item, quoted)}`).join('');
    return [{ start: last.end, end: last.end, text: written }];
  }
  const prefix = text.slice(lineStart(text, last.start), last.start);
  if (!/^[ \t]*-[ \t]+$/.test(prefix)) return null;
  const style = styleOf(text, map, ...around);
  const blanks = ' '.repeat(prefix.length);
  const lines = items.flatMap(item =>
    linesOfItem(item, '', style).map((line, i) => newlineOf(text) + (i ? blanks : prefix) + line.slice(2)),
  );
  const at = lineEnd(text, last.end);
  return [{ start: at, end: at, text: lines.join('') }];
};

/** Adds a key to the mapping at `key` of a mapping, made behind `after` where there is none. Null: no place for it. */
export const addMember = (
  text: string,
  map: YamlMap,
  after: YamlEntry | null,
  key: string,
  member: { [key: string]: Block },
  ...around: YamlMap[]
): Edit[] | null => {
  const entry = entryOf(map, key);
  if (!entry) return addKey(text, map, after, key, member, ...around);
  if (isEmpty(entry.value)) return fillKey(text, map, entry, member, around);
  const inner = entry.value;
  if (inner?.kind !== 'map') return null;
  const edits = Object.entries(member).map(([name, block]) =>
    addKey(text, inner, ownEntries(inner).at(-1) ?? null, name, block, map, ...around),
  );
  return edits.some(edit => edit === null) ? null : edits.flatMap(edit => edit ?? []);
};
