import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causes } from '../../src/knowledge/causes.js';
import { fixes } from '../../src/knowledge/fixes.js';
import { releases } from '../../src/knowledge/releases.js';
import { anyPhase, possibleFacts } from '../helpers/arbitrary.js';
import { launchOf, planOf } from './build.js';

describe('whatever is known', () => {
  it('the plan holds to its own rules', () => {
    const ids = new Set(fixes().keys());
    fc.assert(
      fc.property(
        possibleFacts(releases().all),
        fc.subarray(
          causes().map(cause => cause.id),
          { minLength: 1, maxLength: 3 },
        ),
        anyPhase,
        fc.boolean(),
        (facts, ids_, phase, written) => {
          const plan = planOf({ causes: ids_, phase, facts, launch: written ? launchOf({}) : null });
          const told = plan.fixes.map(fix => fix.id);
          expect(new Set(told).size).toBe(told.length);
          for (const id of [...told, ...plan.selected]) expect(ids).toContain(id);
          for (const id of plan.selected) expect(told).toContain(id);
          for (const tip of plan.notHelpful) expect(plan.selected).not.toContain(tip.id);
          for (const fix of plan.fixes) {
            if (fix.savesGiB) {
              expect(fix.savesGiB.low).toBeLessThanOrEqual(fix.savesGiB.gib);
              expect(fix.savesGiB.high).toBeGreaterThanOrEqual(fix.savesGiB.gib);
              expect(fix.savesGiB.low).toBeGreaterThanOrEqual(0);
            }
            expect(fix.why.en).not.toMatch(/NaN|undefined|null|Infinity/);
            for (const { flag, from, to } of fix.changes) {
              expect(to, flag).not.toEqual(from ?? Symbol('unset'));
              if (typeof to === 'number') expect(Number.isFinite(to) && to >= 0, `${flag} ${to}`).toBe(true);
              if (flag === '--gpu-memory-utilization') {
                expect(to).toBeGreaterThan(0);
                expect(to).toBeLessThanOrEqual(1);
              }
              if (/^--(?:max|tensor|pipeline)/.test(flag) && typeof to === 'number')
                expect(Number.isInteger(to) && to >= 1, `${flag} ${to}`).toBe(true);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
