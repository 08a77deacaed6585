import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/index.js';
import { builtinMessages } from '../../src/knowledge/messages.js';
import { anyReading } from '../helpers/arbitrary.js';

it('any events, tracebacks and facts get an answer, and memory is never blamed without a cause', () => {
  const ids = builtinMessages().map(message => message.id);
  fc.assert(
    fc.property(anyReading(ids), reading => {
      const { verdict, causes, summary } = diagnose({ reading, facts: reading.runs[0]!.facts, budget: null });
      expect(causes.length > 0 || verdict !== 'oom').toBe(true);
      expect(summary.en.length).toBeGreaterThan(0);
      expect(JSON.stringify(causes)).not.toMatch(/undefined|NaN|Infinity/);
    }),
    { numRuns: 400, seed: 5 },
  );
});
