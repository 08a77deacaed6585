import type { ArgValue } from '../types.js';
import type { FlagKind } from './flags.js';

const UNITS: Record<string, number> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** `32k` = 32000, `32K` = 32768, as vLLM's human_readable_int reads it; null for anything else. */
const humanNumber = (text: string): number | null => {
  const match = /^(\d{1,15}(?:\.\d{1,15})?)([kmgtKMGT])$/.exec(text);
  return match ? Math.round(Number(match[1]) * UNITS[match[2]!]!) : null;
};

/** Decimal, `.5`, `16_384`, `1e-3`; null for anything else. */
export const plainNumber = (text: string): number | null =>
  /^[+-]?(?:\d[\d_]{0,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,4})?$/.test(text)
    ? Number(text.replaceAll('_', ''))
    : null;

/** A product, quotient, sum or difference of plain numbers (`4096*2`, `28 * 28`), from left to right; null for anything else. */
export const arithmetic = (text: string): number | null => {
  if (text.length > 200 || !/^[\d\s.+*/()_-]+$/.test(text) || !/\d\s*[*/+-]/.test(text)) return null;
  const tokens = text.match(/\d[\d_]*(?:\.\d*)?|\.\d+|\*\*|\/\/|[+*/()-]/g) ?? [];
  let at = 0;
  const atom = (): number => {
    const token = tokens[at++];
    if (token === '(') {
      const value = sum();
      return tokens[at++] === ')' ? value : Number.NaN;
    }
    if (token === '-') return -atom();
    return token === undefined ? Number.NaN : (plainNumber(token) ?? Number.NaN);
  };
  const power = (): number => {
    const base = atom();
    if (tokens[at] !== '**') return base;
    at++;
    return base ** power();
  };
  const product = (): number => {
    let value = power();
    while (tokens[at] === '*' || tokens[at] === '/' || tokens[at] === '//') {
      const operator = tokens[at++];
      const right = power();
      value = operator === '*' ? value * right : operator === '/' ? value / right : Math.floor(value / right);
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-')
      value = tokens[at++] === '+' ? value + product() : value - product();
    return value;
  };
  const value = sum();
  return at === tokens.length && Number.isFinite(value) ? value : null;
};

/** `image=1,video=0`: how releases up to 0.8 wrote small objects; null for anything else. */
export const keyValuePairs = (text: string): { [key: string]: ArgValue } | null => {
  const pairs: { [key: string]: ArgValue } = {};
  for (const part of text.split(',')) {
    const match = /^\s{0,8}([A-Za-z_][\w.-]{0,63})=([^=,]{1,200})$/.exec(part);
    if (!match) return null;
    pairs[match[1]!] = scalar(match[2]!.trim());
  }
  return pairs;
};

/** A word as the value it stands for: number, switch or string. */
export const scalar = (text: string): ArgValue => {
  const number = plainNumber(text);
  if (number !== null) return number;
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  return text;
};

interface TypedValue {
  value: ArgValue;
  /** The flag wants JSON, or the text begins like it, and it is none. */
  invalidJson: boolean;
}

/** The typed value of a flag's text. */
export const typeValue = (text: string, kind: FlagKind | null): TypedValue => {
  const trimmed = text.trim();
  if (/^[{[]/.test(trimmed)) {
    const parsed = parseJson(trimmed);
    if (parsed !== undefined) return { value: parsed, invalidJson: false };
    // A template for another flag is no broken JSON; an unknown flag's object may be.
    const wanted = kind ? kind.json : /^\{\s*["'][^{}]{0,200}:/.test(trimmed);
    return { value: text, invalidJson: wanted };
  }
  if (kind?.human || kind?.number) {
    const human = humanNumber(trimmed);
    if (human !== null && kind.human) return { value: human, invalidJson: false };
    const computed = arithmetic(trimmed);
    if (computed !== null && plainNumber(trimmed) === null) return { value: computed, invalidJson: false };
  }
  if (kind?.json && trimmed.includes('=')) {
    const pairs = keyValuePairs(trimmed);
    if (pairs) return { value: pairs, invalidJson: false };
  }
  return { value: scalar(trimmed), invalidJson: false };
};

const parseJson = (text: string): ArgValue | undefined => {
  try {
    const value = JSON.parse(text) as ArgValue;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};

/** How a value is written on a command line: JSON compact, switches as vLLM's Python prints them in kwargs style. */
export const valueText = (value: ArgValue): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

/** Equal in meaning: numbers by value, objects member by member. */
export const sameValue = (a: unknown, b: unknown): boolean => {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (
    typeof a === 'object' &&
    a !== null &&
    typeof b === 'object' &&
    b !== null &&
    !Array.isArray(a) &&
    !Array.isArray(b)
  ) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every(key => sameValue((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
  }
  return Object.is(a, b);
};
