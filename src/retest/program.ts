import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** The file that would run for `name`, as a shell finds it: a path as it is, a bare name on PATH. Null when there is none. */
export const findProgram = (name: string, env: NodeJS.ProcessEnv): string | null => {
  const runnable = (path: string): boolean => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  };
  if (name.includes('/') || isAbsolute(name)) return runnable(name) ? resolve(name) : null;
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map(folder => join(folder, name)).find(runnable) ?? null;
};

/** The mark by which our simulated programs say what they are, in their first lines. */
const SIMULATED_MARK = 'simulated-vllm';

/** True when the program says of itself that it only plays vLLM. */
export const isSimulated = (path: string): boolean => {
  const head = Buffer.alloc(256);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return head.toString('latin1').includes(SIMULATED_MARK);
};

/** The first line of a simulated start. */
export const saysSimulated = (line: string): boolean =>
  /\[simulated\] vLLM .{1,200} played by vllm-oom-doctor/.test(line);
