import type { MessageMatch } from '../match/matcher.js';
import type { LogRecord } from './record.js';

/** The first lines of a start in the order in which vLLM prints them. */
const ORDER = [
  'api-server-version',
  'server-banner',
  'args-namespace',
  'non-default-args',
  'engine-initializing',
  'engine-v0-initializing',
  'engine-v1-initializing',
];

const rankOf = (id: string) => {
  const at = ORDER.indexOf(id);
  return at >= 4 ? 4 : at === 1 ? 0 : at;
};

/**
 * Tells where a new start of vLLM begins in a text: one of a start's first lines comes again from the same process, or
 * after a later one. Data-parallel engines initialise side by side under different names and are one run.
 */
export class RunSplitter {
  private last = -1;
  private readonly seen = new Set<string>();
  private failed = false;
  /** When the failure was printed. */
  private failedAt: string | undefined;
  private beyondLoading = false;

  /** True when this record begins another run than the one before it. */
  begins(record: LogRecord, matches: MessageMatch[]): boolean {
    let begins = false;
    for (const { message } of matches) {
      if (message.startsRun) {
        // A start behind a failure of an excerpt that does not show how that one began.
        const isLater = this.failedAt !== undefined && record.stamp !== undefined && record.stamp > this.failedAt;
        begins = this.start(rankOf(message.id), `${message.id} ${record.process ?? ''}`, isLater) || begins;
      } else if (message.id === 'load-starting' || message.id === 'load-starting-v2')
        begins = this.loading(record) || begins;
      else if (message.class === 'wrapper' || message.class === 'failure') {
        this.failed = true;
        this.failedAt = record.stamp ?? this.failedAt;
      } else if (message.phase === 'graph-capture' || message.phase === 'serving' || message.phase === 'kv-cache')
        this.beyondLoading = true;
    }
    return begins;
  }

  private start(rank: number, key: string, isLater: boolean): boolean {
    // Namespace and arguments may come in either order; the engine's line is the last of a start.
    const again =
      this.seen.has(key) ||
      (rank < this.last && rank <= 1) ||
      (rank < this.last && this.failed) ||
      (isLater && this.last < 0);
    if (again) this.reset();
    this.seen.add(key);
    this.last = Math.max(this.last, rank);
    return again;
  }

  /** Without a start's first lines (an excerpt): weights are loaded once more after a failure or a finished start. */
  private loading(record: LogRecord): boolean {
    const key = `load ${record.process ?? ''}`;
    const again = this.seen.has(key) && (this.failed || this.beyondLoading) && !this.freshStart();
    if (again) this.reset();
    this.seen.add(key);
    return again;
  }

  /** A start's first lines were seen and nothing has been loaded in it yet. */
  private freshStart(): boolean {
    return this.last >= 0 && ![...this.seen].some(key => key.startsWith('load '));
  }

  private reset(): void {
    this.seen.clear();
    this.last = -1;
    this.failed = false;
    this.failedAt = undefined;
    this.beyondLoading = false;
  }
}
