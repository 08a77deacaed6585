import type { Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import type { ScalarStyle } from './scalar.js';

/** Extent in the user's text. */
export interface Extent {
  start: number;
  end: number;
}

/** A scalar with its text decoded and its value as YAML types it. */
export interface YamlScalar extends Extent {
  kind: 'scalar';
  style: ScalarStyle;
  text: Traced;
  /** As YAML types it: number, boolean, null, string. */
  value: string | number | boolean | null;
}

/** A key with its value. `end`: of the value, or of the key where there is none. */
export interface YamlEntry extends Extent {
  key: string;
  keyStart: number;
  value: YamlNode | null;
}

/** A mapping; what it merges with `<<` counts as its own. */
export interface YamlMap extends Extent {
  kind: 'map';
  flow: boolean;
  entries: YamlEntry[];
}

/** A list. */
export interface YamlSeq extends Extent {
  kind: 'seq';
  flow: boolean;
  items: YamlNode[];
}

/** A node of YAML with its extent in the user's text. */
export type YamlNode = YamlScalar | YamlMap | YamlSeq;

/** The entry of a key; null where there is none, or no mapping. */
export const entryOf = (node: YamlNode | null | undefined, key: string): YamlEntry | null =>
  node?.kind === 'map' ? (node.entries.find(entry => entry.key === key) ?? null) : null;

/** The node at a path of keys; null when one is missing. */
export const at = (node: YamlNode | null | undefined, ...path: string[]): YamlNode | null => {
  let current = node ?? null;
  for (const key of path) current = entryOf(current, key)?.value ?? null;
  return current;
};

/** The scalar at a path of keys; null for anything else. */
export const scalarAt = (node: YamlNode | null | undefined, ...path: string[]): YamlScalar | null => {
  const found = at(node, ...path);
  return found?.kind === 'scalar' ? found : null;
};

/** The text of the scalar at a path of keys; null for anything else. */
export const stringAt = (node: YamlNode | null | undefined, ...path: string[]): string | null =>
  scalarAt(node, ...path)?.text.text ?? null;

/** The items of a list; none of anything else. */
export const itemsOf = (node: YamlNode | null | undefined): YamlNode[] => (node?.kind === 'seq' ? node.items : []);

/** Every mapping below a node, outermost first. */
export function* mapsBelow(node: YamlNode | null): Generator<YamlMap> {
  if (node?.kind === 'map') {
    yield node;
    for (const entry of node.entries) yield* mapsBelow(entry.value);
  } else if (node?.kind === 'seq') for (const item of node.items) yield* mapsBelow(item);
}

/** A node as plain data. */
export const toValue = (node: YamlNode | null): ArgValue | null => {
  if (!node) return null;
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'seq') return node.items.map(item => toValue(item) ?? 'null');
  return Object.fromEntries(node.entries.map(entry => [entry.key, toValue(entry.value)]));
};
