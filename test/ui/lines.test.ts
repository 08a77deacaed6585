import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beside, cell, lineWidth, padTo, span, spread, textOf, truncate } from '../../src/ui/lines.js';
import { wrap } from '../../src/ui/wrapping.js';

const words = fc.string({
  unit: fc.constantFrom(...'abcdefg ,.显存不足,。(KV)缓存'),
  maxLength: 200,
});
const squeezed = (text: string) => text.replace(/ /g, '');

describe('wrap', () => {
  it('never makes a row too wide and never loses a character', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 4, max: 60 }), fc.integer({ min: 0, max: 6 }), (text, columns, indent) => {
        const rows = wrap([span(text), span(text, 'mark')], columns, indent);
        // A wide character and the punctuation that belongs to it may need more than a very narrow row has.
        for (const row of rows) expect(lineWidth(row)).toBeLessThanOrEqual(columns);
        expect(squeezed(rows.map(textOf).join(''))).toBe(squeezed(text + text));
      }),
    );
  });

  it('breaks English between words and Chinese between characters, punctuation staying with its word', () => {
    expect(wrap([span('The sampler ran out of memory')], 12).map(textOf)).toEqual([
      'The sampler ',
      'ran out of ',
      'memory',
    ]);
    expect(wrap([span('采样器预热时显存不足。')], 10).map(textOf)).toEqual(['采样器预热', '时显存不', '足。']);
  });

  it('cuts what is longer than a row', () => {
    expect(wrap([span('x'.repeat(25))], 10).map(textOf)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
  });
});

describe('cells', () => {
  it('have exactly their width, whatever is in them', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (text, columns) => {
        expect(lineWidth(cell(text, columns))).toBe(columns);
        expect(lineWidth(truncate([span(text)], columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('stand side by side', () => {
    const rows = beside([[span('显存')], [span('b')]], [[span('right')]], 6, 2);
    expect(rows.map(textOf)).toEqual(['显存    right', 'b       ']);
    expect(textOf(spread([span('a')], [span('b')], 20))).toBe(`a${' '.repeat(18)}b`);
    expect(textOf(padTo([span('a')], 0))).toBe('a');
  });
});

it('never lets a control sequence through', () => {
  expect(span('a\u001B[2Jb\tc\nd\u0007\u202E').text).toBe('ab c d');
});
