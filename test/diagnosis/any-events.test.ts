import fc from 'fast-check';
import { expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/index.js';
import type { Facts } from '../../src/facts/types.js';
import { builtinMessages } from '../../src/knowledge/messages.js';
import type { LogEvent, LogReading, Phase, StackTrace } from '../../src/log/types.js';

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
const FIGURES = [
  'gpuTotalGiB',
  'freeGiB',
  'freeAtStartGiB',
  'requestedGiB',
  'allocatedGiB',
  'reservedUnallocatedGiB',
  'processUsedGiB',
  'otherProcessesGiB',
  'weightsGiB',
  'activationGiB',
  'kvCacheGiB',
  'kvAvailableGiB',
  'kvNeededGiB',
  'graphsEstimatedGiB',
  'gpuMemoryUtilization',
  'maxNumSeqs',
  'maxModelLen',
  'gpuBlocks',
  'privatePoolsGiB',
];
const FRAMES = [
  ['vllm/v1/worker/gpu_worker.py', 'determine_available_memory'],
  ['vllm/worker/model_runner.py', 'execute_model'],
  ['vllm/v1/worker/gpu_model_runner.py', '_dummy_sampler_run'],
  ['vllm/model_executor/models/qwen2_vl.py', 'forward'],
  ['vllm/model_executor/layers/linear.py', 'create_weights'],
  ['huggingface_hub/file_download.py', 'hf_hub_download'],
  ['trl/trainer/grpo_trainer.py', '__init__'],
] as const;

const number = fc.oneof(
  fc.double({ min: -10, max: 200, noNaN: true }),
  fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY),
);
const values = fc.dictionary(fc.constantFrom(...FIGURES), number, { maxKeys: 5 });
const event = (line: number): fc.Arbitrary<LogEvent> =>
  fc.record({
    id: fc.constantFrom(...builtinMessages().map(message => message.id)),
    line: fc.constant(line),
    text: fc.string({ maxLength: 60 }),
    values,
  });
const trace: fc.Arbitrary<StackTrace> = fc.record({
  line: fc.nat(50),
  frames: fc.array(
    fc.constantFrom(...FRAMES).map(([file, name]) => ({ file: `/opt/v/${file}`, function: name, line: 1 })),
    { maxLength: 4 },
  ),
  error: fc.constantFrom('', 'torch.OutOfMemoryError: CUDA out of memory.', 'ValueError: something else'),
});
const facts: fc.Arbitrary<Facts> = fc
  .tuple(
    values,
    fc.constantFrom(undefined, '0.4.2', '0.6.4', '0.8.3', '0.9.0', '0.13.0', '0.27.1', '0.33.0', 'unknown'),
    fc.constantFrom(undefined, 'V0', 'V1'),
    fc.constantFrom(undefined, 'acme/A-7B', 'Qwen/Qwen2.5-VL-72B-Instruct', '/data/model'),
  )
  .map(([figures, vllmVersion, engine, model]) =>
    Object.fromEntries(
      Object.entries({ ...figures, vllmVersion, engine, model })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, { value, from: 'log' }]),
    ),
  );

it('any events, tracebacks and facts get an answer, and memory is never blamed without a cause', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(), { maxLength: 12 }).chain(list => fc.tuple(...list.map((_, i) => event(i + 1)))),
      fc.array(trace, { maxLength: 3 }),
      facts,
      fc.constantFrom(...PHASES),
      fc.constantFrom(true, false, null),
      (events, traces, known, phase, isVllm) => {
        const reading: LogReading = {
          lines: 50,
          bytes: 1000,
          isVllm,
          program: null,
          runs: [{ firstLine: 1, lastLine: 50, events, traces, facts: known, phase, launch: null }],
          judged: 0,
          excerpts: [],
        };
        const { verdict, causes, summary } = diagnose({ reading, facts: known, budget: null });
        expect(causes.length > 0 || verdict !== 'oom').toBe(true);
        expect(summary.en.length).toBeGreaterThan(0);
        expect(JSON.stringify(causes)).not.toMatch(/undefined|NaN|Infinity/);
      },
    ),
    { numRuns: 400, seed: 5 },
  );
});
