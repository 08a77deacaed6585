import { textOf } from '../lines.js';
import { paragraph } from '../wrapping.js';

/** The person on the other side: who is told lines and types some. */
export interface Person {
  columns(): number;
  tell(text: string): void;
  /** The next line that is typed; null when no more will come. */
  next(): Promise<string | null>;
  /** Calls `stop` when the person presses Ctrl+C, until the returned function is called. */
  onInterrupt(stop: () => void): () => void;
}

/** What the doctor says itself is wrapped; a command in it stays on one line only where it fits. */
export const inform = (text: string, person: Person): void =>
  person.tell(paragraph(text, person.columns()).map(textOf).join('\n'));
