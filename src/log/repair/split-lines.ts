/** Longest stretch of a line that is looked at as one; a longer line is cut into stretches, so its cost stays linear. */
export const MAX_STRETCH = 32_768;

/**
 * Cuts a text that comes in chunks into numbered lines: LF and CRLF end a line; a lone CR (progress bars, vLLM's own
 * multi-line messages) separates stretches of the same line. Keeps at most one stretch in memory.
 */
export class LineSplitter {
  /** Number of the line that is being read, from 1. */
  private line = 1;
  private rest = '';
  private anything = false;

  constructor(private readonly emit: (text: string, line: number) => void) {}

  push(chunk: string): void {
    if (!chunk) return;
    this.anything = true;
    let from = 0;
    for (let at = chunk.indexOf('\n'); at !== -1; at = chunk.indexOf('\n', from)) {
      this.stretch(this.rest ? this.rest + chunk.slice(from, at) : chunk.slice(from, at));
      this.rest = '';
      this.line++;
      from = at + 1;
    }
    this.rest += chunk.slice(from);
    while (this.rest.length > MAX_STRETCH) this.cutRest();
  }

  /** Ends the text. Returns the number of lines in it (a last line without LF counts). */
  end(): number {
    const open = this.rest.length > 0;
    if (open) this.stretch(this.rest);
    this.rest = '';
    return this.anything ? (open ? this.line : this.line - 1) : 0;
  }

  /** Emits the beginning of an endless line; cuts at a blank where there is one near, so that no word is torn. */
  private cutRest(): void {
    const blank = this.rest.lastIndexOf(' ', MAX_STRETCH);
    const at = blank > MAX_STRETCH - 4096 ? blank : MAX_STRETCH;
    this.stretch(this.rest.slice(0, at));
    this.rest = this.rest.slice(at);
  }

  private stretch(text: string): void {
    if (text.length > MAX_STRETCH) {
      for (let at = 0; at < text.length; at += MAX_STRETCH) this.stretch(text.slice(at, at + MAX_STRETCH));
      return;
    }
    if (text.indexOf('\r') === -1) {
      this.emit(text, this.line);
      return;
    }
    for (const part of text.split('\r')) if (part) this.emit(part, this.line);
  }
}
