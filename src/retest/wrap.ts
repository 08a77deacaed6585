import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { KeptOutput } from './output.js';
import { outputPipes } from './pipes.js';

/** Signals that a wrapper hands on. SIGKILL and SIGSTOP cannot be caught. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT', 'SIGWINCH'] as const;

export interface WrappedEnd {
  /** Its exit code, 128 + n for a signal. Null: it could not be started. */
  code: number | null;
  /** Why it could not be started: ENOENT, EACCES … */
  error: string | null;
  /** Somebody asked it to end: its death is no failure. */
  asked: boolean;
  /** What it printed, both streams as they came, in bounded memory. */
  output: string;
}

/**
 * Runs a program with our own standard streams, byte for byte, and reads along. It stays in our process group, so that a
 * terminal's keys reach it directly; signals that only reach us are handed on.
 */
export const runWrapped = (
  file: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; onChunk?: (chunk: Buffer) => void } = {},
): Promise<WrappedEnd> =>
  new Promise(resolve => {
    const output = new KeptOutput();
    const pipes = outputPipes();
    const [out, err] = pipes?.stdio ?? (['pipe', 'pipe'] as const);
    const child = spawn(file, args, { stdio: ['inherit', out, err], env: options.env ?? process.env });
    pipes?.handedOver();
    const [stdout, stderr] = pipes?.streams ?? [child.stdout!, child.stderr!];
    let asked = false;
    const handlers = FORWARDED.map(signal => {
      const handler = () => {
        if (signal !== 'SIGCONT' && signal !== 'SIGWINCH' && !signal.startsWith('SIGUSR')) asked = true;
        // Keys of a terminal go to the whole group: the child has it already.
        const fromKeys = process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT');
        if (!fromKeys) child.kill(signal);
      };
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const streams = [
      [stdout, process.stdout],
      [stderr, process.stderr],
    ] as const;
    const restore: (() => void)[] = [];
    for (const [from, to] of streams) {
      const decoder = new TextDecoder('utf-8');
      // A reader that went away is the child's affair, as it would be without us.
      const theirs = to.listeners('error') as ((error: Error) => void)[];
      to.removeAllListeners('error');
      const onError = () => from.destroy();
      to.on('error', onError);
      restore.push(() => {
        to.off('error', onError);
        for (const listener of theirs) to.on('error', listener);
      });
      from.on('data', (chunk: Buffer) => {
        output.add(decoder.decode(chunk, { stream: true }));
        options.onChunk?.(chunk);
        if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    }
    const closed = Promise.all(streams.map(([from]) => new Promise(done => from.once('close', done))));
    const settle = (end: Pick<WrappedEnd, 'code' | 'error'>) => {
      stdout.destroy();
      stderr.destroy();
      for (const off of handlers) off();
      for (const back of restore) back();
      resolve({ ...end, asked, output: output.text });
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) settle({ code: null, error: error.code ?? error.message });
    });
    child.once('exit', (code, signal) => {
      const end = { code: signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 0), error: null };
      // Its descendants may keep the pipes open for as long as they like: what it wrote itself is read, then we go.
      const timer = setTimeout(() => settle(end), 1000);
      void closed.then(() => {
        clearTimeout(timer);
        settle(end);
      });
    });
  });
