import fc from 'fast-check';
import { expect, it } from 'vitest';
import { frame } from '../../src/ui/frame/frame.js';
import { lineWidth } from '../../src/ui/lines.js';
import { KEYS, LOG, seat, settle, steeredRetest } from './fixtures.js';

const paste = (text: string) => `\u001B[200~${text.replaceAll('\n', '\r')}\u001B[201~`;

const input = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(KEYS.enter, KEYS.esc, KEYS.up, KEYS.down, KEYS.tab, ' ') },
  { weight: 3, arbitrary: fc.constantFrom(...'jkgGodavlxcwrbynse/?') },
  { weight: 1, arbitrary: fc.constantFrom(KEYS.ctrlL, KEYS.ctrlN, KEYS.ctrlU, '\u0014', '\u001B[6~', '\u001B[5~') },
  { weight: 1, arbitrary: fc.constantFrom(paste(LOG), paste('vllm serve m --max-num-seqs 8'), paste('crash.log')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }).map(text => text.replace(/[\u0003q]/g, '')) },
);
const size = fc.record({ columns: fc.integer({ min: 20, max: 140 }), rows: fc.integer({ min: 6, max: 50 }) });

it('whatever is typed, every frame fills the screen exactly and nothing is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(input, { minLength: 5, maxLength: 40 }), size, async (inputs, area) => {
      const steered = steeredRetest();
      const s = seat({ retest: steered.retest });
      await s.type(paste(LOG));
      for (const chunk of inputs) {
        await s.type(chunk);
        const { lines } = frame(s.wizard.get(), area, 0);
        expect(lines).toHaveLength(area.rows);
        for (const row of lines) expect(lineWidth(row)).toBeLessThanOrEqual(area.columns);
      }
      s.wizard.stopRetest();
      await settle();
      s.wizard.end();
    }),
    { numRuns: 25 },
  );
});
