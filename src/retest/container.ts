import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MARKER_VARIABLE } from './shell-family.js';
import type { Endpoint, StartCommand, Unchecked } from './types.js';

const ENGINES = new Set(['docker', 'podman', 'nerdctl']);
const LABEL = 'vllm-oom-doctor.retest';

/** Flags of `run` without a value; all others have one, attached by `=` or in the next word. */
const SWITCHES = new Set([
  '--detach',
  '--interactive',
  '--tty',
  '--rm',
  '--init',
  '--privileged',
  '--publish-all',
  '--read-only',
  '--no-healthcheck',
  '--oom-kill-disable',
  '--sig-proxy',
  '--disable-content-trust',
  '--quiet',
  '--replace',
  '--no-hosts',
  '--rmi',
]);
const SHORT_SWITCHES = /^-[ditPq]+$/;
/** They would keep it running behind our back, or collide with the container that is there. */
const DROPPED = new Set([
  '--replace',
  '--detach',
  '--interactive',
  '--tty',
  '--rm',
  '--name',
  '--restart',
  '--cidfile',
]);

/** The words of `run` before the image, each flag with its value, and the rest. */
const splitRun = (args: string[]): { flags: string[][]; rest: string[] } => {
  const flags: string[][] = [];
  let at = 0;
  while (at < args.length && args[at]!.startsWith('-')) {
    const word = args[at]!;
    const alone =
      word.includes('=') ||
      SWITCHES.has(word) ||
      SHORT_SWITCHES.test(word) ||
      (/^-[a-z]/.test(word) && word.length > 2);
    flags.push(alone ? [word] : [word, args[at + 1] ?? '']);
    at += alone ? 1 : 2;
  }
  return { flags, rest: args.slice(at) };
};

const nameOf = (flag: string[]): string => flag[0]!.split('=')[0]!;

export const isContainerEngine = (file: string): boolean => ENGINES.has(basename(file));

/** False where short options are glued so that nobody can tell a switch from a value: `-dv /a:/b`. */
export const splitsSurely = (args: string[]): boolean => {
  const { flags } = splitRun(args);
  return !flags.some(([word = '']) => /^-[ditPq]+[a-zA-Z]/.test(word) && !SHORT_SWITCHES.test(word));
};

export const isContainerRun = ({ file, args }: StartCommand): boolean => isContainerEngine(file) && args[0] === 'run';

/**
 * `docker run …` as a re-test starts it: in the foreground, removed when it ends, with our label and mark, without a
 * name (the container that runs today may have it) and without a restart policy. Where no port is published and the
 * network is not the host's, the endpoint's port is published on the loopback.
 */
export const containerStart = (start: StartCommand, endpoint: Endpoint, marker: string): StartCommand => {
  const { flags, rest } = splitRun(start.args.slice(1));
  const kept = flags.flatMap(flag => {
    if (DROPPED.has(nameOf(flag))) return [];
    if (!SHORT_SWITCHES.test(flag[0]!)) return flag;
    const letters = flag[0]!.replace(/[dit]/g, '');
    return letters === '-' ? [] : [letters];
  });
  const published = flags.some(flag => /^(?:-p(?:\d.*)?|--publish|-\w*P\w*|--publish-all)$/.test(nameOf(flag)));
  const network = flags.find(flag => ['--network', '--net'].includes(nameOf(flag)));
  const onHost = network?.join('=').endsWith('=host') ?? false;
  const inside = rest.indexOf('--port') >= 0 ? rest[rest.indexOf('--port') + 1]! : '8000';
  return {
    ...start,
    args: [
      'run',
      '--rm',
      '--label',
      `${LABEL}=${marker}`,
      '--env',
      `${MARKER_VARIABLE}=${marker}`,
      ...(published || onHost ? [] : ['--publish', `127.0.0.1:${endpoint.port}:${inside}`]),
      ...kept,
      ...rest,
    ],
  };
};

/** How often the engine is asked for what is left before it is given up. */
const TRIES = 4;
const PAUSE_MS = 500;
const ASK_TIMEOUT_MS = 10_000;
/** A container that holds GPUs takes its time to go. */
const REMOVE_TIMEOUT_MS = 30_000;

/** The containers of one re-test, found by their label alone. */
export class Containers {
  readonly label: string;

  constructor(
    readonly engine: string,
    marker: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.label = `${LABEL}=${marker}`;
  }

  /** Whether the engine answers at all (its service may be down). */
  async reachable(): Promise<boolean> {
    return (await this.ask(['version', '--format', '{{.Server.Version}}'])) !== null;
  }

  /**
   * Removes them with their anonymous volumes. A program that was killed may have asked for one that appears a moment
   * later, so twice nothing is nothing.
   * @returns ids of those that are still there; null when the engine does not say
   */
  async remove(): Promise<string[] | null> {
    let empty = 0;
    let left: string[] | null = null;
    for (let attempt = 0; attempt < TRIES && empty < 2; attempt++) {
      if (attempt > 0) await sleep(PAUSE_MS);
      left = await this.left();
      empty = left?.length === 0 ? empty + 1 : 0;
      if (left && left.length > 0) await this.ask(['rm', '--force', '--volumes', ...left], REMOVE_TIMEOUT_MS);
    }
    return empty > 0 ? [] : this.left();
  }

  /** What to look at by hand when the engine does not say. */
  unchecked(): Unchecked {
    const engine = basename(this.engine);
    return {
      what: {
        en: `containers of this re-test (${engine} does not answer)`,
        zh: `本次复测的容器（${engine} 没有响应）`,
      },
      look: `${engine} ps --all --filter label=${this.label}`,
    };
  }

  /** Ids of those that are there; null when the engine does not say. */
  private async left(): Promise<string[] | null> {
    const ids = await this.ask(['ps', '--all', '--quiet', '--filter', `label=${this.label}`]);
    return ids === null ? null : ids.split('\n').filter(Boolean);
  }

  private ask(args: string[], timeout = ASK_TIMEOUT_MS): Promise<string | null> {
    return new Promise(resolve => {
      const options = { env: this.env, timeout, killSignal: 'SIGKILL' } as const;
      execFile(this.engine, args, options, (error, stdout) => resolve(error ? null : stdout));
    });
  }
}
