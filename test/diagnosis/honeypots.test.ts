import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causes } from '../../src/knowledge/causes.js';
import { alarmingButHarmless, healthyStarts } from './healthy-logs.js';
import { answerTo, told } from './support.js';

describe('healthy starts', () => {
  it.each(Object.keys(healthyStarts))('%s has no cause', async version => {
    const answer = await answerTo(healthyStarts[version]!.join('\n'));
    expect(answer.verdict).toBe('healthy');
    expect(answer.causes).toEqual([]);
    expect(answer.phase).toBe('none');
    expect(answer.proof.length).toBeGreaterThan(0);
  });

  it.each(Object.keys(healthyStarts))('%s stays healthy with alarming lines anywhere', async version => {
    const lines = healthyStarts[version]!;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(lines.length), fc.constantFrom(...alarmingButHarmless)), {
          minLength: 1,
          maxLength: 4,
        }),
        async inserted => {
          const changed = [...lines];
          for (const [at, line] of inserted) changed.splice(at, 0, line);
          expect((await answerTo(changed.join('\n'))).verdict).toBe('healthy');
        },
      ),
      { numRuns: 20, seed: 7 },
    );
  });
});

describe('alarming lines beside a failure', () => {
  const cases = causes().map(cause => ({ id: cause.id, log: cause.examples[0]!.log }));
  it.each(cases)('do not change $id', async ({ id, log }) => {
    const lines = log.trimEnd().split('\n');
    for (const line of alarmingButHarmless) {
      expect(told(await answerTo([...lines, line].join('\n'))), line).toBe(id);
      // Before the first line only where the log does not open with the launch command.
      if (!log.startsWith('$')) expect(told(await answerTo([line, ...lines].join('\n'))), line).toBe(id);
    }
  });
});
