import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/log/index.js';
import type { LogReading } from '../../src/log/types.js';
import { damages } from './damage.js';

const folder = join(import.meta.dirname, '../../fixtures/logs');
const fixtures = readdirSync(folder)
  .filter(name => name.endsWith('.log'))
  .map(name => ({ name, lines: readFileSync(join(folder, name), 'utf8').trimEnd().split('\n') }));

const withoutBlanks = (values: Record<string, string | number>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replace(/\s+/g, '') : value,
    ]),
  );

/** What must not change: which messages with which values in which order, the facts, phase, program, runs. */
const essence = (reading: LogReading) => ({
  isVllm: reading.isVllm,
  judged: reading.judged,
  runs: reading.runs.map(run => ({
    // Whether a blank stood where a line was broken cannot always be told.
    events: run.events.map(({ id, values }) => ({ id, values: withoutBlanks(values) })),
    facts: Object.fromEntries(
      Object.entries(run.facts).map(([name, fact]) => [name, { value: fact.value, perRank: fact.perRank }]),
    ),
    phase: run.phase,
    errors: run.traces.map(trace => trace.error.replace(/\s+/g, '').slice(0, 60)),
    frames: run.traces.map(trace => trace.frames.map(frame => frame.function)),
  })),
});

describe('damage of pasting and collecting is undone', async () => {
  for (const { name, lines } of fixtures) {
    const whole = essence(await readLog([`${lines.join('\n')}\n`]));
    for (const [damage, apply] of Object.entries(damages))
      it(`${name}: ${damage}`, async () => {
        expect(essence(await readLog([apply(lines)]))).toEqual(whole);
      });

    for (const first of ['colours', 'box that wraps', 'every line doubled', 'hard wrap at 80'])
      for (const second of [
        'docker compose prefix',
        'kubectl --timestamps',
        'journald',
        'GCP',
        'Docker json-file',
        'CRLF line ends',
        'quoted as in mail',
      ])
        it(`${name}: ${first}, then ${second}`, async () => {
          const once = damages[first]!(lines).trimEnd().split('\n');
          expect(essence(await readLog([damages[second]!(once)]))).toEqual(whole);
        });

    it(`${name}: all newlines lost`, async () => {
      const lost = await readLog([lines.filter(line => /^(?:\([^)]*pid=\d+\) )?[A-Z]+ \d\d-/.test(line)).join(' ')]);
      const kept = await readLog([lines.filter(line => /^(?:\([^)]*pid=\d+\) )?[A-Z]+ \d\d-/.test(line)).join('\n')]);
      expect(essence(lost).runs.map(run => run.facts)).toEqual(essence(kept).runs.map(run => run.facts));
      expect(essence(lost).runs.map(run => run.phase)).toEqual(essence(kept).runs.map(run => run.phase));
    });

    it(`${name}: in chunks of any size`, async () => {
      const text = `${lines.join('\n')}\n`;
      for (const size of [1, 7, 64, 1000]) {
        const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
          text.slice(i * size, (i + 1) * size),
        );
        expect(await readLog(chunks)).toEqual({ ...(await readLog([text])), bytes: expect.any(Number) });
      }
    });
  }
});

describe('a long message that was wrapped twice', () => {
  const prefix = '(EngineCore_DP0 pid=99) ERROR 10-05 10:00:39 [core.py:708] ';
  const message =
    "ValueError: To serve at least one request with the models's max seq len (32768), (1.75 GiB KV cache is needed, which is larger than the available KV cache memory (1.20 GiB). Based on the available memory, the estimated maximum model length is 22464. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.";
  const rows = (lines: string[], width: number) => lines.flatMap(line => line.match(new RegExp(`.{1,${width}}`, 'g'))!);

  it.each([
    [120, 90],
    [133, 80],
    [150, 100],
  ])('at %i, then at %i', async (first, second) => {
    const before = `${prefix}Capturing the engine’s settings for a later look at them, which takes a moment and tells nothing else that matters here, or anywhere`;
    const reading = await readLog([rows(rows([before, prefix + message, before], first), second).join('\n')]);
    const facts = reading.runs[0]!.facts;
    expect(facts.kvNeededGiB?.value).toBe(1.75);
    expect(facts.kvAvailableGiB?.value).toBe(1.2);
    expect(facts.estimatedMaxModelLen?.value).toBe(22464);
  });
});
