import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Belongings } from './belongings.js';
import { Child } from './child.js';
import { foreignOutput } from './contradiction.js';
import { GpuAccount } from './gpu-account.js';
import { Observation } from './observation.js';
import { planRetest } from './plan.js';
import { processId } from './processes.js';
import { type End, Proof } from './proof.js';
import { HEARTBEAT_MS } from './remote.js';
import { MARKER_VARIABLE } from './shell-family.js';
import type { RetestEvent, RetestHandle, RetestPlan, RetestResult, StartCommand } from './types.js';
import { startWatchdog, type Watchdog } from './watchdog.js';
import type { Obstacle, Way } from './way.js';
import { wayHere } from './way-here.js';
import { refusalOf, wayOverSsh } from './way-ssh.js';
import { within } from './within.js';
import { reasons } from './words.js';

const GRACE_MS = 10_000;
/** By so much the clock of files may be behind ours. */
const CLOCK_MS = 100;
/** How often we look at what is there; another host is asked less often, as each question is a connection. */
const LOOK_MS = 1000;
const LOOK_ELSEWHERE_MS = 5000;
/** A start does not wait longer for an nvidia-smi that hangs. */
const SMI_PATIENCE_MS = 2500;
const SMI_PATIENCE_ELSEWHERE_MS = 10_000;
/** What the script on another host may take beside the child's own time: to look, to kill, to tell. */
const REMOTE_END_MS = 30_000;

export interface RetestOptions {
  onEvent?: (event: RetestEvent) => void;
  /** Aborted: everything is stopped and `done` tells `stopped`. */
  signal?: AbortSignal;
  /** Environment under the command's own; default: ours. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Starts the planned command as a process group of its own, follows it until it serves and has answered one real request,
 * fails, hangs or is stopped; then ends it and all that came from it, and says what is left. The caller has shown the
 * command and has been told to go on.
 */
export const startRetest = (plan: RetestPlan, options: RetestOptions = {}): RetestHandle => {
  const abort = new AbortController();
  options.signal?.addEventListener('abort', () => abort.abort(), { once: true });
  if (options.signal?.aborted) abort.abort();
  return { stop: () => abort.abort(), done: new Retest(plan, options, abort.signal).run() };
};

class Retest {
  private readonly marker = randomUUID();
  private readonly seen: Observation;
  private readonly graceMs: number;

  constructor(
    private readonly plan: RetestPlan,
    private readonly options: RetestOptions,
    private readonly stop: AbortSignal,
  ) {
    this.seen = new Observation(plan.simulated, options.onEvent);
    this.graceMs = plan.graceMs ?? GRACE_MS;
  }

  async run(): Promise<RetestResult> {
    const { plan } = this;
    const start = plan.start === undefined ? planRetest(plan.command).start : plan.start;
    if (!start) return this.notStarted({ code: 'not-startable', why: reasons.notStartable() });
    const way = await this.wayOf(start);
    if ('code' in way) return this.notStarted(way);
    if (this.stop.aborted) return this.result({ outcome: 'stopped', why: reasons.stoppedBefore() });
    this.seen.simulated ||= way.simulated;
    const result = await this.watch(way);
    const { remote } = way;
    const refusal = remote && result.outcome === 'failed' ? refusalOf(remote, start, result.log) : null;
    return refusal ? this.notStarted(refusal) : this.ofOurs(result);
  }

  private wayOf(start: StartCommand): Promise<Way | Obstacle> {
    const { plan } = this;
    const env = this.options.env ?? process.env;
    const endpoint = plan.endpoint ?? { protocol: 'http', host: '127.0.0.1', port: 8000, apiKey: null };
    if (plan.via === 'ssh') return wayOverSsh(plan.host ?? '', start, endpoint, env, this.graceMs);
    return wayHere(plan, start, endpoint, env, this.marker);
  }

  /** From the start to the end of everything that came from it. */
  private async watch(way: Way): Promise<RetestResult> {
    const { seen } = this;
    // Its own tools are those of our PATH; the engine is named by its path and asked as the launch says.
    const watchdog = startWatchdog(this.marker, way.containers ? { ...way.env, PATH: process.env.PATH } : process.env);
    way.gpu.onChild = pid => {
      const id = processId(pid);
      if (id) watchdog.process(id);
    };
    const account = new GpuAccount(way.gpu, seen, way.remote ? SMI_PATIENCE_ELSEWHERE_MS : SMI_PATIENCE_MS);
    await account.open();
    const notEvenStarted = () => {
      way.gpu.close();
      watchdog.dismiss();
      watchdog.letGo();
    };
    if (this.stop.aborted) {
      notEvenStarted();
      return this.result({ outcome: 'stopped', why: reasons.stoppedBefore() });
    }
    const since = Date.now() - CLOCK_MS;
    let child: Child;
    try {
      child = await this.spawn(way);
    } catch (error) {
      notEvenStarted();
      const why = reasons.didNotStart(way.command.file, (error as Error).message);
      return this.notStarted({ code: 'not-startable', why });
    }
    try {
      const belongings = new Belongings(child.pid, this.marker, since, watchdog, way.containers);
      const looking = this.lookRegularly(way, child, belongings, account);
      const end = await new Proof(this.plan, child, way.endpoint, seen, this.stop, {
        owner: () => way.remote?.owner ?? (way.containers ? 'unseen' : belongings.ownerOf(way.endpoint.port)),
        tellMemory: () => account.now(),
      }).run();
      // What a healthy server prints while we stop it may look like a crash (its engine is reported dead): not kept.
      const asItServed = seen.log;
      looking.stop();
      await this.end(way, child, belongings, account, watchdog);
      const result = this.result(this.lost(way, end) ?? end);
      const log = end.outcome === 'failed' ? result.log : asItServed;
      return { ...result, log: way.remote?.without(log) ?? log };
    } finally {
      way.gpu.close();
      child.close();
      // After an error of ours it ends the child; after a dismissal this does nothing.
      watchdog.letGo();
    }
  }

