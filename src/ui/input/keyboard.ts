import type { ReadStream, WriteStream } from 'node:tty';
import { createDecoder, type InputEvent } from './decoder.js';

interface Keyboard {
  /** Hands every event to the listener until the returned function is called. */
  listen(listener: (event: InputEvent) => void): () => void;
  /** Gives the terminal back as it was. */
  close(): void;
}

const BRACKETED_ON = '\u001B[?2004h';
const BRACKETED_OFF = '\u001B[?2004l';

/**
 * The keyboard of a terminal: raw mode and bracketed paste while it is open. Reading is ours and not Ink's because a
 * paste of many megabytes has to show its progress and must not block the keys.
 */
export const openKeyboard = (input: ReadStream, output: WriteStream): Keyboard => {
  const decoder = createDecoder();
  const listeners = new Set<(event: InputEvent) => void>();
  let timer: NodeJS.Timeout | null = null;
  const emit = (events: InputEvent[]) => {
    for (const event of events) for (const listener of [...listeners]) listener(event);
    if (timer) clearTimeout(timer);
    const wait = decoder.waitMs();
    timer = wait === null ? null : setTimeout(() => emit(decoder.idle()), wait);
  };
  const onData = (chunk: string) => emit(decoder.push(chunk));
  // A terminal that is gone (ssh cut, window closed) ends the session like Ctrl+C: the record is already saved.
  const onEnd = () => emit([{ type: 'key', name: 'hangup' }]);
  input.setEncoding('utf8');
  input.setRawMode(true);
  output.write(BRACKETED_ON);
  input.on('data', onData);
  input.on('end', onEnd);
  input.on('error', onEnd);
  input.resume();
  let open = true;
  return {
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    close() {
      if (!open) return;
      open = false;
      if (timer) clearTimeout(timer);
      input.off('data', onData);
      input.off('end', onEnd);
      // Tearing down a terminal can still answer with EIO; nobody is left to be told.
      input.off('error', onEnd);
      input.on('error', () => {});
      try {
        output.write(BRACKETED_OFF);
        input.setRawMode(false);
      } catch {}
      input.pause();
      input.unref();
    },
  };
};
