import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../src/knowledge/expression.js';

const value = (source: string, figures: Record<string, number> = {}) =>
  parseExpression(source).evaluate(name => figures[name] ?? null);

describe('calculations of the knowledge', () => {
  it('binds as arithmetic does', () => {
    expect(value('1 + 2 * 3')).toBe(7);
    expect(value('(1 + 2) * 3')).toBe(9);
    expect(value('8 / 2 / 2')).toBe(2);
    expect(value('-2 + 5')).toBe(3);
    expect(value('max(1, 2, 3) - min(4, 2)')).toBe(1);
    expect(value('1 < 2 && 2 < 3 || false1 > 0')).toBe(true);
  });

  it('is unknown where a figure is, unless the rest decides', () => {
    expect(value('a > 1')).toBeNull();
    expect(value('a > 1 && b > 1', { b: 0 })).toBe(false);
    expect(value('a > 1 || b > 1', { b: 2 })).toBe(true);
    expect(value('a > 1 && b > 1', { b: 2 })).toBeNull();
    expect(value('!(a > 1)')).toBeNull();
    expect(value('1 / 0')).toBeNull();
  });

  it('names its figures', () => {
    expect(parseExpression('freeGiB < 0.1 * gpuTotalGiB && freeGiB > 0').names).toEqual(['freeGiB', 'gpuTotalGiB']);
  });

  it.each(['', '1 +', '(1', '1 2', 'sqrt(2)', 'a $ b', ') 1'])('refuses "%s"', source => {
    expect(() => parseExpression(source)).toThrow(SyntaxError);
  });

  it('agrees with arithmetic on any numbers', () => {
    const number = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        expect(value(`${a} + ${b} * ${c} - ${a}`)).toBe(a + b * c - a);
        expect(value('x * 2 >= y', { x: a, y: b })).toBe(a * 2 >= b);
      }),
    );
  });
});
