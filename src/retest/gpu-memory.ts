import { type ChildProcess, spawn } from 'node:child_process';
import { findProgram } from './program.js';
import { within } from './within.js';

export interface GpuUse {
  index: number;
  usedGiB: number;
  totalGiB: number;
}

const ARGS = ['--query-gpu=index,memory.used,memory.total', '--format=csv,noheader,nounits'];

/** Rows of `index, used, total` in MiB; what is no number (`[N/A]`) is left out. */
export const parseUse = (csv: string): GpuUse[] =>
  csv.split('\n').flatMap(line => {
    const cells = line.split(',').map(cell => cell.trim());
    const [index, used, total] = cells.map(Number);
    if (cells.length !== 3 || cells.includes('') || [index, used, total].some(value => !Number.isFinite(value)))
      return [];
    return [{ index: index!, usedGiB: used! / 1024, totalGiB: total! / 1024 }];
  });

/**
 * Asks nvidia-smi for the use of all GPUs. One that hangs (a driver in trouble) cannot always be killed, so no second one
 * is started while the first is there; on another host it cannot be killed at all, so one is the last that is asked.
 * `close` ends the one that runs.
 */
export class GpuWatch {
  private readonly command: { file: string; args: string[] } | null;
  private child: ChildProcess | null = null;
  private answer: Promise<GpuUse[] | null> = Promise.resolve(null);
  private next: Promise<GpuUse[] | null> | null = null;
  private closed = false;
  /** The shell of the other host does not know it. */
  private missing = false;
  /** Told of every question that is asked, so that somebody else can end it should we be killed. */
  onChild: (pid: number) => void = () => {};

  /** `elsewhere` makes of a command one that runs it on another host. */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly elsewhere: ((words: string[]) => { file: string; args: string[] }) | null = null,
    private readonly timeoutMs = elsewhere ? 20_000 : 5000,
  ) {
    const here = elsewhere ? null : findProgram('nvidia-smi', env);
    this.command = elsewhere ? elsewhere(['nvidia-smi', ...ARGS]) : here === null ? null : { file: here, args: ARGS };
  }

  /** Whether there is a program to ask, as far as is known. */
  get isThere(): boolean {
    return this.command !== null && !this.missing;
  }

  /** The use at a moment after this call. Null: there is no nvidia-smi, it failed, or it did not answer in time. */
  read(): Promise<GpuUse[] | null> {
    // An answer that is on its way may be of an earlier moment; all who come meanwhile share the one after it.
    if (this.child)
      this.next ??= this.answer.then(() => {
        this.next = null;
        return this.start();
      });
    return this.next ?? this.start();
  }

  /** Asks no more, and ends a question that is not answered yet. */
  close(): void {
    this.closed = true;
    this.child?.kill('SIGKILL');
  }

  private start(): Promise<GpuUse[] | null> {
    if (!this.command || this.child || this.closed || this.missing) return Promise.resolve(null);
    this.answer = this.ask(this.command);
    return this.answer;
  }

  private async ask({ file, args }: { file: string; args: string[] }): Promise<GpuUse[] | null> {
    const child = spawn(file, args, { env: this.env, stdio: ['ignore', 'pipe', 'ignore'] });
    this.child = child;
    if (child.pid) this.onChild(child.pid);
    let text = '';
    child.stdout.on('data', chunk => {
      if (text.length < 100_000) text += chunk;
    });
    const ended = new Promise<number | null>(resolve => {
      child.on('error', () => resolve(null));
      child.on('close', code => resolve(code));
    }).then(code => {
      this.child = null;
      return code;
    });
    const code = await within(ended, this.timeoutMs);
    if (this.child === child) {
      if (this.elsewhere) this.closed = true;
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.unref();
    }
    if (code === 127) this.missing = true;
    if (code !== 0) return null;
    const use = parseUse(text);
    return use.length > 0 ? use : null;
  }
}
