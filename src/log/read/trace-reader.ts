import type { StackTrace } from '../types.js';
import { markers } from './examine.js';
import type { LogRecord } from './record.js';

/** CPython: `  File "/x/vllm/worker/worker.py", line 12, in load_model`. */
const PYTHON =
  /^\s{0,24}[│❱|]?\s{0,8}File\s{0,4}\\?["']?([^"'\\\n]{1,400})\\?["']?,\s{0,4}line\s{0,4}(\d{1,7})(?:,\s{0,4}in\s{0,4}([\w<>.]{1,120}))?/;
/** IPython, Jupyter and Rich: `File /x/worker.py:12, in load_model(self)`, `/x/worker.py:12 in load_model`. */
const OTHER = /^\s{0,24}[│❱|]?\s{0,8}(?:File\s{1,4})?([^\s"':,]{1,400}\.py):(\d{1,7}),? in ([\w<>.]{1,120})/;
/** Old IPython: `/x/worker.py in load_model(self)`. */
const OLD = /^\s{0,8}(\/[^\s"':,]{1,400}\.py) in ([\w<>]{1,120})\(/;
const ERROR =
  /^((?:[A-Za-z_]\w{0,80}\.){0,12}[A-Z]\w{0,80}(?:Error|Exception|Exit|Interrupt|Died|Timeout|Iteration|Failure)\w{0,20})(?::|\(|$)/;

const CALL = /^ {4,24}(?:return |raise |[\w.]{1,80} = )?self\.[\w.]{1,120}\(/;

const MOST_FRAMES = 200;
const LONGEST_ERROR = 4000;
const LONGEST_CODE = 160;
const MOST_OPEN = 64;

/** Puts tracebacks together, one open per process, so that the traces of interleaved ranks stay whole. */
export class TraceReader {
  private readonly open = new Map<string, StackTrace>();

  constructor(private readonly done: (trace: StackTrace) => void) {}

  read(record: LogRecord, found: number): void {
    const key = record.process ?? '';
    const { text } = record;
    if (markers.isTraceback(found)) {
      this.close(key);
      this.start(key, record);
      return;
    }
    if (markers.mayBeFrame(found)) {
      const frame = readFrame(text);
      if (frame) {
        const trace = this.open.get(key) ?? this.start(key, record);
        if (trace.frames.length >= MOST_FRAMES) trace.frames.splice(MOST_FRAMES / 4, 1);
        trace.frames.push(frame);
        return;
      }
    }
    let trace = this.open.get(key);
    // A trace whose frames were filtered out: only the source lines are left, under the level of an error.
    if (!trace && record.level === 'ERROR' && CALL.test(text)) {
      trace = this.start(key, record);
      trace.frames.push({ file: '', function: '', line: 0 });
    }
    if (!trace && !markers.mayBeError(found)) return;
    const bare = text.trimStart();
    const isError = text.length - bare.length <= 3 && markers.mayBeError(found) && ERROR.test(bare);
    if (!isError) {
      if (trace && record.level !== 'INFO' && record.level !== 'DEBUG') addCode(trace, bare);
      return;
    }
    if (!trace && (record.level === 'INFO' || record.level === 'DEBUG' || record.level === 'WARNING')) return;
    (trace ?? this.start(key, record)).error = bare.slice(0, LONGEST_ERROR);
    this.close(key);
  }

  /** Ends the text or the run: what is open was cut off before its error. */
  end(): void {
    for (const key of [...this.open.keys()]) this.close(key);
  }

  /** Frames seen so far of the trace that a process is printing. */
  framesOf(process: string | undefined): StackTrace['frames'] {
    return this.open.get(process ?? '')?.frames ?? [];
  }

  private start(key: string, record: LogRecord): StackTrace {
    if (this.open.size >= MOST_OPEN) this.close(this.open.keys().next().value!);
    const trace: StackTrace = { line: record.line, frames: [], error: '' };
    if (record.process) trace.process = record.process;
    if (record.rank !== undefined) trace.rank = record.rank;
    this.open.set(key, trace);
    return trace;
  }

  private close(key: string): void {
    const trace = this.open.get(key);
    if (!trace) return;
    this.open.delete(key);
    if (trace.frames.length || trace.error) this.done(trace);
  }
}

/** Python's own copy of the source below a frame: it names the call whose frame may have been cut off. */
const addCode = (trace: StackTrace, source: string): void => {
  const frame = trace.frames.at(-1);
  if (!frame || !/\w/.test(source)) return;
  frame.code = frame.code ? `${frame.code} ${source}`.slice(0, LONGEST_CODE) : source.slice(0, LONGEST_CODE);
};

const readFrame = (text: string): StackTrace['frames'][number] | null => {
  const python = PYTHON.exec(text);
  if (python) return { file: python[1]!.trim(), line: Number(python[2]), function: python[3] ?? '' };
  const other = OTHER.exec(text);
  if (other) return { file: other[1]!, line: Number(other[2]), function: other[3]! };
  const old = OLD.exec(text);
  return old ? { file: old[1]!, line: 0, function: old[2]! } : null;
};
