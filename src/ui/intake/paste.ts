import type { LogReading } from '../../log/types.js';
import type { Services, Source } from '../services.js';
import { type IntakeProgress, lineBreaks } from './progress.js';
import { slices } from './slices.js';

/** A text up to this size is read again from its beginning while more of it comes in, so that facts light up. */
const RE_READ_BYTES = 4 * 2 ** 20;

/** A paste that is coming in: collects it, and reads what is there so far whenever there is time. */
export const openPaste = (
  earlier: Source[],
  services: Pick<Services, 'readLog'>,
  onProgress: (progress: IntakeProgress) => void,
) => {
  const chunks: string[] = [];
  const abort = new AbortController();
  let bytes = 0;
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
    if (busy || ended || bytes > RE_READ_BYTES) return;
    busy = true;
    const seen = bytes;
    try {
      reading = await services.readLog(slices([...chunks], abort.signal));
      if (!ended) onProgress({ lines, bytes, reading });
    } catch {
      // The end reads everything again and tells what is wrong.
    }
    busy = false;
    if (bytes > seen) void lookAhead();
  };
  return {
    add(text: string) {
      const normal = normalise(text);
      chunks.push(normal);
      bytes += Buffer.byteLength(normal);
      lines += lineBreaks(normal);
      onProgress({ lines, bytes, reading });
      void lookAhead();
    },
    /** The paste as a source that can be read again. */
    end(name: string): Source {
      ended = true;
      abort.abort();
      const text = chunks.join('');
      return { name, open: () => [text] };
    },
    /** What it is added to. */
    earlier,
    /** What has come in so far. */
    text: () => chunks.join(''),
  };
};

/** A paste that is coming in. */
export type Paste = ReturnType<typeof openPaste>;
