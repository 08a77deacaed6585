import { randomUUID } from 'node:crypto';
import type { Owner } from './listeners.js';
import { isTellable, remoteCommand, remoteText } from './remote-script.js';
import { MARKER_VARIABLE, quoted } from './shell-family.js';
import type { Endpoint, Remains, StartCommand } from './types.js';

/** A host name as ssh takes it, with a user perhaps; nothing that ssh would read as an option. */
export const isHost = (host: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.@:%-]{0,254}$/.test(host);

/**
 * Nobody can answer a question for a password: keys only. A connection of its own: one that is shared would keep our
 * forwarded port when we are gone, or stay behind itself. No terminal: it would change what goes through.
 */
const OPTIONS = [
  '-T',
  ...['BatchMode=yes', 'ServerAliveInterval=15', 'ConnectTimeout=15'].flatMap(option => ['-o', option]),
  ...['ControlMaster=no', 'ControlPath=none', 'RemoteCommand=none'].flatMap(option => ['-o', option]),
];

/** A short question to the host, as a program here. */
export const sshAsk = (host: string, words: string[]): { file: string; args: string[] } => ({
  file: 'ssh',
  args: [...OPTIONS, '--', host, words.map(quoted).join(' ')],
});

/** How often the other side hears that we are there. It gives up after several of these. */
export const HEARTBEAT_MS = 15_000;

/** One child on another host: what starts it, what it is told, and what it told. */
export class Remote {
  private readonly marker = randomUUID();
  private readonly said = new RegExp(String.raw`\[vllm-oom-doctor ${this.marker}\] ([a-z]+) ?(\d*)\s*$`);
  /** Why it was not started there. */
  refusal: 'taken' | 'unable' | 'missing' | null = null;
  /** Its process there, once it is started. */
  pid: number | null = null;
  /** Whose that is what listens on the port there, as far as it has been told. */
  owner: Owner = 'nobody';
  /** Told once it is started, with its process there. */
  onStarted: (pid: number) => void = () => {};
  /** Told when another server listens on the port there: nothing is started. */
  onTaken: () => void = () => {};
  /** Processes that survived even SIGKILL. */
  private readonly left: number[] = [];
  /** The other side has ended everything that it could and told what is left. */
  private swept = false;
  /** The other side has not heard of us for too long. */
  private silent = false;

  /** `endpoint` is where the server listens on that host. */
  constructor(
    readonly host: string,
    private readonly start: StartCommand,
    readonly endpoint: Endpoint,
    private readonly graceMs: number,
  ) {}

  /** False where a shell could not take the launch over word for word. */
  get isTellable(): boolean {
    return isTellable(this.start);
  }

  /** The connection, with the server's port reachable here as `localPort`. Nothing of the launch is in its arguments. */
  command(localPort: number): StartCommand {
    const { host, port } = this.endpoint;
    const forward = `127.0.0.1:${localPort}:${host.includes(':') ? `[${host}]` : host}:${port}`;
    return {
      file: 'ssh',
      args: [
        ...OPTIONS,
        ...['-o', 'ExitOnForwardFailure=yes', '-L', forward],
        ...['--', this.host, remoteCommand(this.marker)],
      ],
      env: {},
    };
  }

  /** What goes down the connection first. */
  get text(): string {
    return remoteText(this.start, { marker: this.marker, port: this.endpoint.port, graceMs: this.graceMs });
  }

  /** Takes what the other side says out of a line. @returns the rest of it, null where nothing of the child's is in it */
  hear(line: string): string | null {
    const match = this.said.exec(line);
    if (!match) return line;
    const [, word, number] = match;
    if (word === 'taken' || word === 'unable' || word === 'missing') this.refusal = word;
    if (word === 'taken') this.onTaken();
    if (word === 'ours' || word === 'foreign' || word === 'unseen') this.owner = word;
    if (word === 'left') this.left.push(Number(number));
    if (word === 'silent') this.silent = true;
    if (word === 'swept') this.swept = true;
    if (word === 'started') {
      this.pid = Number(number);
      this.onStarted(this.pid);
    }
    return line.slice(0, match.index) || null;
  }

  /** The output without what the other side said. */
  without(output: string): string {
    return output.replaceAll(new RegExp(String.raw`\[vllm-oom-doctor ${this.marker}\][^\n]*\n?`, 'g'), '');
  }

  /** The connection ended, or nothing came through it any more, before the child had ended by itself. */
  get wasLost(): boolean {
    return this.pid !== null && (!this.swept || this.silent);
  }

  /** What is left there, as the other side says; where it could not say it any more, how to look. */
  remains(): Remains {
    const left = this.left.map(pid => `process ${pid} on ${this.host}`);
    if (this.swept || this.pid === null) return { left, unchecked: [] };
    const what = {
      en: `processes on ${this.host} (the connection broke; they are ended there within two minutes)`,
      zh: `${this.host} 上的进程（连接中断；两分钟内会在该主机上被结束）`,
    };
    const look = `grep -la ${MARKER_VARIABLE}=${this.marker} /proc/[0-9]*/environ`;
    return { left, unchecked: [{ what, look: `ssh ${this.host} ${quoted(look)}` }] };
  }
}
