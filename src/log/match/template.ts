import { holeTypes, toValue } from './values.js';

/**
 * The template language of knowledge/messages: literal text with typed holes `{name:type}` and alternatives `<a|b|>`.
 * What pasting eats or adds (spaces, underscores, backticks, quotes, asterisks, backslashes) is insignificant: it may be
 * missing or doubled in the text. Every pattern has bounded quantifiers only, so matching stays linear in the line.
 */
type Token =
  | { type: 'text'; text: string }
  | { type: 'hole'; name: string; kind: string }
  | { type: 'choice'; options: Token[][] };

const INSIGNIFICANT = /[\s_`*'"\\]/;
const GAP = '[\\s_`*\'"\\\\]{0,40}';
const WIDE_GAP = '[\\s_`*\'"\\\\]{1,40}';

export class TemplateError extends Error {}

const parse = (source: string): Token[] => {
  let at = 0;
  const sequence = (inside: boolean): Token[] => {
    const tokens: Token[] = [];
    let text = '';
    const flush = () => {
      if (text) tokens.push({ type: 'text', text });
      text = '';
    };
    while (at < source.length) {
      const char = source[at]!;
      if (inside && (char === '|' || char === '>')) break;
      if (char === '\\' && /[<>|{}]/.test(source[at + 1] ?? '')) {
        text += source[at + 1];
        at += 2;
      } else if (char === '{') {
        const hole = /^\{(\w*):(\w+)\}/.exec(source.slice(at, at + 80));
        if (!hole) throw new TemplateError(`a { that opens no {name:type} in "${source}"`);
        flush();
        tokens.push({ type: 'hole', name: hole[1]!, kind: hole[2]! });
        at += hole[0].length;
      } else if (char === '<') {
        flush();
        const options: Token[][] = [];
        do {
          at++;
          options.push(sequence(true));
        } while (source[at] === '|');
        if (source[at] !== '>') throw new TemplateError(`a < without its > in "${source}"`);
        at++;
        tokens.push({ type: 'choice', options });
      } else {
        text += char;
        at++;
      }
    }
    flush();
    return tokens;
  };
  return sequence(false);
};

const escapeForRegExp = (char: string) => (/[.*+?^${}()|[\]\\/-]/.test(char) ? `\\${char}` : char);

/** Literal text: insignificant characters become an optional gap, everything else stands for itself. */
const literalPattern = (text: string, gap: string) =>
  text.replace(/([\s_`*'"\\]+)|([^\s_`*'"\\])/g, (_, blank: string | undefined, char: string) =>
    blank ? gap : escapeForRegExp(char),
  );

const isHole = (token: Token | undefined) => token?.type === 'hole';

const patternOf = (tokens: Token[], names: { name: string; kind: string }[]): string =>
  tokens
    .map((token, i) => {
      if (token.type === 'text') {
        // Between two holes something must stand, else "12 34" could be read as one number.
        const onlyGap = [...token.text].every(char => INSIGNIFICANT.test(char));
        return literalPattern(token.text, onlyGap && isHole(tokens[i - 1]) && isHole(tokens[i + 1]) ? WIDE_GAP : GAP);
      }
      if (token.type === 'choice') return `(?:${token.options.map(option => patternOf(option, names)).join('|')})`;
      const type = holeTypes[token.kind];
      if (!type) throw new TemplateError(`unknown type "${token.kind}"`);
      if (!token.name) return `(?:${type.pattern})`;
      names.push({ name: token.name, kind: token.kind });
      return `(${type.pattern})`;
    })
    .join('');

/** What must stand in the text, reduced to significant characters in lower case: the longest literal of the top level. */
const literalOf = (tokens: Token[]): string => {
  const parts = tokens.flatMap(token =>
    // Only ASCII can be searched; a letter outside it (a drawn banner) ends the part.
    token.type === 'text' ? significant(token.text).split(/[^!-~]+/) : [],
  );
  return parts.reduce((best, part) => (part.length > best.length ? part : best), '').slice(0, 24);
};

/** The text without insignificant characters, in lower case (ASCII only, as {@link LiteralScanner} compares). */
export const significant = (text: string): string =>
  text.replace(/[\s_`*'"\\]+/g, '').replace(/[A-Z]/g, char => char.toLowerCase());

/** The literal text that a template begins with, up to its first hole or alternative. */
export const openingOf = (template: string): string => {
  const [first] = parse(template);
  return first?.type === 'text' ? first.text : '';
};

export interface TemplateMatch {
  values: Record<string, string | number>;
  start: number;
  end: number;
}

export interface CompiledTemplate {
  source: string;
  /** Literal that any matching text holds (significant characters, lower case). */
  literal: string;
  /** The matches in `text`, at most `limit`. */
  match: (text: string, limit?: number) => TemplateMatch[];
}

/** Compiles a template. Throws {@link TemplateError} when it is malformed or has no literal to look for. */
export const compileTemplate = (source: string): CompiledTemplate => {
  const tokens = parse(source);
  const literal = literalOf(tokens);
  if (literal.length < 4) throw new TemplateError(`no literal of four letters or more in "${source}"`);
  const names: { name: string; kind: string }[] = [];
  const regExp = patternOf(tokens, names);
  // Most templates never meet a text that may hold them.
  let pattern: RegExp | undefined;
  const match = (text: string, limit = 3): TemplateMatch[] => {
    const found: TemplateMatch[] = [];
    pattern ??= new RegExp(regExp, 'gi');
    pattern.lastIndex = 0;
    for (let hit = pattern.exec(text); hit && found.length < limit; hit = pattern.exec(text)) {
      if (!hit[0]) break;
      const values: TemplateMatch['values'] = {};
      names.forEach(({ name, kind }, i) => {
        const raw = hit![i + 1];
        if (raw !== undefined) values[name] = toValue(kind, raw);
      });
      found.push({ values, start: hit.index, end: hit.index + hit[0].length });
    }
    return found;
  };
  return { source, literal, match };
};
