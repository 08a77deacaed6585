import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml';
import type { Traced } from '../text/traced.js';
import { Traced as TracedText } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import { decodeScalar, type ScalarStyle } from './scalar.js';

interface Extent {
  /** Extent in the user's text. */
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

const STYLES: Record<string, ScalarStyle> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
};

const MAX_DEPTH = 100;

class Reader {
  /** Nodes built so far: an alias bomb must not multiply them without end. */
  private budget = 30_000;

  constructor(
    private readonly source: Traced,
    private readonly document: Document,
  ) {}

  node(node: unknown, depth = 0): YamlNode | null {
    if (depth > MAX_DEPTH || this.budget-- <= 0) return null;
    if (isAlias(node)) return this.node((node as Alias).resolve(this.document), depth + 1);
    if (isScalar(node)) {
      const range = (node as Node).range;
      if (!range || range[1] <= range[0]) return null;
      const [from, to] = range;
      const style = STYLES[(node.type as string) ?? 'PLAIN'] ?? 'plain';
      const value = node.value;
      return {
        kind: 'scalar',
        style,
        text: decodeScalar(this.source.slice(from, to), style),
        value:
          typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || value === null
            ? value
            : String(value),
        ...this.extent(from, to),
      };
    }
    if (isSeq(node)) {
      const items = node.items.flatMap(item => this.node(item, depth + 1) ?? []);
      return { kind: 'seq', flow: node.flow === true, items, ...this.extent(...this.range(node as Node)) };
    }
    if (isMap(node)) return this.map(node, depth);
    return null;
  }

  private map(node: YAMLMap, depth: number): YamlMap {
    const entries: YamlEntry[] = [];
    const merged: YamlEntry[] = [];
    for (const pair of node.items) {
      const keyNode = isScalar(pair.key) ? pair.key : null;
      const key = keyNode ? String(keyNode.value) : '';
      const value = this.node(pair.value, depth + 1);
      if (key === '<<' && value) {
        for (const map of value.kind === 'seq' ? value.items : [value])
          if (map.kind === 'map') merged.push(...map.entries);
        continue;
      }
      const range = (keyNode as Node | null)?.range;
      const keyStart = this.source.start(range?.[0] ?? 0);
      const end = value && value.start >= keyStart ? value.end : this.source.end((range?.[1] ?? 1) - 1);
      entries.push({ key, keyStart, value, start: keyStart, end });
    }
    const own = new Set(entries.map(entry => entry.key));
    entries.push(...merged.filter(entry => !own.has(entry.key)));
    return { kind: 'map', flow: node.flow === true, entries, ...this.extent(...this.range(node as Node)) };
  }

  private range(node: Node): [number, number] {
    return [node.range?.[0] ?? 0, node.range?.[1] ?? 0];
  }

  /** Without the line breaks and blanks that the parser counts to a block node's end. */
  private extent(from: number, to: number): Extent {
    let end = to;
    while (end > from && /\s/.test(this.source.text[end - 1]!)) end--;
    return { start: this.source.start(from), end: end > from ? this.source.end(end - 1) : this.source.start(from) };
  }
}

interface YamlText {
  documents: YamlNode[];
  /** Why it is no valid YAML; read as meant nevertheless. */
  error: { message: string; at: number } | null;
}

/**
 * Reads YAML with the extent of every node. Template markers (`{{ … }}`) are read as text; where the indentation is broken,
 * it is read as meant and told in `error`.
 */
export const readYaml = (source: Traced): YamlText => {
  const hidden = hideTemplates(source);
  const first = parse(hidden);
  if (!first.error) return first;
  const repaired = alignItems(hidden);
  const second = repaired ? parse(repaired) : first;
  return { documents: second.documents, error: first.error };
};

const parse = (source: Traced): YamlText => {
  let error: YamlText['error'] = null;
  const documents: YamlNode[] = [];
  try {
    for (const document of parseAllDocuments(source.text, {
      strict: false,
      uniqueKeys: false,
      logLevel: 'silent',
      // Showing each error's place would read the text once more per error.
      prettyErrors: false,
    })) {
      const fault = document.errors?.[0];
      if (fault && !error)
        error = { message: fault.message.split('\n')[0]!.replace(/ at line.*$/, ''), at: source.start(fault.pos[0]) };
      const node = new Reader(source, document as Document).node(document.contents);
      if (node) documents.push(node);
    }
  } catch (thrown) {
    error ??= { message: (thrown as Error).message.split('\n')[0]!, at: source.start(0) };
  }
  return { documents, error };
};

/** Helm and Jinja markers as harmless text of the same length: lines of their own as blanks, values as underscores. */
const hideTemplates = (source: Traced): Traced => {
  if (!source.text.includes('{{') && !source.text.includes('{%')) return source;
  const text = source.text.replace(/\{\{[^{}\n]{0,400}\}\}|\{%[^%\n]{0,400}%\}/g, (marker, at: number) => {
    const line = source.text.slice(source.text.lastIndexOf('\n', at) + 1);
    return /^\s*(?:\{\{[-\s]*(?:if|else|end|range|with|include|template|toYaml|define|\/\*)|\{%)/.test(line)
      ? ' '.repeat(marker.length)
      : '_'.repeat(marker.length);
  });
  return source.withText(text);
};

/** `-   name: x` above `  image: y`: the first key of an item is moved to where the others stand. */
const alignItems = (source: Traced): Traced | null => {
  const lines = source.text.split('\n');
  const pieces: Traced[] = [];
  let at = 0;
  let moved = false;
  lines.forEach((line, i) => {
    const item = /^( *)-( {2,20})(?=[\w"'][^\n]{0,200}?:(?:\s|$))/.exec(line);
    const next = lines[i + 1] ?? '';
    const nextIndent = /^ */.exec(next)![0].length;
    const end = at + line.length + (i < lines.length - 1 ? 1 : 0);
    const wanted = item && next.trim() && nextIndent > item[1]!.length && nextIndent < item[0].length ? nextIndent : 0;
    if (item && wanted) {
      moved = true;
      pieces.push(source.slice(at, at + wanted), source.slice(at + item[0].length, end));
    } else if (end > at) pieces.push(source.slice(at, end));
    at = end;
  });
  return moved ? TracedText.join(pieces) : null;
};

// ---- looking things up

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
