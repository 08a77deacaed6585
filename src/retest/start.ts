import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripControls } from '../common/sanitize.js';
import type { Text } from '../common/text.js';
import { Belongings } from './belongings.js';
import { Child, type Ended } from './child.js';
import { Containers, containerStart, isContainerRun } from './container.js';
import { type GpuUse, GpuWatch } from './gpu-memory.js';
import { isHealthy, sendLoad, sendRequest, urlOf } from './http.js';
import { KeptOutput, lineSplitter } from './output.js';
import { phaseFollower } from './phases.js';
import { planRetest } from './plan.js';
import { freeLocalPort, portIsFree } from './port.js';
import { processId } from './processes.js';
import { findProgram, isSimulated, saysSimulated } from './program.js';
import { isHost, REMOTE_LEFT, sshAsk, sshStart } from './remote.js';
import type {
  Endpoint,
  NotStarted,
  RetestEvent,
  RetestHandle,
  RetestPlan,
  RetestResult,
  StartCommand,
} from './types.js';
import { MARKER_VARIABLE, startWatchdog } from './watchdog.js';
import { within } from './within.js';
import { reasons } from './words.js';

/** torch.compile and a slow disk are silent for minutes. */
const QUIET_MS = 10 * 60_000;
const GRACE_MS = 10_000;
const LOOK_MS = 1000;
const REQUEST_TIMEOUT_MS = 180_000;
const LOAD_TIMEOUT_MS = 15 * 60_000;
/** A start does not wait for an nvidia-smi that hangs. */
const SMI_PATIENCE_MS = 2500;
/** The script on another host gives the child ten seconds before it kills. */
const REMOTE_END_MS = 20_000;
const SHOWN_LINE_CHARS = 2000;
/** What a GPU may still show above its state before the start: other programs move a little. */
const GPU_REST_GIB = 0.25;

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

interface End {
  outcome: RetestResult['outcome'];
  why: Text;
}

class Retest {
  private readonly began = Date.now();
  private readonly events: RetestEvent[] = [];
  private readonly output = new KeptOutput();
  private readonly follower = phaseFollower();
  private readonly marker = randomUUID();
  private endpoint: Endpoint;
  private readonly env: NodeJS.ProcessEnv;
  private readonly gpu: GpuWatch;
  private lastOutputAt = Date.now();
  private startupMs: number | null = null;
  private simulated: boolean;
  private containers: Containers | null = null;
  /** What the script on another host could not end. */
  private readonly leftThere: string[] = [];

  constructor(
    private readonly plan: RetestPlan,
    private readonly options: RetestOptions,
    private readonly signal: AbortSignal,
  ) {
    const start = plan.start ?? null;
    this.env = { ...(options.env ?? process.env), ...start?.env };
    this.endpoint = plan.endpoint ?? { protocol: 'http', host: '127.0.0.1', port: 8000, apiKey: null };
    const { host } = plan;
    this.gpu = new GpuWatch(this.env, plan.via === 'ssh' && host ? words => sshAsk(host, words) : null);
    this.simulated = plan.simulated;
  }

  async run(): Promise<RetestResult> {
    const { plan } = this;
    const start = plan.start === undefined ? planRetest(plan.command).start : plan.start;
    if (!start) return this.notStarted('not-startable', reasons.notStartable());
    if (plan.via === 'ssh') return this.runElsewhere(start, plan.host ?? '');
    const inContainer = isContainerRun(start);
    if (plan.via !== (inContainer ? 'docker' : 'local'))
      return this.notStarted('via-unavailable', reasons.notVia(plan.via));
    const program = findProgram(start.file, this.env);
    if (!program) return this.notStarted('program-not-found', reasons.noProgram(start.file));
    if (inContainer) {
      this.containers = new Containers(program, this.marker, this.env);
      if (!(await this.containers.reachable()))
        return this.notStarted('engine-unreachable', reasons.noEngine(start.file));
    }
    if (!(await portIsFree(this.endpoint.port)))
      return this.notStarted('port-in-use', reasons.portInUse(this.endpoint.port));
    if (this.signal.aborted) return this.result({ outcome: 'stopped', why: reasons.stoppedBefore() });
    this.simulated ||= isSimulated(program);
    const asStarted = inContainer ? containerStart(start, this.endpoint, this.marker) : start;
    return this.watch({ ...asStarted, file: program });
  }

