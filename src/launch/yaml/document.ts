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
import type { Extent, YamlEntry, YamlMap, YamlNode } from './nodes.js';
import { alignItems, hideTemplates } from './repairs.js';
import { decodeScalar, type ScalarStyle } from './scalar.js';

const STYLES: Record<string, ScalarStyle> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
};

/** Deeper nesting is left out. */
const MAX_DEPTH = 100;

/** Makes nodes of what the parser gives, aliases followed and merges done. */
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

/** The documents of a text. */
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
