import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** A log that lies on this machine and how to read it. Nothing is read before it is opened. */
export interface FoundLog {
  /** `docker logs vllm (exited 2 hours ago)` */
  shown: string;
  name: string;
  open(): AsyncIterable<string>;
}

/** A daemon that does not answer is not waited for. */
const ASK_MS = 3000;
/** Enough for every start; older lines of a long-running server tell nothing about how it ended. */
const LINES = 50_000;

/** Output of a program, or null where it is missing, fails or does not answer in time. */
const ask = async (file: string, args: string[], signal?: AbortSignal): Promise<string | null> => {
  const { stdout, failed } = await execa(file, args, {
    timeout: ASK_MS,
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
    maxBuffer: 4 * 2 ** 20,
  });
  return failed ? null : stdout;
};

/** What a program prints on both streams, as it comes. */
async function* output(file: string, args: string[]): AsyncIterable<string> {
  const child = execa(file, args, { all: true, reject: false, buffer: false, stdin: 'ignore' });
  child.all.setEncoding('utf8');
  for await (const chunk of child.all) yield chunk as string;
  await child;
}

const containers = async (signal?: AbortSignal): Promise<FoundLog[]> => {
  const listed = await ask('docker', ['ps', '-a', '--format', '{{.Names}}\t{{.Image}}\t{{.Status}}'], signal);
  return (listed ?? '').split('\n').flatMap(row => {
    const [name = '', image = '', status = ''] = row.split('\t');
    if (!/vllm/i.test(`${name} ${image}`) || !/^\w[\w.-]{0,127}$/.test(name)) return [];
    return [
      {
        shown: `docker logs ${name} (${status})`,
        name: `docker logs ${name}`,
        open: () => output('docker', ['logs', '--tail', String(LINES), name]),
      },
    ];
  });
};

const units = async (signal?: AbortSignal): Promise<FoundLog[]> => {
  const args = ['list-units', '--all', '--plain', '--no-legend', '--type=service'];
  const listed = await ask('systemctl', args, signal);
  return (listed ?? '').split('\n').flatMap(row => {
    const [unit = '', , , state = ''] = row.trim().split(/\s+/);
    if (!/vllm/i.test(unit) || !/^\w[\w.@:-]{0,199}$/.test(unit)) return [];
    return [
      {
        shown: `journalctl -u ${unit} (${state})`,
        name: `journalctl -u ${unit}`,
        open: () => output('journalctl', ['-u', unit, '--no-pager', '-n', String(LINES)]),
      },
    ];
  });
};

/** Log files of the current folder, the newest first. */
export const logFilesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter(name => /vllm.*\.(?:log|txt|out|err)$|\.log$|^nohup\.out$|^slurm-\d+\.out$/i.test(name))
      .map(name => ({ path: join(folder, name), info: statSync(join(folder, name)) }))
      .filter(({ info }) => info.isFile() && info.size > 0)
      .sort((a, b) => b.info.mtimeMs - a.info.mtimeMs)
      .slice(0, 5)
      .map(({ path }) => path);
  } catch {
    return [];
  }
};

/** Logs of containers and services that are called after vLLM; empty where there are none or nobody answers. */
export const findLogs = async (signal?: AbortSignal): Promise<FoundLog[]> =>
  (await Promise.all([containers(signal), units(signal)])).flat();
