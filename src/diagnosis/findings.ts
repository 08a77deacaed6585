import type { LogEvent, StackTrace } from '../log/types.js';
import type { Case } from './case.js';
import { messageOf } from './message-classes.js';
import { shortagesShown } from './told-of.js';

/** What the log shows of failures, sorted by what they prove. */
export interface Findings {
  /** Failures of memory. */
  shortages: LogEvent[];
  /** Other failures that are named: driver, NCCL, arguments, a Python error of any kind. */
  others: LogEvent[];
  /** Envelopes of a failure that is told elsewhere. */
  wrappers: LogEvent[];
  /** Tracebacks whose last line is missing: the text was cut before the error. */
  cutTraces: StackTrace[];
  /** A traceback that is cut inside a library that takes no GPU memory: fetching, checking of arguments, sockets. */
  elsewhere: StackTrace | null;
  /** Signs that it works: readiness, requests answered. */
  working: LogEvent[];
  /** The last line that shows room for the KV cache, where nothing that was begun after it is left unfinished. */
  sized: LogEvent | null;
  /** Lines that alarm and mean nothing. */
  harmless: LogEvent[];
  /** The first line by which the server was told to stop, or null. */
  stopped: LogEvent | null;
  /** The text ends in notices that nothing moves: a hang. */
  stalled: LogEvent | null;
}

/** Ids of messages that say by themselves that the start was complete (the budget report follows the capture). */
const WORKING = [
  'engine-ready',
  'server-ready',
  'server-starting',
  'request-served',
  'llm-generating',
  'budget-report',
  'preemption',
];

/** The KV cache has got its room: what profile and check could refuse is over. */
const SIZED = ['kv-size', 'kv-concurrency', 'kv-blocks'];

/** A Python error without a name of its own in the knowledge: proof only where its line says nothing else. */
const UNNAMED = 'python-error';
/** The last line of a traceback begins with the error's class; elsewhere the words are quoted or spoken of. */
const LAST_LINE = /^\s{0,8}(?:\w{1,80}\.){0,8}\w{1,80}(?:Error|Exception): /;

export const findingsOf = (at: Case): Findings => {
  const classOf = (event: LogEvent) => messageOf(event.id)?.class;
  const named = new Set(
    at.events.filter(event => event.id !== UNNAMED && classOf(event) !== 'info').map(event => event.line),
  );
  const others = at.events.filter(
    event =>
      classOf(event) === 'failure' &&
      messageOf(event.id)?.shortOf === undefined &&
      (event.id !== UNNAMED || (!named.has(event.line) && LAST_LINE.test(event.text) && event.level !== 'INFO')),
  );
  const working = at.events.filter(event => WORKING.includes(event.id) && !isCutReport(event));
  return {
    shortages: shortagesShown(at, others, working),
    others,
    wrappers: at.events.filter(event => classOf(event) === 'wrapper' && !isEndOfScript(event, at.events)),
    cutTraces: at.traces.filter(trace => trace.error.trim() === ''),
    elsewhere:
      at.traces.find(trace => trace.error.trim() === '' && ELSEWHERE.test(trace.frames.at(-1)?.file ?? '')) ?? null,
    working,
    sized: sizedOf(at),
    harmless: at.events.filter(event => classOf(event) === 'harmless'),
    stopped: at.events.find(event => event.id === 'shutting-down') ?? null,
    stalled: at.events.at(-1)?.id === 'shm-broadcast-stall' ? at.events.at(-1)! : null,
  };
};

/** The engine of a script that has got all its answers goes with it: that is how such scripts end. */
const isEndOfScript = (event: LogEvent, events: LogEvent[]): boolean => {
  const done = event.id === 'engine-core-died' ? events.findLast(({ id }) => id === 'prompts-done') : undefined;
  return done !== undefined && done.line < event.line;
};

/** The budget report and the start-up check begin alike: only the whole report proves a start. */
const isCutReport = (event: LogEvent): boolean =>
  event.id === 'budget-report' && event.values.activationGiB === undefined && event.values.budgetGiB === undefined;

const ELSEWHERE =
  /[/\\](?:huggingface_hub|requests|urllib3|httpx|httpcore|pydantic|argparse\.py|socket\.py|ssl\.py|uvicorn)(?:[/\\]|$)/;

const sizedOf = (at: Case): LogEvent | null => {
  const sized = at.events.findLast(event => SIZED.includes(event.id));
  if (!sized || (at.figures.get('kvCacheGiB') ?? 1) <= 0 || (at.figures.get('maxConcurrency') ?? 1) < 1) return null;
  const after = at.events.filter(event => event.line > sized.line);
  return after.some(event => messageOf(event.id)?.class === 'landmark') ? null : sized;
};
