import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/log/index.js';
import { MAX_STRETCH } from '../../src/log/repair/split-lines.js';

const CONTROLS = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

/** Scraps that steer the reader into every corner: prefixes, traces, messages cut anywhere, brackets, escapes. */
const scraps = [
  'INFO 04-09 05:39:42 [core.py:61] ',
  '(EngineCore_DP0 pid=17374) ERROR 04-09 05:39:42 [core.py:61] ',
  '(VllmWorker rank=1 pid=2) ',
  'Traceback (most recent call last):',
  '  File "/x/vllm/v1/worker/gpu_worker.py", line 12, in load_model',
  'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate ',
  '1.50 GiB. GPU 0 has a total capacity of 23.64 GiB of which ',
  'Initializing a V1 LLM engine (v0.9.1) with config: model=',
  "args: Namespace(model='x', a=[1, (2, {'b': ",
  'non-default args: {',
  '{"log":"',
  '│ ',
  '> > > ',
  '\u001B[1;36m',
  '#033[31m',
  '\\[core.py\\]',
  '\\n',
  '\r',
  '\n',
  '\n\n',
  '$ vllm serve m \\',
  'LLM(model="x", ',
  '2026-03-11T17:57:09.855212259Z ',
  '| NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4     |\n',
  '|   0  NVIDIA L4                      Off |   00000000:01:00.0 Off |                    0 |\n',
  '[{"gpu": 0, "asic": {"market_name": ',
  '"ShmSize": 67108864,\n',
  'Last State:     Terminated\n  Exit Code: ',
  'MemTotal:       65536000 kB\n',
  'a'.repeat(90),
  '((((((((((((',
  '"""\'\'\'',
  '\u202E\u0000\uFFFF\uD800',
];

const text = fc
  .array(
    fc.oneof(fc.constantFrom(...scraps), fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 12 })),
    {
      maxLength: 60,
    },
  )
  .map(parts => parts.join(''));

describe('any text at all', () => {
  it('is read without an error, the same whatever the chunks, and nothing shown steers a terminal', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 200 }), async (input, size) => {
        const whole = await readLog([input]);
        const chunks = Array.from({ length: Math.ceil(input.length / size) }, (_, i) =>
          input.slice(i * size, (i + 1) * size),
        );
        expect({ ...(await readLog(chunks)), bytes: 0 }).toEqual({ ...whole, bytes: 0 });
        const shown = [
          ...whole.excerpts.map(excerpt => excerpt.text),
          ...whole.runs.flatMap(run => [
            ...run.events.map(event => event.text),
            ...run.traces.map(trace => trace.error),
          ]),
        ];
        for (const line of shown) expect(line).not.toMatch(CONTROLS);
        for (const run of whole.runs)
          for (const fact of Object.values(run.facts)) expect(fact.line).toBeLessThanOrEqual(whole.lines + 1);
      }),
      { numRuns: 300 },
    );
  });

  it('counts lines and bytes as the user has them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '漢', ' ') }), { minLength: 1 }),
        async lines => {
          const input = `${lines.join('\n')}\n`;
          const reading = await readLog([input]);
          expect(reading.lines).toBe(lines.length);
          expect(reading.bytes).toBe(Buffer.byteLength(input));
        },
      ),
    );
  });
});

describe('texts without bounds', () => {
  const message = 'INFO 08-31 14:45:44 [gpu_worker.py:232] Available KV cache memory: 10.04 GiB\n';
  const filler =
    'INFO 05-29 04:50:01 [loggers.py:111] Engine 000: Avg prompt throughput: 12.6 tokens/s, Running: 3 reqs\n';

  it('a long log keeps its first and last events, bounded, and counts all', async () => {
    const failure =
      'ERROR 05-29 04:50:01 [core.py:1] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.\n';
    function* log() {
      yield message;
      for (let i = 0; i < 40; i++) yield filler.repeat(500) + failure.repeat(50);
    }
    const reading = await readLog(log());
    const [run] = reading.runs;
    expect(run!.events.length).toBeLessThan(400);
    expect(run!.eventCounts!['torch-oom']).toBe(40);
    expect(run!.facts.kvCacheGiB!.value).toBe(10.04);
    expect(run!.phase).toBe('serving');
    expect(reading.lines).toBe(1 + 40 * 550);
    expect(reading.excerpts.length).toBeLessThan(400);
  });

  it('a line without end is read in stretches, and what stands in it is found', async () => {
    function* log() {
      for (let i = 0; i < 200; i++) yield 'x'.repeat(10_000);
      yield ' Available KV cache memory: 3.25 GiB ';
      for (let i = 0; i < 200; i++) yield 'lorem ipsum '.repeat(800);
    }
    const reading = await readLog(log());
    expect(reading.lines).toBe(1);
    expect(reading.runs[0]!.facts.kvCacheGiB!.value).toBe(3.25);
    for (const excerpt of reading.excerpts) expect(excerpt.text.length).toBeLessThan(MAX_STRETCH);
  });

  it('a restart loop of hundreds of runs keeps some and counts all', async () => {
    const start = 'INFO 07-20 08:00:00 [api_server.py:1395] vLLM API server version 0.9.2\n';
    const failure = 'ERROR 07-20 08:01:16 [core.py:586] ValueError: No available memory for the cache blocks.\n';
    const reading = await readLog(Array.from({ length: 300 }, () => start + failure));
    expect(reading.runCount).toBe(300);
    expect(reading.runs.length).toBeLessThanOrEqual(50);
    expect(reading.judged).toBe(reading.runs.length - 1);
    expect(reading.runs.at(-1)!.lastLine).toBe(600);
  });
});
