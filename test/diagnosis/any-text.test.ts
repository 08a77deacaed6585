import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isText } from '../../src/common/text.js';
import { causes } from '../../src/knowledge/causes.js';
import { alarmingButHarmless, healthyStarts } from './healthy-logs.js';
import { answerTo } from './support.js';

const lines = [
  ...causes().flatMap(cause => [...cause.examples, ...cause.nearMisses].flatMap(example => example.log.split('\n'))),
  ...Object.values(healthyStarts).flat(),
  ...alarmingButHarmless,
];

/** Every Text below `value`. */
const textsOf = (value: unknown): { en: string; zh: string }[] =>
  isText(value) ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];

it('any mixture of lines gets an answer that holds together', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(...lines), fc.string({ maxLength: 80 })), { maxLength: 25 }),
      async chosen => {
        const { verdict, causes: told, proof, questions, summary } = await answerTo(chosen.join('\n'));
        if (verdict === 'oom') expect(told.length).toBeGreaterThan(0);
        if (['healthy', 'not-oom', 'not-vllm'].includes(verdict)) expect(told).toEqual([]);
        if (verdict === 'insufficient-log') expect(questions.length).toBe(1);
        for (const cause of told) {
          expect(cause.score).toBeGreaterThan(0);
          expect(cause.score).toBeLessThanOrEqual(1);
          for (const item of [...cause.because, ...cause.against]) expect(item.text).not.toMatch(/\b[a-z]+[A-Z]\w* = /);
          for (const item of [...cause.because, ...cause.against])
            if (item.line !== null)
              expect(item.line).toBeLessThanOrEqual(Math.max(1, chosen.join('\n').split(/\r\n|\r|\n/).length));
        }
        for (const text of textsOf([told, proof, questions, summary])) {
          expect(text.en).not.toMatch(/undefined|NaN|\[object/);
          expect(text.zh).not.toMatch(/undefined|NaN|\[object/);
        }
      },
    ),
    { numRuns: 150, seed: 11 },
  );
});
