import type { LogReading } from '../log/types.js';
import type { Services, Source } from './services.js';

export interface IntakeProgress {
  lines: number;
  bytes: number;
  /** What the text says so far; null before the first reading. */
  reading: LogReading | null;
}

/** A text up to this size is read again from its beginning while more of it comes in, so that facts light up. */
const RE_READ_BYTES = 4 * 2 ** 20;
/** Between two slices the event loop gets its turn: keys, the clock, more of the paste. */
const SLICE = 64 * 1024;
const turn = () => new Promise<void>(resolve => setImmediate(resolve));

/** The text in slices, giving way to keys in between. */
async function* gently(chunks: AsyncIterable<string> | Iterable<string>, signal: AbortSignal): AsyncIterable<string> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += SLICE) {
      await turn();
      if (signal.aborted) throw new DOMException('stopped', 'AbortError');
      yield chunk.slice(at, at + SLICE);
    }
}

/** Several sources one after the other, each beginning on a line of its own. */
async function* joined(sources: Source[]): AsyncIterable<string> {
  for (const [index, source] of sources.entries()) {
    let last = '\n';
    for await (const chunk of source.open()) {
      if (chunk) last = chunk;
      yield chunk;
    }
    if (index < sources.length - 1 && !last.endsWith('\n')) yield '\n';
  }
}

const lineBreaks = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
};

/** Reads all sources to their end. @throws AbortError, and what opening or reading a source throws */
export const readSources = async (
  sources: Source[],
  services: Pick<Services, 'readLog'>,
  signal: AbortSignal,
  onProgress: (progress: IntakeProgress) => void,
): Promise<LogReading> => {
  const progress: IntakeProgress = { lines: 0, bytes: 0, reading: null };
  async function* counted(): AsyncIterable<string> {
    for await (const chunk of gently(joined(sources), signal)) {
      progress.lines += lineBreaks(chunk);
      progress.bytes += Buffer.byteLength(chunk);
      onProgress({ ...progress });
      yield chunk;
    }
  }
  return services.readLog(counted());
};

/** A paste that is coming in: collects it, and reads what is there so far whenever there is time. */
export const openPaste = (
  earlier: Source[],
  services: Pick<Services, 'readLog'>,
  onProgress: (progress: IntakeProgress) => void,
) => {
  const chunks: string[] = [];
  const abort = new AbortController();
  let length = 0;
  let lines = 0;
  let reading: LogReading | null = null;
  let busy = false;
  let ended = false;
  // Terminals send carriage returns for the line breaks of a paste.
  let lastWasReturn = false;
  const normalise = (text: string): string => {
    const tail = lastWasReturn && text.startsWith('\n') ? text.slice(1) : text;
    lastWasReturn = text.endsWith('\r');
    return tail.replace(/\r\n?/g, '\n');
  };
  const lookAhead = async () => {
    if (busy || ended || length > RE_READ_BYTES) return;
    busy = true;
    const seen = length;
    try {
      reading = await services.readLog(gently([...chunks], abort.signal));
      if (!ended) onProgress({ lines, bytes: length, reading });
    } catch {
      // The end reads everything again and tells what is wrong.
    }
    busy = false;
    if (length > seen) void lookAhead();
  };
  return {
    add(text: string) {
      const normal = normalise(text);
      chunks.push(normal);
      length += normal.length;
      lines += lineBreaks(normal);
      onProgress({ lines, bytes: length, reading });
      void lookAhead();
    },
    /** The paste as a source that can be read again. */
    end(name: string): Source {
      ended = true;
      abort.abort();
      const text = chunks.join('');
      return { name, open: () => [text] };
    },
    earlier,
    text: () => chunks.join(''),
  };
};

export type Paste = ReturnType<typeof openPaste>;
