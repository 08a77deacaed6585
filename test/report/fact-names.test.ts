import { describe, expect, it } from 'vitest';
import { say } from '../../src/common/text.js';
import { factName, factValue } from '../../src/report/fact-names.js';
import { likeliness } from '../../src/report/likeliness.js';

describe('a fact for people', () => {
  it('has a name in both languages, and its own where the table has none', () => {
    expect(say(factName('requestedGiB'), 'en')).toBe('asked for, GiB');
    expect(say(factName('requestedGiB'), 'zh-CN')).toBe('申请，GiB');
    expect(say(factName('somethingNew'), 'en')).toBe('somethingNew');
    expect(say(factName('toString'), 'en')).toBe('toString');
  });

  it('shows GiB with two decimals at most, settings as they were given', () => {
    expect(factValue('requestedGiB', 0.291015625)).toBe('0.29');
    expect(factValue('gpuMemoryUtilization', 0.925)).toBe('0.925');
    expect(factValue('maxModelLen', 131072)).toBe('131,072');
    expect(factValue('maxNumBatchedTokens', 2048)).toBe('2048');
    expect(factValue('enforceEager', false)).toBe('false');
    expect(factValue('limitMmPerPrompt', { image: 4 })).toBe('{"image":4}');
  });
});

it.each([
  [0.97, 'likely, 97 %'],
  [0.5, 'possible, 50 %'],
  [0.1, 'unlikely, 10 %'],
  [0, 'unlikely, 0 %'],
])('a score of %d is %s', (score, words) => {
  expect(say(likeliness(score), 'en')).toBe(words);
});
