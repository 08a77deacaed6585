import { execa } from 'execa';

export interface ToolResult {
  outcome: 'ok' | 'missing' | 'failed' | 'timeout';
  stdout: string;
}

/** Tools that were given up on: they may still hang in the kernel, so they are not started again. */
const hung = new Set<string>();

/**
 * Runs a tool of the machine without a shell and returns what it printed, at the latest after `timeoutMs`. A tool that
 * does not end is killed and left behind: a process stuck in the driver cannot be killed, and nobody waits for it.
 * Never throws.
 */
export const runTool = async (file: string, args: string[], timeoutMs: number): Promise<ToolResult> => {
  if (hung.has(file)) return { outcome: 'timeout', stdout: '' };
  const child = execa(file, args, {
    reject: false,
    stdin: 'ignore',
    stderr: 'ignore',
    maxBuffer: 8 * 2 ** 20,
    env: { LC_ALL: 'C', LANG: 'C' },
    cleanup: true,
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>(resolve => {
    timer = setTimeout(resolve, timeoutMs, 'late');
  });
  const result = await Promise.race([child, late]);
  clearTimeout(timer);
  if (result === 'late') {
    hung.add(file);
    child.kill('SIGKILL');
    child.stdout?.destroy();
    child.unref();
    return { outcome: 'timeout', stdout: '' };
  }
  if (result.code === 'ENOENT' || result.code === 'EACCES') return { outcome: 'missing', stdout: '' };
  return { outcome: result.failed ? 'failed' : 'ok', stdout: result.stdout ?? '' };
};
