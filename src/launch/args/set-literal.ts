import type { Edit } from '../text/edits.js';
import type { Literal } from '../text/literal.js';
import { literalText } from '../text/literal-text.js';
import type { Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import { literalChanges, replaceValue } from './slot.js';

/** Gives a literal another value where it stands. `write`: how a language writes a value that is new. */
export const setLiteral = (
  literal: Literal,
  source: Traced,
  wanted: ArgValue,
  write: (value: ArgValue | null) => string,
): Edit[] => {
  const place = (a: number, b: number) => ({
    start: source.start(a),
    end: b > a ? source.end(b - 1) : source.start(a),
  });
  if (literal.kind === 'string' && literal.plain && literal.bodyEnd > literal.bodyStart) {
    const text = literalText(literal, source);
    const slot = {
      text,
      ...place(literal.start, literal.end),
      bare: { kind: 'plain' as const, encode: (value: string) => write(value) },
    };
    const isWord = typeof wanted === 'boolean' && !/^(?:true|false|0|1)$/i.test(text.text);
    return isWord ? [{ ...slot, text: write(wanted) }] : replaceValue(slot, wanted);
  }
  if (literal.kind === 'name' && /^torch\.\w+$/.test(literal.name)) {
    const type = typeof wanted === 'string' && /^b?float\d{2}$/.test(wanted) ? `torch.${wanted}` : write(wanted);
    return [{ ...place(literal.start, literal.end), text: type }];
  }
  return literalChanges(literal, source.text, wanted, write).map(change => ({
    ...place(change.a, change.b),
    text: source.context(change.a).encode(change.text),
  }));
};
