import type { Readable } from 'node:stream';
import { stripControls } from '../common/sanitize.js';
import type { Phase } from '../log/types.js';
import { KeptOutput, lineSplitter } from './output.js';
import { phaseFollower } from './phases.js';
import { saysSimulated } from './program.js';
import type { RetestEvent } from './types.js';

const SHOWN_LINE_CHARS = 2000;

/** Everything that is seen of one start, in its order: the child's words, and what we make of them. */
export class Observation {
  readonly began = Date.now();
  readonly events: RetestEvent[] = [];
  /** Milliseconds until it was ready; null as long as it is not. */
  startupMs: number | null = null;
  private lastOutputAt = Date.now();
  private readonly output = new KeptOutput();
  private readonly follower = phaseFollower();

  constructor(
    /** It said so itself, or its program did. */
    public simulated: boolean,
    private readonly onEvent: (event: RetestEvent) => void = () => {},
  ) {}

  /** Milliseconds since the start. */
  get now(): number {
    return Date.now() - this.began;
  }

  /** Milliseconds without a word of the child. */
  get quietMs(): number {
    return Date.now() - this.lastOutputAt;
  }

  get phase(): Phase {
    return this.follower.phase;
  }

  /** What the child printed so far. */
  get log(): string {
    return this.output.text;
  }

  emit(event: RetestEvent): void {
    // Lines are in the log already; kept as events they would double a long output.
    if (event.type !== 'line') this.events.push(event);
    this.onEvent(event);
  }

  /** Reads one of the child's streams. `hear` takes out of a line what is not the child's; null: nothing of it is. */
  read(stream: Readable, hear: (line: string) => string | null = line => line): void {
    const lines = lineSplitter(raw => {
      const text = hear(stripControls(raw))?.slice(0, SHOWN_LINE_CHARS);
      if (!text?.trim()) return;
      if (saysSimulated(text)) this.simulated = true;
      const phase = this.follower.read(text);
      if (phase) this.emit({ type: 'phase', atMs: this.now, phase });
      this.emit({ type: 'line', atMs: this.now, text });
    });
    stream.on('data', (chunk: Buffer) => {
      this.lastOutputAt = Date.now();
      this.output.add(lines.write(chunk));
    });
    stream.on('close', () => lines.end());
  }
}
