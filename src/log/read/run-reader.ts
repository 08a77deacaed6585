import { inVersions } from '../../common/version.js';
import type { Message } from '../../knowledge/messages.js';
import type { MessageMatch } from '../match/matcher.js';
import type { LogEvent, Phase, RunReading, StackTrace } from '../types.js';
import { BoundedList } from './bounded.js';
import { markers as markerTests } from './examine.js';
import { isFactName } from './fact-rules.js';
import { FactStore } from './fact-store.js';
import { LaunchFinder } from './launch-line.js';
import { readOomClauses } from './oom-clauses.js';
import { phaseOfFrames, runsModel } from './phase-of-frames.js';
import { PhaseTracker } from './phase-tracker.js';
import { type LogRecord, lineAt } from './record.js';
import { factsFromFlags, factsFromSettings } from './settings-facts.js';
import { TraceReader } from './trace-reader.js';

const FIRST_OF_A_KIND = 24;
const LAST_OF_A_KIND = 16;
/** After so many of a kind, what states no figures is only counted. */
const ENOUGH = 200;
const LONGEST_TEXT = 3000;

/** A failure as it came, before it is known which one decides. */
interface Failure {
  phase: Phase;
  /** Certain (the message or its traceback says so) or only the last landmark. */
  certain: boolean;
  ofMemory: boolean;
}

/** Reads one start of vLLM: events, traces, facts, phase. */
export class RunReader {
  private readonly events = new Map<string, BoundedList<{ event: LogEvent; order: number }>>();
  private order = 0;
  private readonly traces = new BoundedList<StackTrace>(12, 24);
  private readonly facts = new FactStore();
  private readonly launches = new LaunchFinder();
  private readonly tracker = new PhaseTracker(() => this.facts.value('engine') === 'V0');
  private readonly traceReader = new TraceReader(trace => this.traceDone(trace));
  private printedArgs: { text: string; line: number } | null = null;
  private decisive: Failure | null = null;
  /** Failure messages whose phase the traceback that is being printed may still correct. */
  private pendingFailures = new Map<string, Failure>();
  private lastLine: number;
  /** Phase of the method that the current record's envelope names. */
  private method: Phase | null = null;
  private knownProcess: string | undefined;
  private knownSource: string | undefined;

  constructor(private readonly firstLine: number) {
    this.lastLine = firstLine;
  }

  /** True when the message has been seen so often that looking again would tell nothing new. */
  isKnownWell(message: Message): boolean {
    return message.class !== 'failure' && (this.events.get(message.id)?.count ?? 0) >= ENOUGH;
  }

  record(record: LogRecord, matches: MessageMatch[], markers: number, isFirst: boolean): void {
    this.lastLine = record.pieces?.at(-1)?.line ?? record.line;
    this.origin(record);
    this.method = methodIn(matches);
    for (const match of matches) if (!(match.message.onlyErrors && isQuiet(record))) this.event(record, match);
    this.traceReader.read(record, markers);
    if (isFirst || this.launches.isOpen() || markerTests.mayBeLaunch(markers))
      this.launches.read(record, isFirst, this.traceReader.framesOf(record.process).length > 0);
  }

  phaseNow(): Phase {
    return this.tracker.at();
  }

  end(): RunReading {
    this.traceReader.end();
    this.deriveEngine();
    const typed = this.launches.end();
    const all = [...this.events.values()].flatMap(list => list.items());
    return {
      firstLine: this.firstLine,
      lastLine: this.lastLine,
      events: all.sort((a, b) => a.order - b.order).map(({ event }) => event),
      traces: this.traces.items().sort((a, b) => a.line - b.line),
      facts: this.facts.facts(),
      phase: this.decisive?.phase ?? this.tracker.at(),
      launch: typed ?? this.printedArgs,
      eventCounts: Object.fromEntries([...this.events].map(([id, list]) => [id, list.count])),
    };
  }

  /** A release that has only one engine names it: V1 came with 0.6.4, V0 left with 0.11.0. */
  private deriveEngine(): void {
    const fact = this.facts.facts().vllmVersion;
    if (this.facts.has('engine') || !fact) return;
    if (inVersions(fact.value, null, '0.6.3.post1')) this.facts.add('engine', 'V0', fact.line ?? this.firstLine, 40);
    else if (inVersions(fact.value, '0.11.0')) this.facts.add('engine', 'V1', fact.line ?? this.firstLine, 40);
  }

