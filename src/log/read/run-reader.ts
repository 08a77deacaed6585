import type { Message } from '../../knowledge/messages.js';
import { failureCutShort } from '../match/cut.js';
import type { MessageMatch } from '../match/matcher.js';
import type { LogEvent, Phase, RunReading, StackTrace } from '../types.js';
import { BoundedList } from './bounded.js';
import { engineOfFrames, engineOfPrefix, engineOfRelease, isModelRunnerV2 } from './engine-signs.js';
import { addFactsOf } from './event-facts.js';
import { markers as markerTests } from './examine.js';
import { FactStore } from './fact-store.js';
import { FailurePhase, phaseOfMethod } from './failure-phase.js';
import { LaunchFinder } from './launch-line.js';
import { PhaseTracker } from './phase-tracker.js';
import { PrintedAtKeeper } from './printed-at.js';
import { type LogRecord, lineAt } from './record.js';
import { releaseSpan } from './release-span.js';
import { TraceReader } from './trace-reader.js';

const FIRST_OF_A_KIND = 24;
const LAST_OF_A_KIND = 16;
const LONGEST_TEXT = 3000;
const LONGEST_VALUE = 300;
/** After so many of a kind, looking at another one tells nothing new. */
const ENOUGH = 200;
const ENOUGH_FAILURES = 5000;
/** Signs of the engine are weaker than a line that names it. */
const SIGN_BELIEF = 45;
const RELEASE_BELIEF = 40;

/** Reads one start of vLLM: events, traces, facts, phase. */
export class RunReader {
  private readonly events = new Map<string, BoundedList<{ event: LogEvent; order: number }>>();
  private order = 0;
  private readonly seen = new Set<Message>();
  private readonly processes = new Set<string>();
  private readonly traces = new BoundedList<StackTrace>(12, 24);
  private readonly facts = new FactStore();
  private readonly launches = new LaunchFinder();
  private readonly printed = new PrintedAtKeeper();
  private readonly landmarks = new PhaseTracker(() => this.facts.value('engine') === 'V0');
  private readonly failurePhase = new FailurePhase(this.landmarks);
  private readonly traceReader = new TraceReader(trace => this.traceDone(trace));
  /** Arguments as vLLM printed them: a launch for want of a typed one. */
  private printedArgs: { text: string; line: number } | null = null;
  private lastLine: number;
  private knownProcess: string | undefined;
  private knownSource: string | undefined;

  constructor(private readonly firstLine: number) {
    this.lastLine = firstLine;
  }

  /** True when the message has been seen so often that it need not be looked for again. */
  isKnownWell(message: Message): boolean {
    const count = this.events.get(message.id)?.count ?? 0;
    return count >= (message.class === 'failure' ? ENOUGH_FAILURES : ENOUGH);
  }

  /** `markers`: what the scan saw beside messages (see examine.ts); `isFirst`: the first record of the text. */
  record(record: LogRecord, matches: MessageMatch[], markers: number, isFirst: boolean): void {
    this.lastLine = record.pieces?.at(-1)?.line ?? record.line;
    this.origin(record);
    this.printed.record(record);
    const method = phaseOfMethod(matches);
    for (const match of matches)
      if (!(match.message.onlyErrors && isQuiet(record))) this.event(record, wholeOf(match, matches), method);
    this.traceReader.read(record, markers);
    if (isFirst || this.launches.isOpen() || markerTests.mayBeLaunch(markers))
      this.launches.read(record, isFirst, this.traceReader.framesOf(record.process).length > 0);
  }

  phaseNow(): Phase {
    return this.landmarks.at();
  }

