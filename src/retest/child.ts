import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { outputPipes } from './pipes.js';
import type { StartCommand } from './types.js';
import { within } from './within.js';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A program in a session of its own, with its output read and nothing to read (or a pipe that says that we are there). */
export class Child {
  /** Resolves when the program itself has ended; descendants may live on. */
  readonly exit: Promise<Ended>;
  ended: Ended | null = null;
  private readonly closed: Promise<unknown>;

  private constructor(
    readonly pid: number,
    private readonly child: ChildProcess,
    private readonly streams: Readable[],
  ) {
    this.exit = new Promise(resolve => {
      child.once('exit', (code, signal) => {
        this.ended = { code, signal };
        resolve(this.ended);
      });
    });
    this.closed = Promise.all(streams.map(stream => new Promise(resolve => stream.once('close', resolve))));
  }

  /**
   * Starts `command` and hands each of its two streams to `read`.
   * @throws what spawn says: no such file, not executable, arguments that the system does not take
   */
  static async start(
    command: StartCommand,
    env: NodeJS.ProcessEnv,
    read: (stream: Readable) => void,
    input: 'ignore' | 'pipe' = 'ignore',
  ): Promise<Child> {
    const pipes = outputPipes();
    const [out, err] = pipes?.stdio ?? (['pipe', 'pipe'] as const);
    let child: ChildProcess;
    try {
      child = spawn(command.file, command.args, { detached: true, stdio: [input, out, err], env });
    } catch (error) {
      for (const stream of pipes?.streams ?? []) stream.destroy();
      throw error;
    } finally {
      pipes?.handedOver();
    }
    const streams = pipes?.streams ?? [child.stdout!, child.stderr!];
    const started = new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    // Before anything is awaited, so that neither its end nor its first words are missed.
    const self = new Child(child.pid ?? 0, child, streams);
    for (const stream of streams) read(stream);
    await started.catch(error => {
      self.close();
      throw error;
    });
    child.on('error', () => {});
    child.stdin?.on('error', () => {});
    return self;
  }

  /** Waits until all of its output has been read, but not for a descendant that keeps the pipe open. */
  async drained(limitMs: number): Promise<void> {
    await within(this.closed, limitMs);
  }

  /** Writes to its input, where it has one. */
  tell(text: string): void {
    if (this.child.stdin?.writable) this.child.stdin.write(text);
  }

  /** Ends its input, where it has one. */
  closeInput(): void {
    this.child.stdin?.end();
  }

  /** Ends the program itself, where nothing of the launch runs in it: a connection that is not needed any more. */
  hangUp(): void {
    this.child.kill();
  }

  close(): void {
    this.child.stdin?.destroy();
    for (const stream of this.streams) stream.destroy();
  }
}
