import { describe, expect, it } from 'vitest';
import type { Facts } from '../../src/facts/types.js';
import { causes } from '../../src/knowledge/causes.js';
import { answerTo, told } from './support.js';

const factsOf = (values: Record<string, unknown> = {}): Facts =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, from: 'user' }])) as Facts;

describe.each(causes())('$id', cause => {
  it.each(cause.examples)('matches: $name', async example => {
    expect(told(await answerTo(example.log, factsOf(example.facts)))).toBe(cause.id);
  });

  it.each(cause.nearMisses)('does not match: $name', async example => {
    expect(told(await answerTo(example.log, factsOf(example.facts)))).toBe(example.instead);
  });

  it('tells its sentences without a gap in both languages', async () => {
    const answer = await answerTo(cause.examples[0]!.log, factsOf(cause.examples[0]!.facts));
    const first = answer.causes[0]!;
    for (const text of [first.summary, ...first.because.map(item => item.says)]) {
      expect(text.en).not.toMatch(/\{\w+\}/);
      expect(text.zh).not.toMatch(/\{\w+\}/);
    }
    expect(first.because.length).toBeGreaterThan(0);
  });
});