  /** What the prefix alone tells about the engine. */
  private origin(record: LogRecord): void {
    const { process, source, line } = record;
    if (process === this.knownProcess && source === this.knownSource) return;
    this.knownProcess = process;
    this.knownSource = source;
    if ((process && V1_PROCESS.test(process)) || (source && V1_SOURCES.test(source)))
      this.facts.add('engine', 'V1', line, 45);
    else if (process?.startsWith('VllmWorkerProcess') || (source && V0_SOURCES.test(source)))
      this.facts.add('engine', 'V0', line, 45);
  }

  private event(record: LogRecord, { message, values, start }: MessageMatch): void {
    const line = lineAt(record, start);
    const event: LogEvent = {
      id: message.id,
      line,
      text:
        record.text.length > LONGEST_TEXT
          ? record.text.slice(Math.max(0, start - 40), start + LONGEST_TEXT)
          : record.text,
      values,
      kind: message.class,
      ...(record.level && { level: record.level }),
      ...(record.process && { process: record.process }),
      ...(record.rank !== undefined && { rank: record.rank }),
    };
    let list = this.events.get(message.id);
    if (!list) {
      list = new BoundedList(FIRST_OF_A_KIND, LAST_OF_A_KIND);
      this.events.set(message.id, list);
    }
    this.factsOf(message, values, line, record);
    // Long captures (settings, process lists) have become facts; the event keeps what is short.
    event.values = Object.fromEntries(
      Object.entries(values).filter(([, value]) => typeof value === 'number' || value.length <= 300),
    );
    list.push({ event, order: this.order++ });
    if (message.class === 'landmark' && message.phase) this.tracker.landmark(message.id, message.phase, record.process);
    if (message.class === 'failure') this.failure(message, record);
    if (message.class === 'wrapper' && this.method)
      this.decide({ phase: this.method, certain: true, ofMemory: this.decisive?.ofMemory ?? false });
    if (message.id === 'task-error' && /background task|_log_task_completion/.test(record.text))
      this.decide({ phase: 'serving', certain: true, ofMemory: this.decisive?.ofMemory ?? false });
  }

  private factsOf(message: Message, values: MessageMatch['values'], line: number, record: LogRecord): void {
    const belief = message.belief ?? 50;
    const rank = record.process ?? '';
    for (const [name, value] of Object.entries(message.set ?? {}))
      if (isFactName(name)) this.facts.add(name, value, line, belief, rank);
    for (const [name, value] of Object.entries(values))
      if (
        isFactName(name) &&
        !message.notFacts?.includes(name) &&
        !(name === 'vllmVersion' && UNVERSIONED.test(String(value)))
      )
        this.facts.add(name, value, line, belief, rank);
    const settings = values.args ?? values.config;
    if (typeof settings === 'string') {
      for (const [name, value] of factsFromSettings(settings)) this.facts.add(name, value, line, belief);
      if (message.id !== 'args-namespace' || settings.length > 40) this.printed(message, record, settings, line);
    }
    if (typeof values.flags === 'string' && !this.launches.isOpen())
      for (const [name, value] of factsFromFlags(record.text)) this.facts.add(name, value, line, belief);
    // Until the real capture reports, what the trial capture measured stands for the graphs.
    if (typeof values.graphsEstimatedGiB === 'number')
      this.facts.add('graphsGiB', values.graphsEstimatedGiB, line, 20, rank);
    if (typeof values.gpuShortName === 'string' && values.gpuShortName)
      this.facts.add('gpuName', values.gpuShortName, line, belief);
    if (typeof values.gpuSlot === 'number') {
      const seen = this.facts.value('gpuCount');
      this.facts.add('gpuCount', Math.max(typeof seen === 'number' ? seen : 0, values.gpuSlot + 1), line, belief);
    }
    // A failed allocation's figures belong together: only the first counts.
    if (typeof values.clauses === 'string') {
      const own = readOomClauses(
        values.clauses,
        values.allocatedGiB as number | undefined,
        values.gpuTotalGiB as number | undefined,
      );
      for (const [name, value] of Object.entries(own)) if (isFactName(name)) this.facts.add(name, value, line, belief);
    }
    if (typeof values.reservedGiB === 'number' && typeof values.allocatedGiB === 'number')
      this.facts.add('reservedUnallocatedGiB', Math.max(0, values.reservedGiB - values.allocatedGiB), line, belief);
  }