  /** Over ssh: the same child, its port forwarded to one of ours. */
  private async runElsewhere(start: StartCommand, host: string): Promise<RetestResult> {
    // A container there would outlive the connection.
    if (!isHost(host) || isContainerRun(start)) return this.notStarted('via-unavailable', reasons.notVia('ssh'));
    if (!findProgram('ssh', this.env)) return this.notStarted('program-not-found', reasons.noProgram('ssh'));
    const port = await freeLocalPort();
    const overSsh = sshStart(start, host, this.endpoint, port, this.marker);
    this.endpoint = { ...this.endpoint, host: '127.0.0.1', port };
    const result = await this.watch(overSsh);
    const stopped = result.events.find(event => event.type === 'stopped');
    // ssh's own failure, before a word of vLLM.
    if (result.outcome === 'failed' && stopped?.exitCode === 255 && this.follower.phase === 'unknown')
      return this.notStarted(
        'host-unreachable',
        reasons.noHost(host, stripControls(result.log.trim().split('\n').at(-1) ?? '')),
      );
    return result;
  }

  private async watch(start: StartCommand): Promise<RetestResult> {
    const overSsh = this.plan.via === 'ssh';
    const watchdog = startWatchdog(this.marker);
    this.gpu.onChild = pid => {
      const id = processId(pid);
      if (id) watchdog.process(id);
    };
    const before = await this.memoryNow();
    const env = { ...this.env, [MARKER_VARIABLE]: this.marker, PYTHONUNBUFFERED: '1' };
    let child: Child;
    try {
      child = await Child.start(start, env, stream => this.read(stream), overSsh ? 'pipe' : 'ignore');
    } catch (error) {
      this.gpu.close();
      watchdog.dismiss();
      watchdog.letGo();
      return this.notStarted('not-startable', reasons.didNotStart(start.file, (error as Error).message));
    }
    try {
      const belongings = new Belongings(child.pid, this.marker, this.began - 1000, watchdog, this.containers);
      this.emit({ type: 'started', atMs: this.now(), pid: child.pid });
      const looking = this.lookRegularly(belongings);
      const end = await this.follow(child);
      // What a healthy server prints while we stop it may look like a crash (its engine is reported dead): not kept.
      const log = end.outcome === 'failed' ? null : this.output.text;

      looking.stop();
      // On another host the end of its input makes the script there end everything; then ssh ends by itself.
      if (overSsh) {
        child.closeInput();
        await within(child.exit, REMOTE_END_MS);
      }
      const left = await belongings.end(this.plan.graceMs ?? GRACE_MS);
      await within(child.exit, 1000);
      await child.drained(2000);
      const leftBehind = [...left, ...this.leftThere, ...(await this.memoryLeft(before))];
      const { code, signal } = child.ended ?? { code: null, signal: null };
      this.emit({ type: 'stopped', atMs: this.now(), exitCode: code, signal, leftBehind });
      watchdog.dismiss();
      return { ...this.result(end), ...(log === null ? {} : { log }) };
    } finally {
      this.gpu.close();
      child.close();
      // After an error of ours it ends the child; after a dismissal this does nothing.
      watchdog.letGo();
    }
  }

  /** Until the server has answered, or cannot any more. */
  private async follow(child: Child): Promise<End> {
    const over = new AbortController();
    void child.exit.then(() => over.abort());
    const signal = AbortSignal.any([this.signal, over.signal]);
    for (;;) {
      if (this.signal.aborted) return { outcome: 'stopped', why: reasons.stopped(this.follower.phase) };
      if (child.ended) return this.died(child, child.ended);
      if (this.now() > this.plan.timeoutMs)
        return {
          outcome: 'timeout',
          why: reasons.notReady(this.plan.timeoutMs, this.follower.phase),
        };
      const quietMs = this.plan.quietMs ?? QUIET_MS;
      if (Date.now() - this.lastOutputAt > quietMs)
        return {
          outcome: 'timeout',
          why: reasons.quiet(quietMs, this.follower.phase),
        };
      if (await isHealthy(this.endpoint, signal)) break;
      await sleep(300, undefined, { signal }).catch(() => {});
    }
    return this.prove(child, signal);
  }

  private async died(child: Child, { code, signal }: Ended): Promise<End> {
    // Its last words come after its end.
    await child.drained(500);
    const { phase } = this.follower;
    const why = this.startupMs === null ? reasons.ended(code, signal, phase) : reasons.diedOfRequest(code, signal);
    return { outcome: 'failed', why };
  }

