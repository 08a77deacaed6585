import { builtinMessages, type Message } from '../knowledge/messages.js';
import { Matcher, type MessageMatch } from './match/matcher.js';
import { CarrierWatch } from './read/carrier.js';
import { examine, markers } from './read/examine.js';
import { ExcerptKeeper } from './read/excerpts.js';
import { MentionKeeper } from './read/mentions.js';
import { ProgramWatch } from './read/program-watch.js';
import type { LogRecord } from './read/record.js';
import { RunReader } from './read/run-reader.js';
import { RunSplitter } from './read/run-splitter.js';
import { ToolOutputs } from './read/tool-outputs.js';
import { type Examined, RepairPipeline } from './repair/pipeline.js';
import { LineSplitter } from './repair/split-lines.js';
import type { LogReading, RunReading } from './types.js';

export type { LogEvent, LogReading, Phase, RunReading, StackTrace } from './types.js';

export interface ReadOptions {
  /** Further messages (a private knowledge base), beside the doctor's own. */
  messages?: Message[];
}

/** A restart loop may have thousands of runs: the first and the last are kept, the rest is counted. */
const FIRST_RUNS = 10;
const LAST_RUNS = 40;

let builtin: Matcher | undefined;

const matcherFor = (more?: Message[]): Matcher => {
  if (more?.length) return new Matcher([...builtinMessages(), ...more], markers.all);
  builtin ??= new Matcher(builtinMessages(), markers.all);
  return builtin;
};

/** Reads a log line by line; what {@link readLog} does, for callers that follow a live process. */
export class LogReader {
  private readonly matcher: Matcher;
  private readonly splitter: LineSplitter;
  private readonly pipeline: RepairPipeline;
  private readonly runSplitter = new RunSplitter();
  private readonly programs = new ProgramWatch();
  private readonly carrier = new CarrierWatch();
  private readonly excerpts = new ExcerptKeeper();
  private readonly outputs = new ToolOutputs();
  private readonly mentions = new MentionKeeper();
  private readonly firstRuns: RunReading[] = [];
  private lastRuns: RunReading[] = [];
  private runCount = 0;
  private run: RunReader | null = null;
  private bytes = 0;
  private records = 0;

  constructor(options: ReadOptions = {}) {
    this.matcher = matcherFor(options.messages);
    this.pipeline = new RepairPipeline(
      (record, found) => this.record(record, found),
      examine(this.matcher),
      (typed, line, isLog) => this.outputs.line(typed, line, isLog),
    );
    this.splitter = new LineSplitter((text, line) => {
      this.carrier.line(text);
      this.pipeline.push(text, line);
    });
  }

  push(chunk: string): void {
    this.bytes += Buffer.byteLength(chunk);
    this.splitter.push(chunk);
  }

  /** The phase that the run has reached so far. */
  phase(): RunReading['phase'] {
    return this.run?.phaseNow() ?? 'unknown';
  }

  end(): LogReading {
    const lines = this.splitter.end();
    this.pipeline.end();
    this.closeRun();
    const runs = [...this.firstRuns, ...this.lastRuns.slice(-LAST_RUNS)];
    this.outputs.addTo(runs);
    return {
      lines,
      bytes: this.bytes,
      ...this.programs.verdict(),
      runs,
      judged: judged(runs),
      excerpts: this.excerpts.end(),
      runCount: this.runCount,
      mentions: this.mentions.all(),
      carrier: this.carrier.verdict(),
    };
  }

  private record(record: LogRecord, found: Examined): void {
    const { run } = this;
    const recognised: MessageMatch[] = found.candidates.length
      ? this.matcher.match(record.text, found, run ? message => run.isKnownWell(message) : undefined)
      : [];
    const matches = isRaise(record.text) ? recognised.filter(({ message }) => !isOtherFailure(message)) : recognised;
    if (matches.length && this.runSplitter.begins(record, matches)) this.closeRun();
    this.run ??= new RunReader(record.line);
    this.run.record(record, matches, found.markers, this.records === 0);
    this.records++;
    this.mentions.record(record);
    this.programs.record(record, matches, markers.mayBeFrame(found.markers));
    this.excerpts.read(
      record,
      matches.some(({ message }) => message.class === 'failure' || message.class === 'wrapper'),
    );
  }

  private closeRun(): void {
    if (!this.run) return;
    const reading = this.run.end();
    this.run = null;
    this.runCount++;
    for (const trace of reading.traces) this.programs.trace(trace);
    if (this.firstRuns.length < FIRST_RUNS) this.firstRuns.push(reading);
    else {
      this.lastRuns.push(reading);
      if (this.lastRuns.length > LAST_RUNS * 2) this.lastRuns = this.lastRuns.slice(-LAST_RUNS);
    }
  }
}

/** Python's source of a `raise` in a traceback: the message itself, with its values, comes at the traceback's end. */
const isRaise = (text: string): boolean => /^\s{0,80}raise [A-Za-z_]/.test(text);

const isOtherFailure = (message: MessageMatch['message']): boolean => message.class === 'failure' && !message.shortOf;

/** The last run that shows a failure; else the last with only an envelope of one; else the last. */
const judged = (runs: RunReading[]): number => {
  const last = (fits: (run: RunReading) => boolean) => runs.findLastIndex(fits);
  const failing = last(
    run => run.events.some(event => event.kind === 'failure') || run.traces.some(trace => trace.error),
  );
  const wrapped = last(run => run.events.some(event => event.kind === 'wrapper'));
  return failing !== -1 ? failing : wrapped !== -1 ? wrapped : runs.length - 1;
};

/**
 * Reads a text of any size as it comes, in constant memory: undoes the damage of pasting and log collectors, recognises
 * vLLM's messages, splits it into runs, emits facts with their lines. Never throws on any text.
 */
export const readLog = async (
  chunks: AsyncIterable<string> | Iterable<string>,
  options: ReadOptions = {},
): Promise<LogReading> => {
  const reader = new LogReader(options);
  for await (const chunk of chunks) reader.push(chunk);
  const reading = reader.end();
  if (reading.runs.every(run => run.facts.vllmVersion)) return reading;
  // What the sources' line numbers tell is much to load: only for a log that does not name its release.
  const { withRelease } = await import('./read/place-release.js');
  return { ...reading, runs: reading.runs.map(withRelease) };
};
