import { spawn } from 'node:child_process';
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
 * Asks nvidia-smi for the use of all GPUs. Null: there is none, it failed, or it did not answer in time. One that hangs
 * (a driver in trouble) cannot always be killed, so no second one is started while the first is there.
 */
export class GpuWatch {
  private readonly command: { file: string; args: string[] } | null;
  private busy = false;

  /** `elsewhere` makes of a command one that runs it on another host. */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    elsewhere: ((words: string[]) => { file: string; args: string[] }) | null = null,
    private readonly timeoutMs = elsewhere ? 20_000 : 5000,
  ) {
    const here = elsewhere ? null : findProgram('nvidia-smi', env);
    this.command = elsewhere ? elsewhere(['nvidia-smi', ...ARGS]) : here === null ? null : { file: here, args: ARGS };
  }

  async read(): Promise<GpuUse[] | null> {
    if (!this.command || this.busy) return null;
    this.busy = true;
    const child = spawn(this.command.file, this.command.args, { env: this.env, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', chunk => {
      if (text.length < 100_000) text += chunk;
    });
    const ended = new Promise<number | null>(resolve => {
      child.on('error', () => resolve(null));
      child.on('close', code => resolve(code));
    }).then(code => {
      this.busy = false;
      return code;
    });
    const code = await within(ended, this.timeoutMs);
    if (this.busy) {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.unref();
    }
    if (code !== 0) return null;
    const use = parseUse(text);
    return use.length > 0 ? use : null;
  }
}