  /** It is up: only an answered request proves that it works, and the user's load if there is one. */
  private async prove(child: Child, signal: AbortSignal): Promise<End> {
    const { plan, endpoint } = this;
    this.startupMs = this.now();
    this.emit({ type: 'ready', atMs: this.startupMs, url: urlOf(endpoint) });
    if (!plan.request) return { outcome: 'stopped', why: reasons.upWithoutRequest() };
    const failed = async (why: Text): Promise<End> => {
      if (this.signal.aborted) return { outcome: 'stopped', why: reasons.stoppedInRequest() };
      // A dying engine answers 500 first and takes the server with it a moment later.
      await within(child.exit, 3000);
      return child.ended ? this.died(child, child.ended) : { outcome: 'failed', why };
    };
    const limits = { timeoutMs: REQUEST_TIMEOUT_MS, signal };
    const { ok, status, detail, simulated } = await sendRequest(endpoint, limits);
    this.simulated ||= simulated;
    this.emit({ type: 'request', atMs: this.now(), ok, status, detail: stripControls(detail) });
    // What it holds when it serves belongs to the proof, however short it lived.
    if (ok) await this.memoryNow();
    if (!ok) return failed(reasons.noAnswer(status));
    if (!plan.load) return { outcome: 'proven', why: reasons.proven() };
    const load = await sendLoad(endpoint, plan.load, { ...limits, timeoutMs: LOAD_TIMEOUT_MS });
    this.emit({ type: 'load', atMs: this.now(), ...load, detail: stripControls(load.detail) });
    if (!load.ok) return failed(reasons.loadFailed(load.sent, load.answered, load.promptTokens));
    return { outcome: 'proven', why: reasons.provenUnderLoad(load.sent, load.promptTokens) };
  }

  private read(stream: Readable): void {
    const lines = lineSplitter(raw => {
      const text = stripControls(raw).slice(0, SHOWN_LINE_CHARS);
      if (!text.trim()) return;
      if (text.startsWith(REMOTE_LEFT)) this.leftThere.push(text.slice(REMOTE_LEFT.length));
      if (saysSimulated(text)) this.simulated = true;
      const phase = this.follower.read(text);
      if (phase) this.emit({ type: 'phase', atMs: this.now(), phase });
      this.emit({ type: 'line', atMs: this.now(), text });
    });
    stream.on('data', (chunk: Buffer) => {
      this.lastOutputAt = Date.now();
      this.output.add(lines.write(chunk));
    });
    stream.on('close', () => lines.end());
  }

  /** Once a second: who belongs to the child, what they would leave behind, and how full the GPUs are. */
  private lookRegularly(belongings: Belongings): { stop(): void } {
    let on = true;
    const looks = async () => {
      while (on) {
        belongings.look();
        await sleep(LOOK_MS, undefined, { ref: false });
      }
    };
    const memory = async () => {
      while (on) {
        const gpus = await this.gpu.read();
        if (on && gpus) this.emit({ type: 'memory', atMs: this.now(), gpus });
        await sleep(LOOK_MS, undefined, { ref: false });
      }
    };
    void looks();
    void memory();
    return {
      stop: () => {
        on = false;
      },
    };
  }

  /** Waits until the GPUs have their memory back. @returns what is missing, in words */
  private async memoryLeft(before: GpuUse[] | null): Promise<string[]> {
    if (!before) return [];
    let left: string[] = [];
    let silent = 0;
    for (let attempt = 0; attempt < 10; attempt++) {
      if (attempt > 0) await sleep(500);
      const now = await this.memoryNow();
      // Silence twice is a driver in trouble; it tells nothing.
      if (!now && ++silent > 1) break;
      if (!now) continue;
      left = now.flatMap(({ index, usedGiB }) => {
        const rest = usedGiB - (before.find(gpu => gpu.index === index)?.usedGiB ?? usedGiB);
        return rest > GPU_REST_GIB ? [`GPU ${index}: ${rest.toFixed(2)} GiB more in use than before`] : [];
      });
      if (left.length === 0) break;
    }
    return left;
  }

  /** Use of the GPUs now, told as an event; null when nvidia-smi does not say it soon. */
  private async memoryNow(): Promise<GpuUse[] | null> {
    const gpus = await within(this.gpu.read(), this.plan.via === 'ssh' ? 4 * SMI_PATIENCE_MS : SMI_PATIENCE_MS);
    if (gpus) this.emit({ type: 'memory', atMs: this.now(), gpus });
    return gpus;
  }

  private emit(event: RetestEvent): void {
    // Lines are in the log already; kept as events they would double a long output.
    if (event.type !== 'line') this.events.push(event);
    this.options.onEvent?.(event);
  }

  private now(): number {
    return Date.now() - this.began;
  }

  private notStarted(code: NotStarted, why: Text): RetestResult {
    return { ...this.result({ outcome: 'not-started', why }), notStarted: code };
  }

  private result({ outcome, why }: End): RetestResult {
    return {
      outcome,
      reason: why.en,
      why,
      events: this.events,
      log: this.output.text,
      startupMs: this.startupMs,
      simulated: this.simulated,
    };
  }
}
