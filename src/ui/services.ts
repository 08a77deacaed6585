import type { Lang } from '../common/text.js';
import type { Facts } from '../facts/types.js';
import type { Launch, LaunchChange } from '../launch/types.js';
import type { LogReading } from '../log/types.js';
import type { RetestEvent, RetestPlan, RetestResult } from '../retest/types.js';
import type { Preview } from '../session/preview.js';
import type { SessionRecord } from '../session/record.js';
import type { Answer } from '../session/types.js';

/** A text that can be read again: a file, or what was pasted. */
export interface Source {
  name: string;
  open(): AsyncIterable<string> | Iterable<string>;
}

/** What was found on this machine, as facts and as a sentence. */
export interface MachineFindings {
  facts: Facts;
  /** `1 × NVIDIA A100 80GB PCIe · driver 550.54` */
  shown: string;
  /** Logs that lie here and can be read: containers, journal units. */
  logs: { shown: string; source: Source }[];
}

/** What thinks. Large, so that it comes apart from the screens. */
export interface Engine {
  /** The pipeline from a round of the record to its answer. */
  answerOf(record: SessionRecord, round?: number): Answer | null;
  previewFixes(answer: Answer, ids: readonly string[], modelConfig: unknown): Preview;
  planRetest(command: string, via: RetestPlan['via']): RetestPlan;
  readLaunch(text: string): Launch | null;
  editLaunch(text: string, changes: LaunchChange[]): { text: string };
  renderAnswer(
    answer: Answer,
    format: 'markdown' | 'html' | 'json',
    options: { lang: Lang; showSecrets: boolean },
  ): string;
}

/** Everything outside the wizard: it asks for things here, so that tests and the demo can answer differently. */
export interface Services {
  /** Loaded once; the first screen is drawn before it is there. */
  engine(): Promise<Engine>;
  readLog(chunks: AsyncIterable<string>): Promise<LogReading>;
  /** @throws an error with `what` and `next` for a file that cannot be read */
  openFile(path: string): Promise<Source>;
  isFile(path: string): boolean;
  probe: ((signal: AbortSignal) => Promise<MachineFindings>) | null;
  retest(
    plan: RetestPlan,
    options: { onEvent: (event: RetestEvent) => void; signal: AbortSignal },
  ): Promise<RetestResult>;
  save(record: SessionRecord): void;
  /** Writes a new file, under another name where the name is taken. @returns its path */
  writeNew(name: string, text: string): string;
  /** Puts a text on the clipboard of the terminal (OSC 52). */
  copy(text: string): void;
  complete: {
    model(): Promise<string[]>;
    gpu(): Promise<string[]>;
    version(): Promise<string[]>;
    /** Files and folders that a path begun so may mean. */
    path(typed: string): Promise<string[]>;
  };
  now(): Date;
}