  end(): RunReading {
    this.traceReader.end();
    const typed = this.launches.end();
    const events = [...this.events.values()].flatMap(list => list.items());
    const version = this.facts.facts().vllmVersion;
    const engine = version && !this.facts.has('engine') ? engineOfRelease(version.value) : null;
    if (engine) this.facts.add('engine', engine, version!.line ?? this.firstLine, RELEASE_BELIEF);
    return {
      firstLine: this.firstLine,
      lastLine: this.lastLine,
      events: events.sort((a, b) => a.order - b.order).map(({ event }) => event),
      traces: this.traces.items().sort((a, b) => a.line - b.line),
      facts: this.facts.facts(),
      phase: this.failurePhase.phase ?? this.landmarks.at(),
      launch: typed ?? this.printedArgs,
      releases: releaseSpan({
        messages: this.seen,
        processes: this.processes,
        engine: this.facts.facts().engine?.value,
      }),
      processes: [...this.processes],
      printed: this.printed.all(),
      eventCounts: Object.fromEntries([...this.events].map(([id, list]) => [id, list.count])),
    };
  }

  private origin(record: LogRecord): void {
    if (record.process === this.knownProcess && record.source === this.knownSource) return;
    this.knownProcess = record.process;
    this.knownSource = record.source;
    if (record.process && this.processes.size < ENOUGH) this.processes.add(record.process);
    const engine = engineOfPrefix(record);
    if (engine) this.facts.add('engine', engine, record.line, SIGN_BELIEF);
  }

  private event(record: LogRecord, { message, values, start }: MessageMatch, method: Phase | null): void {
    const { text, process } = record;
    const line = lineAt(record, start);
    this.seen.add(message);
    const isCommand = this.launches.isOpen() && 'flags' in values;
    if (!isCommand) addFactsOf({ message, values, text, line, process: process ?? '' }, this.facts);
    if (PRINTED_ARGS.has(message.id)) this.printedArgs = { text, line };
    // Of an endless line what stands around the message.
    const from = text.length > LONGEST_TEXT ? Math.max(0, start - 40) : 0;
    this.keep({
      id: message.id,
      line,
      text: text.length > LONGEST_TEXT ? text.slice(from, start + LONGEST_TEXT) : text,
      ...(start > from && { at: start - from }),
      // Long captures (settings, process lists) have become facts; the event keeps what is short.
      values: Object.fromEntries(
        Object.entries(values).filter(([, value]) => typeof value === 'number' || value.length <= LONGEST_VALUE),
      ),
      kind: message.class,
      ...(record.level && { level: record.level }),
      ...(process && { process }),
      ...(record.rank !== undefined && { rank: record.rank }),
    });
    if (message.class === 'landmark' && message.phase) this.landmarks.landmark(message.id, message.phase, process);
    if (message.class === 'failure')
      this.failurePhase.failure(message, process, this.traceReader.framesOf(process), method);
    if (message.class === 'wrapper' && (method ?? message.phase)) this.failurePhase.envelope(method ?? message.phase!);
  }

  private keep(event: LogEvent): void {
    let list = this.events.get(event.id);
    if (!list) {
      list = new BoundedList(FIRST_OF_A_KIND, LAST_OF_A_KIND);
      this.events.set(event.id, list);
    }
    list.push({ event, order: this.order++ });
  }

  private traceDone(trace: StackTrace): void {
    this.traces.push(trace);
    const engine = engineOfFrames(trace.frames);
    if (engine) this.facts.add('engine', engine, trace.line, SIGN_BELIEF);
    if (isModelRunnerV2(trace.frames)) this.facts.add('modelRunner', 'V2', trace.line, SIGN_BELIEF);
    this.failurePhase.trace(trace);
  }
}

/** An error without a name of its own may be the beginning of one that has one. */
const wholeOf = (match: MessageMatch, matches: MessageMatch[]): MessageMatch => {
  const { problem } = match.values;
  const alone = match.message.id === 'python-error' && matches.every(other => other.message.shortOf === undefined);
  const message = alone && typeof problem === 'string' ? failureCutShort(problem) : null;
  return message ? { ...match, message, values: {} } : match;
};

/** The level of lines that report no error. */
const isQuiet = ({ level }: LogRecord) => level === 'DEBUG' || level === 'INFO' || level === 'WARNING';

const PRINTED_ARGS = new Set(['non-default-args', 'args-namespace']);
