import { literalChanges, spacedJson } from '../args/slot.js';
import type { ArgValue } from '../types.js';
import type { Edit } from './edits.js';
import { parseLiteral } from './literal.js';

/** Changes a JSON, YAML-flow or Python literal in the user's text to another value, only where they differ. */
export const parseLiteralEdits = (text: string, start: number, end: number, wanted: ArgValue): Edit[] | null => {
  const source = text.slice(start, end);
  const literal = parseLiteral(source);
  if (!literal) return null;
  const spaced = /[:,]\s/.test(source) || !/[:,]/.test(source);
  const python = /\b(?:True|False|None)\b/.test(source);
  const write = (value: ArgValue | null) => {
    const json = spaced ? spacedJson(value) : JSON.stringify(value);
    return python
      ? json
          .replace(/\btrue\b/g, 'True')
          .replace(/\bfalse\b/g, 'False')
          .replace(/\bnull\b/g, 'None')
      : json;
  };
  return literalChanges(literal, source, wanted, write).map(change => ({
    start: start + change.a,
    end: start + change.b,
    text: change.text,
  }));
};
