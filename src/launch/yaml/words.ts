import { type Problem, problem } from '../problems.js';
import { bareContext, POSIX, WORDS } from '../shell/dialect.js';
import { ShellLayout } from '../shell/layout.js';
import { lexReferences } from '../shell/lexer.js';
import { EMPTY_SCOPE, expandParts, type Scope, splitWords, type Word } from '../shell/words.js';
import { BlockListLayout, FlowListLayout, type ListItem } from '../text/list-layout.js';
import { type Context, Traced } from '../text/traced.js';
import type { YamlNode, YamlScalar, YamlSeq } from './nodes.js';
import { doubleQuoted, isPlainSafe } from './scalar.js';

const QUOTES = { plain: '', single: "'", double: '"', literal: '', folded: '' } as const;

/** Writes a whole scalar anew, with the quotes that it needs. */
export const scalarContext = (scalar: { text: Traced; style: string }): Context => ({
  kind: 'yaml',
  encode: text =>
    scalar.style === 'double'
      ? doubleQuoted(text)
      : isPlainSafe(text) || /^-?[\d.]+$/.test(text)
        ? text
        : `'${text.replaceAll("'", "''")}'`,
});

/** `$$`, Compose's way to write a dollar sign for the shell inside. */
const undouble = (text: Traced): Traced => {
  if (!text.text.includes('$$')) return text;
  const pieces: Traced[] = [];
  let from = 0;
  for (let i = text.text.indexOf('$$'); i >= 0; i = text.text.indexOf('$$', from)) {
    if (i > from) pieces.push(text.slice(from, i));
    pieces.push(text.as('$', i, i + 2, text.context(i)));
    from = i + 2;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return Traced.join(pieces);
};

interface YamlWordsOptions {
  scope?: Scope;
  /** The first item is the script of a `-c` that stands in another list. */
  afterShell?: boolean;
  /** Compose: variables are filled in by compose, `$$` by the shell. */
  doubledDollar?: boolean;
}

/** The items of a list as words. A script among them (`bash -c |`) is left for its shell to expand. */
const wordsOfList = (list: YamlSeq, options: YamlWordsOptions = {}): Word[] => {
  const scalars = list.items.filter((item): item is YamlScalar => item.kind === 'scalar');
  const items: ListItem[] = scalars.map(item => ({
    start: item.start,
    end: item.end,
    quote: QUOTES[item.style],
    text: item.text.text,
  }));
  const layout = list.flow ? new FlowListLayout(items) : new BlockListLayout(items);
  return scalars.map((item, i) => {
    const isScript =
      (i === 0 && options.afterShell) ||
      /^-[a-z]{0,4}c$/.test(scalars[i - 1]?.text.text ?? '') ||
      (item.text.text.includes('\n') && /\s/.test(item.text.text));
    const text = options.doubledDollar ? undouble(item.text) : item.text;
    const expanded = isScript
      ? { text, unresolved: [] }
      : expandParts(lexReferences(text), options.scope ?? EMPTY_SCOPE);
    return {
      ...expanded,
      start: item.start,
      end: item.end,
      bare: scalarContext(item),
      quoted: true,
      layout,
      folded: item.style === 'literal' ? null : 'scalar',
    };
  });
};

/** A command written as one string: split into words as a shell would, but without its operators. */
export const wordsOfString = (scalar: YamlScalar, options: YamlWordsOptions = {}): Word[] => {
  const text = options.doubledDollar ? undouble(scalar.text) : scalar.text;
  if (!text.length) return [];
  const layout = new ShellLayout({
    first: text.start(0),
    bare: bareContext(text.context(0), WORDS),
    continuation: POSIX.escape,
    folded: scalar.style !== 'literal',
  });
  return splitWords(text, () => layout, options.scope).map(word => ({
    ...word,
    folded: scalar.style === 'literal' ? null : 'quotes',
  }));
};

/** `command:`, `args:` or `entrypoint:` in any of its forms. */
export const wordsOf = (node: YamlNode | null, options: YamlWordsOptions = {}): Word[] => {
  if (!node) return [];
  if (node.kind === 'seq') return wordsOfList(node, options);
  return node.kind === 'scalar' ? wordsOfString(node, options) : [];
};

/** The words end in `sh -c`: what follows is a script. */
export const endsInShell = (words: Word[]): boolean => /^-[a-z]{0,4}c$/.test(words.at(-1)?.text.text ?? '');

/**
 * Backslashes at the ends of lines that YAML folds into one: they stay in the text and escape the blank behind them.
 * Inside the quotes of a `bash -c "…"` Compose drops them.
 */
export const foldedBackslashes = (node: YamlNode | null): Problem[] => {
  if (node?.kind === 'seq') return node.items.flatMap(foldedBackslashes);
  if (node?.kind !== 'scalar' || node.style === 'literal' || node.style === 'double') return [];
  const at = /\\[ \t]{0,40}\n/.exec(node.text.text);
  if (!at || /\s-[a-z]{0,4}c\s+["'][^"']{0,4000}$/.test(node.text.text.slice(0, at.index))) return [];
  return [problem('folded-backslash', node.text.start(at.index))];
};
