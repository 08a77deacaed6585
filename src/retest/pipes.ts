import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface OutputPipes {
  /** For spawn's `stdio`: standard output and standard error of the child. */
  stdio: [number, number];
  streams: [Readable, Readable];
  /** To be called once the child has them: its ends are closed here, so that the streams end with it. */
  handedOver(): void;
}

/**
 * Real pipes for a child's output. Node's own 'pipe' is a socket: a child cannot reopen it as /dev/stderr (scripts of
 * containers do), and it gets a reset instead of SIGPIPE when the reader goes. Null where there is no mkfifo or no folder for temporary files.
 */
export const outputPipes = (): OutputPipes | null => {
  if (process.platform === 'win32') return null;
  let folder: string | null = null;
  const opened: number[] = [];
  const open = (path: string, flags: number) => {
    const file = openSync(path, flags);
    opened.push(file);
    return file;
  };
  try {
    folder = mkdtempSync(join(tmpdir(), 'vllm-oom-doctor-'));
    const paths = ['out', 'err'].map(name => join(folder!, name));
    execFileSync('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
    // The reader first, without waiting for a writer; then a writer finds it at once.
    const readers = paths.map(path => open(path, constants.O_RDONLY | constants.O_NONBLOCK));
    const writers = paths.map(path => open(path, constants.O_WRONLY)) as [number, number];
    return {
      stdio: writers,
      streams: readers.map(fd => new Socket({ fd, readable: true, writable: false })) as unknown as [
        Readable,
        Readable,
      ],
      handedOver: () => {
        for (const file of writers) closeSync(file);
      },
    };
  } catch {
    for (const file of opened) closeSync(file);
    return null;
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
};
