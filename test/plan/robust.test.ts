import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FactValues } from '../../src/facts/types.js';
import { causes } from '../../src/knowledge/causes.js';
import { fixes } from '../../src/knowledge/fixes.js';
import { releases } from '../../src/knowledge/releases.js';
import type { Phase } from '../../src/log/types.js';
import { launchOf, planOf } from './build.js';

const PHASES: Phase[] = [
  'config',
  'device-init',
  'load',
  'profile',
  'kv-cache',
  'graph-capture',
  'sampler-warmup',
  'serving',
  'shutdown',
  'host',
  'none',
  'unknown',
];

const gib = fc.double({ min: 0, max: 300, noNaN: true });
const someFacts: fc.Arbitrary<Partial<FactValues>> = fc.record(
  {
    vllmVersion: fc.constantFrom(...releases().all, '0.8.5.post1', '0.11.1rc2.dev5', 'main', '0.1.dev0'),
    engine: fc.constantFrom('V0' as const, 'V1' as const),
    model: fc.constantFrom('Qwen/Qwen2.5-VL-7B-Instruct', 'Qwen/Qwen3-8B-AWQ', 'openbmb/MiniCPM-V-2_6', '/models/x'),
    platform: fc.constantFrom('cuda' as const, 'rocm' as const, 'cpu' as const),
    isMultimodal: fc.boolean(),
    isWsl: fc.boolean(),
    enableLora: fc.boolean(),
    gpuTotalGiB: fc.double({ min: 0.1, max: 300, noNaN: true }),
    gpuCount: fc.integer({ min: 0, max: 16 }),
    gpuMemoryUtilization: fc.double({ min: 0, max: 1.2, noNaN: true }),
    tensorParallelSize: fc.integer({ min: 1, max: 16 }),
    pipelineParallelSize: fc.integer({ min: 1, max: 8 }),
    maxModelLen: fc.integer({ min: 0, max: 2_000_000 }),
    maxNumSeqs: fc.integer({ min: 0, max: 4096 }),
    maxNumBatchedTokens: fc.integer({ min: 0, max: 200_000 }),
    weightsGiB: gib,
    requestedGiB: gib,
    freeGiB: gib,
    freeAtStartGiB: gib,
    kvNeededGiB: gib,
    kvAvailableGiB: fc.double({ min: -50, max: 200, noNaN: true }),
    estimatedMaxModelLen: fc.integer({ min: 0, max: 100_000 }),
    mambaBlocks: fc.integer({ min: 0, max: 4096 }),
    reservedUnallocatedGiB: gib,
    graphsEstimatedGiB: gib,
    swapSpaceGiB: gib,
    hostRamGiB: gib,
    otherProcessesGiB: gib,
    cpuKvSpaceGiB: gib,
    shmNeededGiB: gib,
  },
  { requiredKeys: [] },
);

describe('whatever is known', () => {
  it('the plan holds to its own rules', () => {
    const ids = new Set(fixes().keys());
    fc.assert(
      fc.property(
        someFacts,
        fc.subarray(
          causes().map(cause => cause.id),
          { minLength: 1, maxLength: 3 },
        ),
        fc.constantFrom(...PHASES),
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
