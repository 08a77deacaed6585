import type { LogEvent, StackTrace } from '../log/types.js';
import type { Case } from './case.js';

/**
 * The failures of memory that the text shows, without those that it only tells of: people write what they saw yesterday,
 * on another machine or with other settings around the log of today, which fails otherwise (`others`) or works.
 */
export const shortagesShown = (at: Case, others: LogEvent[], working: LogEvent[]): LogEvent[] => {
  const another = others.some(event => !isToldOf(event));
  const printed = others.some(event => isPrinted(event, at.traces));
  return at.shortages
    .map(({ event }) => event)
    .filter(
      event =>
        !(another && isToldOf(event)) &&
        // Quoted before a log that goes on to work: another attempt, too.
        !(working.some(({ line }) => line > event.line) && isToldOf(event) && isQuoted(event)) &&
        !(printed && isOfAnEarlierAttempt(event, at)),
    );
};

/** Words of a sentence before the message: somebody tells of a failure. Ideographs need no spaces between words. */
const SENTENCE =
  /\p{L}{2,40}[\s"'`,]{1,4}\p{L}{1,40}[\s"'`,]{1,4}\p{L}{1,40}|[\u4e00-\u9fff\u3040-\u30ff\uac00-\ud7af]{4}/u;

/** What a line of a log has before its message: a level, a place in a source, a stamp, or an exception's class at its beginning. */
const LOGGED =
  /\b(?:WARN|WARNING|ERROR|INFO|DEBUG|FATAL)\b|:\d|^\s{0,8}\[|^\s{0,8}(?:\w{1,80}\.){0,8}\w{1,80}(?:Error|Exception)\b/;

/**
 * The failure is spoken of outside any log, as in "yesterday I got CUDA out of memory". Words without quotation marks that
 * give its sizes are some program's own report.
 */
const isToldOf = (event: LogEvent): boolean => {
  const before = event.text.slice(0, event.at ?? 0);
  if (event.level !== undefined || event.process !== undefined || LOGGED.test(before)) return false;
  return SENTENCE.test(before) && (isQuoted(event) || event.values.requestedGiB === undefined);
};

/** The message stands in quotation marks: one is open before it. */
const isQuoted = (event: LogEvent): boolean =>
  /["`\u201c\u00ab\u300c][^"`\u201d\u00bb\u300d]{0,160}$/.test(event.text.slice(0, event.at ?? 0));

/** A last line of an error alone, quoted before the start that the text goes on to show. */
const isOfAnEarlierAttempt = (event: LogEvent, { events, traces }: Case): boolean => {
  const start = events.find(other => other.kind === 'landmark' && other.level !== undefined);
  if (!start || event.line >= start.line || event.level !== undefined || event.process !== undefined) return false;
  return !traces.some(
    trace => trace.frames.length > 0 && trace.line <= event.line && trace.error === event.text.trim(),
  );
};

/** The log itself has it: an error line, or the end of a traceback with frames. */
const isPrinted = (event: LogEvent, traces: StackTrace[]): boolean =>
  event.level === 'ERROR' ||
  event.level === 'CRITICAL' ||
  traces.some(trace => trace.frames.length > 0 && trace.error !== '' && event.text.includes(trace.error.slice(0, 80)));
