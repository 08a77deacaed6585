import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';

// The CommonJS build: the other one expects a browser.
const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as typeof import('@xterm/headless');

export const root = resolve(import.meta.dirname, '../..');

export interface JourneyOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** A program in a real pseudo-terminal, its screen as a terminal would draw it. */
export const journey = (file: string, args: string[], options: JourneyOptions = {}) => {
  const { columns = 80, rows = 24 } = options;
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 500 });
  const env = { ...process.env, TERM: 'xterm-256color', LANG: 'en_US.UTF-8', CI: undefined, ...options.env };
  const pty: IPty = spawn(file, args, {
    name: env.TERM,
    cols: columns,
    rows,
    cwd: options.cwd ?? root,
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<string, string>,
  });
  let raw = '';
  let exit: number | null = null;
  pty.onData(data => {
    raw += data;
    terminal.write(data);
  });
  const ended = new Promise<number>(done =>
    pty.onExit(({ exitCode, signal }) => {
      exit = exitCode || (signal ? 128 + signal : 0);
      done(exit);
    }),
  );
  const lines = (): string[] => {
    const buffer = terminal.buffer.active;
    return Array.from(
      { length: terminal.rows },
      (_, i) => buffer.getLine(buffer.baseY + i)?.translateToString(true) ?? '',
    );
  };
  const screen = () => lines().join('\n');
  const drained = () => new Promise<void>(done => terminal.write('', done));
  return {
    pty,
    screen,
    lines,
    /** Everything that was written, control sequences included. */
    raw: () => raw,
    /** Which of the terminal's two screens is shown. */
    onAlternateScreen: () => terminal.buffer.active.type === 'alternate',
    /** Waits until the screen shows it; a failure shows the last screen. */
    async see(what: string | RegExp, timeoutMs = 20_000) {
      const until = Date.now() + timeoutMs;
      for (;;) {
        await drained();
        const now = screen();
        if (typeof what === 'string' ? now.includes(what) : what.test(now)) return now;
        if (Date.now() > until || exit !== null)
          throw new Error(`not seen: ${what}${exit === null ? '' : ` (ended with ${exit})`}\n${now}`);
        await new Promise(done => setTimeout(done, 50));
      }
    },
    type(...keys: string[]) {
      for (const key of keys) pty.write(key);
    },
    /** As terminals paste: in brackets, line breaks as carriage returns. */
    paste: (text: string) => pty.write(`\u001B[200~${text.replaceAll('\n', '\r')}\u001B[201~`),
    resize(toColumns: number, toRows: number) {
      terminal.resize(toColumns, toRows);
      pty.resize(toColumns, toRows);
    },
    ended,
    async close() {
      if (exit === null) pty.kill('SIGKILL');
      await ended;
    },
  };
};

export type Journey = ReturnType<typeof journey>;

export const KEY = { enter: '\r', escape: '\u001B', up: '\u001B[A', down: '\u001B[B', ctrlC: '\u0003' };
