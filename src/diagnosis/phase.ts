import { phaseOfFrames } from '../log/read/phase-of-frames.js';
import type { LogEvent, Phase, RunReading, StackTrace } from '../log/types.js';

/** What V0 says of the method that a worker was in (executor/multiproc_worker_utils.py, worker_base.py). */
const METHODS: Record<string, Phase> = {
  init_device: 'device-init',
  load_model: 'load',
  determine_num_available_blocks: 'profile',
  determine_available_memory: 'profile',
  initialize_cache: 'kv-cache',
  initialize_from_config: 'kv-cache',
  compile_or_warm_up_model: 'graph-capture',
  start_worker_execution_loop: 'serving',
  execute_model: 'serving',
};

/** Landmarks and envelopes that only a server has that was up. */
const UP = ['engine-ready', 'server-ready', 'server-starting', 'request-served', 'llm-generating', 'request-500'];
/** "Engine loop is not running", EngineDeadError, the background loop of V0's server: an engine that had been running. */
const HAD_RUN = ['engine-dead', 'background-task-failed', 'request-failed'];
const PLACED = ['kv-size', 'kv-blocks', 'kv-concurrency'];

/**
 * Where vLLM was when it failed. The reading tells it from frames and landmarks; this adds what only shows beside the
 * failure: the call that a cut traceback was about to make, V0's method names, graphs that torch counts as private pools.
 */
export const phaseOf = (run: RunReading | null): Phase => {
  if (!run) return 'unknown';
  const has = (ids: string[]) => run.events.some(event => ids.includes(event.id));
  const called = run.traces.map(phaseOfCall).find(phase => phase !== null);
  const told = called ?? run.phase;
  // A request's functions before the server was up: the warm-up that follows capture runs them on made-up requests.
  if (told === 'serving' && has(['graphs-captured', 'budget-report']) && !has(UP) && !has(HAD_RUN))
    return 'sampler-warmup';
  // The profile run computes made-up requests with the same functions: only the loop around them shows a server.
  const ambiguous = told === 'serving' && !has(UP) && !has(HAD_RUN) && run.traces.every(trace => !hasLoop(trace));
  if (told !== 'unknown' && !ambiguous) return told;
  return (
    methodOf(run.events) ??
    (has(HAD_RUN) || run.traces.some(hasLoop) ? 'serving' : null) ??
    poolsOf(run.events) ??
    'unknown'
  );
};

/** The call in the last source line of a traceback whose error is missing, read as one more frame. */
const phaseOfCall = (trace: StackTrace): Phase | null => {
  const last = trace.frames.findLast(frame => frame.code !== undefined && !/[/\\]torch[/\\]/.test(frame.file));
  if (trace.error !== '' || !last?.code) return null;
  const calls = [...last.code.matchAll(/(\w{3,60})\(/g)].map(match => ({
    file: last.file,
    function: match[1]!,
    line: last.line,
  }));
  return phaseOfFrames([...trace.frames, ...calls]);
};

const methodOf = (events: LogEvent[]): Phase | null => {
  for (const event of events) {
    const method = String(event.values.method ?? '').replace(/\W+$/, '');
    if (Object.hasOwn(METHODS, method)) return METHODS[method]!;
  }
  return null;
};

/** The loops that take requests: around them nothing is made up. */
const LOOPS = new Set([
  'run_busy_loop',
  'run_engine_loop',
  'engine_step',
  '_run_engine',
  'start_worker_execution_loop',
  'step_async',
  'step_with_batch_queue',
  'process_engine_step',
  '_process_engine_step',
  'create_chat_completion',
  'create_completion',
  'wake_up',
  'sleep',
  'generate',
  'get_logprobs',
]);

/** V1 makes its dummy runs with functions of their own: there these take real requests (v1/worker/gpu_model_runner.py). */
const STEPS = new Set(['execute_model', 'sample_tokens', '_execute_mm_encoder']);
const isStepOfV1 = ({ file, function: name }: StackTrace['frames'][number]): boolean =>
  /[/\\]v1[/\\]worker[/\\](?!gpu[/\\])/.test(file) && STEPS.has(name);

const hasLoop = (trace: StackTrace): boolean =>
  trace.frames.some(frame => LOOPS.has(frame.function) || isStepOfV1(frame));

/** torch prints private pools only where graphs exist: capture had begun, and with KV sized nothing else is left but it. */
const poolsOf = (events: LogEvent[]): Phase | null => {
  const pools = events.some(event => Number(event.values.privatePoolsGiB) > 0);
  return pools && events.some(event => PLACED.includes(event.id)) ? 'graph-capture' : null;
};
