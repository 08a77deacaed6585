import fc from 'fast-check';
import { expect, it } from 'vitest';
import { thousands } from '../../src/common/units.js';

it('groups digits as people write them', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e15, max: 1e15 }), n => {
      expect(thousands(n)).toBe(n.toLocaleString('en-US'));
    }),
    { numRuns: 200 },
  );
});
