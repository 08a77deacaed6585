import fc from 'fast-check';
import type { FactName, Facts, FactValues } from '../../src/facts/types.js';
import type { LogEvent, LogReading, Phase, StackTrace } from '../../src/log/types.js';

const PHASES: Record<Phase, true> = {
  config: true,
  'device-init': true,
  load: true,
  profile: true,
  'kv-cache': true,
  'graph-capture': true,
  'sampler-warmup': true,
  serving: true,
  shutdown: true,
  host: true,
  none: true,
  unknown: true,
};

export const anyPhase: fc.Arbitrary<Phase> = fc.constantFrom(...(Object.keys(PHASES) as Phase[]));

const gib = fc.double({ min: 0, max: 300, noNaN: true });

/** Facts as vLLM, a user or a machine could state them, at their bounds too; any of them may be missing. */
export const possibleFacts = (releases: readonly string[]): fc.Arbitrary<Partial<FactValues>> =>
  fc.record(
    {
      vllmVersion: fc.constantFrom(...releases, '0.8.5.post1', '0.11.1rc2.dev5', 'main', '0.1.dev0'),
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
] as const satisfies FactName[];

/** Any numbers under the names of facts, also such as no text could state: negative, infinite, none. */
const anyFigures: fc.Arbitrary<Record<string, number>> = fc.dictionary(
  fc.constantFrom(...FIGURES),
  fc.oneof(fc.double({ min: -10, max: 200, noNaN: true }), fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY)),
  { maxKeys: 5 },
);

const anyFacts: fc.Arbitrary<Facts> = fc
  .tuple(
    anyFigures,
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

const anyEvent = (ids: readonly string[]): fc.Arbitrary<Omit<LogEvent, 'line'>> =>
  fc.record({ id: fc.constantFrom(...ids), text: fc.string({ maxLength: 60 }), values: anyFigures });

const FRAMES = [
  ['vllm/v1/worker/gpu_worker.py', 'determine_available_memory'],
  ['vllm/worker/model_runner.py', 'execute_model'],
  ['vllm/v1/worker/gpu_model_runner.py', '_dummy_sampler_run'],
  ['vllm/model_executor/models/qwen2_vl.py', 'forward'],
  ['vllm/model_executor/layers/linear.py', 'create_weights'],
  ['huggingface_hub/file_download.py', 'hf_hub_download'],
  ['trl/trainer/grpo_trainer.py', '__init__'],
] as const;

const anyTrace: fc.Arbitrary<StackTrace> = fc.record({
  line: fc.nat(50),
  frames: fc.array(
    fc.constantFrom(...FRAMES).map(([file, name]) => ({ file: `/opt/v/${file}`, function: name, line: 1 })),
    { maxLength: 4 },
  ),
  error: fc.constantFrom('', 'torch.OutOfMemoryError: CUDA out of memory.', 'ValueError: something else'),
});

/** The reading of one run that no vLLM ever printed: any messages (`ids`), tracebacks and figures together. */
export const anyReading = (ids: readonly string[]): fc.Arbitrary<LogReading> =>
  fc
    .record({
      events: fc
        .array(anyEvent(ids), { maxLength: 12 })
        .map(list => list.map((event, i) => ({ ...event, line: i + 1 }))),
      traces: fc.array(anyTrace, { maxLength: 3 }),
      facts: anyFacts,
      phase: anyPhase,
      isVllm: fc.constantFrom(true, false, null),
    })
    .map(({ isVllm, ...run }) => ({
      lines: 50,
      bytes: 1000,
      isVllm,
      program: null,
      runs: [{ firstLine: 1, lastLine: 50, launch: null, ...run }],
      judged: 0,
      excerpts: [],
    }));