  private async spawn({ command, env, remote }: Way): Promise<Child> {
    const { seen } = this;
    const marked = { ...env, [MARKER_VARIABLE]: this.marker, PYTHONUNBUFFERED: '1' };
    const started = (pid: number) => seen.emit({ type: 'started', atMs: seen.now, pid });
    if (!remote) {
      const child = await Child.start(command, marked, stream => seen.read(stream));
      started(child.pid);
      return child;
    }
    remote.onStarted = started;
    const hear = (line: string) => remote.hear(line);
    const child = await Child.start(command, marked, stream => seen.read(stream, hear), 'pipe');
    // ssh stays as long as anything goes through its tunnel, and a stranger's server there may hold our questions for ever.
    remote.onTaken = () => child.hangUp();
    child.tell(remote.text);
    return child;
  }

  /** Who belongs to the child, what they would leave behind, how full the GPUs are; another host hears that we are there. */
  private lookRegularly(way: Way, child: Child, belongings: Belongings, account: GpuAccount): { stop(): void } {
    let on = true;
    const looks = async () => {
      while (on) {
        belongings.look();
        await sleep(LOOK_MS, undefined, { ref: false });
      }
    };
    void looks();
    void account.follow(way.remote ? LOOK_ELSEWHERE_MS : LOOK_MS, () => on);
    const heart = way.remote && setInterval(() => child.tell('here\n'), HEARTBEAT_MS);
    heart?.unref();
    return {
      stop: () => {
        on = false;
        if (heart) clearInterval(heart);
      },
    };
  }

  /** Ends everything and tells what is left of it, or what nobody could say. */
  private async end(
    { remote, gpuLook }: Way,
    child: Child,
    belongings: Belongings,
    account: GpuAccount,
    watchdog: Watchdog,
  ): Promise<void> {
    const { seen, graceMs } = this;
    // On another host the end of its input makes the script there end everything; then ssh ends by itself.
    if (remote) {
      child.closeInput();
      await within(child.exit, graceMs + REMOTE_END_MS);
    }
    const own = await belongings.end(graceMs);
    await within(child.exit, 1000);
    await child.drained(2000);
    const there = remote?.remains() ?? { left: [], unchecked: [] };
    const memory = await account.remains(gpuLook);
    const leftBehind = [...own.left, ...there.left, ...memory.left];
    const unchecked = [...own.unchecked, ...there.unchecked, ...memory.unchecked];
    const { code, signal } = child.ended ?? { code: null, signal: null };
    const told = unchecked.length > 0 ? { unchecked } : {};
    seen.emit({ type: 'stopped', atMs: seen.now, exitCode: code, signal, leftBehind, ...told });
    // Containers of which the engine said nothing are tried for a while longer.
    if (own.unchecked.length > 0) watchdog.keepOnlyContainers();
    else watchdog.dismiss();
  }

  /** A connection that broke tells nothing of the command; null: it did not. */
  private lost({ remote }: Way, end: End): End | null {
    if (!remote?.wasLost || end.outcome !== 'failed') return null;
    const why = reasons.connectionLost(remote.host, this.seen.phase);
    return { outcome: 'stopped', why, brokenOff: 'connection-lost' };
  }

  /** The result, unless what was printed proves that it is not that of our command: then nothing can be learned from it. */
  private async ofOurs(result: RetestResult): Promise<RetestResult> {
    if (result.outcome !== 'proven' && result.outcome !== 'failed') return result;
    const found = await foreignOutput(this.plan.command, result.log);
    if (!found) return result;
    const end = this.result({ outcome: 'stopped', why: reasons.foreignOutput(found), brokenOff: 'foreign-output' });
    return { ...end, log: result.log };
  }

  private notStarted({ code, why }: Obstacle): RetestResult {
    return { ...this.result({ outcome: 'not-started', why }), notStarted: code };
  }

  private result({ outcome, why, brokenOff }: End): RetestResult {
    const { events, log, startupMs, simulated } = this.seen;
    return {
      outcome,
      reason: why.en,
      why,
      events,
      log,
      startupMs,
      simulated,
      ...(brokenOff === undefined ? {} : { brokenOff }),
    };
  }
}
