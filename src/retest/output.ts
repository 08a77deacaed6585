import { StringDecoder } from 'node:string_decoder';

const HEAD_CHARS = 2_000_000;
const TAIL_CHARS = 6_000_000;

/** Keeps a long output in bounded memory: its beginning (settings, figures of the start) and its end (the failure). */
export class KeptOutput {
  private head = '';
  private tail = '';
  private dropped = false;

  add(text: string): void {
    const room = HEAD_CHARS - this.head.length;
    this.head += text.slice(0, Math.max(0, room));
    if (text.length <= room) return;
    this.tail += text.slice(Math.max(0, room));
    if (this.tail.length > TAIL_CHARS * 1.5) {
      const cut = this.tail.indexOf('\n', this.tail.length - TAIL_CHARS);
      this.tail = this.tail.slice(cut < 0 ? this.tail.length - TAIL_CHARS : cut + 1);
      this.dropped = true;
    }
  }

  get text(): string {
    return this.dropped ? `${this.head}\n[...]\n${this.tail}` : this.head + this.tail;
  }
}

/**
 * Cuts chunks of bytes into lines. A progress bar redraws its line with carriage returns: its last state counts.
 * A line without an end is handed on when it grows over 64 KiB.
 */
export const lineSplitter = (onLine: (line: string) => void) => {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const hand = (line: string) => {
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
    onLine(bare.slice(bare.lastIndexOf('\r') + 1));
  };
  return {
    /** @returns the decoded text */
    write(chunk: Buffer): string {
      const text = decoder.write(chunk);
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) hand(line);
      if (rest.length > 65_536) {
        hand(rest);
        rest = '';
      }
      return text;
    },
    end(): void {
      if (rest) hand(rest);
      rest = '';
    },
  };
};