  /** Arguments as vLLM printed them: a launch for want of a typed one. */
  private printed(message: Message, record: LogRecord, settings: string, line: number): void {
    if (message.id === 'non-default-args' || message.id === 'args-namespace' || !this.printedArgs) {
      const better = message.id === 'non-default-args' || !this.printedArgs || message.id === 'args-namespace';
      if (better && settings) this.printedArgs = { text: record.text, line };
    }
  }

  private failure(message: Message, record: LogRecord): void {
    const frames = this.traceReader.framesOf(record.process);
    const phase = message.phase ?? phaseOfFrames(frames) ?? this.method ?? this.fromLandmarks(record.process, frames);
    const failure = {
      phase,
      certain: message.phase !== undefined || phaseOfFrames(frames) !== null || this.method !== null,
      ofMemory: message.shortOf !== undefined,
    };
    this.decide(failure);
    if (!failure.certain) this.pendingFailures.set(record.process ?? '', failure);
  }

  /** By the last landmark; a model that runs forward has been loaded, whatever the last landmark says. */
  private fromLandmarks(process: string | undefined, frames: StackTrace['frames']): Phase {
    const phase = this.tracker.at(process);
    return runsModel(frames) && (phase === 'config' || phase === 'device-init' || phase === 'load') ? 'profile' : phase;
  }

  /** A memory failure decides over another failure, a certain phase over a guessed one, the first over later ones. */
  private decide(failure: Failure): void {
    const held = this.decisive;
    if (
      !held ||
      (failure.ofMemory && !held.ofMemory) ||
      (failure.ofMemory === held.ofMemory && failure.certain && !held.certain)
    )
      this.decisive = failure;
  }

  private traceDone(trace: StackTrace): void {
    this.traces.push(trace);
    if (trace.frames.some(frame => /\bvllm\/v1\//.test(frame.file))) this.facts.add('engine', 'V1', trace.line, 45);
    else if (trace.frames.some(frame => /\bvllm\/(?:worker|executor|core)\//.test(frame.file)))
      this.facts.add('engine', 'V0', trace.line, 45);
    if (trace.frames.some(frame => /vllm\/v1\/worker\/gpu\/model_runner\.py/.test(frame.file)))
      this.facts.add('modelRunner', 'V2', trace.line, 45);
    const phase = phaseOfFrames(trace.frames);
    const pending = this.pendingFailures.get(trace.process ?? '');
    if (phase && pending) {
      this.pendingFailures.delete(trace.process ?? '');
      const decided = this.decisive === pending;
      pending.phase = phase;
      pending.certain = true;
      if (!decided) this.decide(pending);
    } else if (phase && !WRAPPER_ERROR.test(trace.error)) {
      // A trace whose error is no known message still tells where it failed.
      this.decide({ phase, certain: true, ofMemory: this.decisive?.ofMemory ?? false });
    } else if (!this.decisive && runsModel(trace.frames)) {
      this.decide({ phase: this.fromLandmarks(trace.process, trace.frames), certain: false, ofMemory: false });
    }
  }
}

/** The level of lines that report no error. */
const isQuiet = ({ level }: LogRecord) => level === 'DEBUG' || level === 'INFO' || level === 'WARNING';

/** "... while processing method determine_num_available_blocks": the envelope names the work. */
const methodIn = (matches: MessageMatch[]): Phase | null => {
  for (const { values } of matches)
    if (typeof values.method === 'string') return phaseOfFrames([{ file: '', function: values.method, line: 0 }]);
  return null;
};

/** What setuptools-scm calls a checkout without tags: no release can be told from it. */
const UNVERSIONED = /^0\.(?:0|1)\.(?:0\.)?dev/;
const V1_PROCESS = /^(?:EngineCore|VllmWorker(?!Process)|Worker_|DPEngineCore)/;
const V1_SOURCES =
  /(?:^|\/)(?:core|gpu_model_runner|gpu_worker|kv_cache_utils|kv_cache_planning|multiproc_executor|core_client|async_llm|loggers|cpu_model_runner)\.py$/;
const V0_SOURCES =
  /(?:^|\/)(?:llm_engine|async_llm_engine|gpu_executor|executor_base|metrics|multiproc_gpu_executor|multiproc_worker_utils|mp_distributed_executor|ray_gpu_executor|distributed_gpu_executor|worker)\.py$/;
const WRAPPER_ERROR =
  /Engine core initialization failed|EngineDeadError|WorkerProc initialization failed|Engine process failed|See root cause above|SystemExit|KeyboardInterrupt|CancelledError|Engine loop is not running|Background loop|ChildFailedError|ActorDiedError|RayActorError/;
