import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BISECT_FLAGS, bisect } from '../../src/retest/bisect.js';

describe('bisect', () => {
  it.each(Object.values(BISECT_FLAGS))('$flag: finds the largest holding value within its nearness', async flag => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: flag.least * 2, max: Math.min(flag.most, flag.usual * 40), noNaN: true }),
        fc.double({ min: flag.least, max: Math.min(flag.most, flag.usual * 10), noNaN: true }),
        async (limit, first) => {
          let trials = 0;
          const found = await bisect(flag, first, async value => {
            trials++;
            return value <= limit ? { holds: true } : { holds: false };
          });
          expect(trials).toBeLessThanOrEqual(24);
          expect(found.holds).not.toBeNull();
          expect(found.holds!).toBeLessThanOrEqual(limit);
          expect(limit - found.holds!).toBeLessThanOrEqual(flag.near(found.holds!) + flag.round(flag.near(limit)));
        },
      ),
    );
  });

  it('takes the estimate of a failed log as its next value', async () => {
    const tried: number[] = [];
    const found = await bisect(BISECT_FLAGS['max-model-len']!, 131_072, async value => {
      tried.push(value);
      return value <= 8064 ? { holds: true } : { holds: false, hint: 8064 };
    });
    expect(tried[1]).toBe(7936);
    expect(found.holds).toBeGreaterThanOrEqual(7936);
  });

  it('says that it was stopped, and what was known by then', async () => {
    let trials = 0;
    const found = await bisect(BISECT_FLAGS['max-num-seqs']!, 64, async () => (++trials > 2 ? null : { holds: true }));
    expect(found).toEqual({ holds: 128, fails: null, stopped: true });
  });

  it('ends when nothing holds', async () => {
    const found = await bisect(BISECT_FLAGS['gpu-memory-utilization']!, 0.9, async () => ({ holds: false }));
    expect(found).toMatchObject({ holds: null, stopped: false });
  });
});
