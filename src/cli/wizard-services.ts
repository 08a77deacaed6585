import { existsSync, statSync, writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { factsFromProbe, machineInWords } from '../session/machine.js';
import { saveRecord } from '../session/save.js';
import type { Services, Source } from '../ui/services.js';
import { openFile } from './input.js';

/** OSC 52: the terminal puts the text on the clipboard of the machine in front of which the person sits. */
const osc52 = (text: string): string => `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;

/** tmux passes an escape on to its terminal only when it is wrapped. */
const throughTmux = (sequence: string): string =>
  process.env.TMUX ? `\u001BPtmux;${sequence.replaceAll('\u001B', '\u001B\u001B')}\u001B\\${sequence}` : sequence;

/** A file, opened anew for every reading. */
const fileSource = (path: string): Source => ({
  name: path,
  async *open() {
    yield* (await openFile(path)).text;
  },
});

/** The wizard's view of the real machine: files, programs, the session store. */
export const realServices = (): Services => ({
  engine: async () => (await import('./wizard-engine.js')).engine,
  readLog: async chunks => (await import('../log/index.js')).readLog(chunks),
  async openFile(path) {
    // Told at once when it cannot be read; opened anew for every reading.
    await openFile(path);
    return fileSource(path);
  },
  isFile(path) {
    try {
      return existsSync(path) && !statSync(path).isDirectory();
    } catch {
      return false;
    }
  },
  probe: async signal => {
    const [{ probeMachine }, { findLogs, logFilesIn }] = await Promise.all([
      import('../probe/machine.js'),
      import('../session/find-logs.js'),
    ]);
    const stopped = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    const [probe, found] = await Promise.race([Promise.all([probeMachine(), findLogs(signal)]), stopped]);
    const files = logFilesIn('.').map(path => ({ shown: path, source: fileSource(path) }));
    const logs = found.map(({ shown, name, open }) => ({ shown, source: { name, open } }));
    return { facts: factsFromProbe(probe), shown: machineInWords(probe), logs: [...logs, ...files] };
  },
  retest: async (plan, options) => (await import('../retest/index.js')).startRetest(plan, options).done,
  save: record => saveRecord(record),
  writeNew(name, text) {
    const extension = extname(name);
    const stem = name.slice(0, name.length - extension.length);
    for (let n = 1; ; n++) {
      const path = n === 1 ? name : `${stem}-${n}${extension}`;
      try {
        writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
        return path;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || n > 999) throw error;
      }
    }
  },
  copy: text => {
    process.stdout.write(throughTmux(osc52(text)));
  },
  complete: {
    model: async () => (await import('../knowledge/names.js')).modelNames(),
    gpu: async () => (await import('../knowledge/names.js')).gpuNames(),
    version: async () => (await import('../knowledge/names.js')).releaseNames(),
    path: async typed => (await import('../session/complete-path.js')).completePath(typed),
  },
  now: () => new Date(),
});
