import { setTimeout as sleep } from 'node:timers/promises';
import { stripControls } from '../common/sanitize.js';
import type { Text } from '../common/text.js';
import type { Child, Ended } from './child.js';
import { isHealthy, urlOf } from './http.js';
import type { Owner } from './listeners.js';
import type { Observation } from './observation.js';
import { type Served, sendLoad, sendRequest, servedModels } from './requests.js';
import { expectedNames, matchingModel } from './served-model.js';
import type { BrokenOff, Endpoint, RetestPlan, RetestResult } from './types.js';
import { within } from './within.js';
import { reasons } from './words.js';

/** torch.compile and a slow disk are silent for minutes. */
const QUIET_MS = 10 * 60_000;
const REQUEST_TIMEOUT_MS = 180_000;
const LOAD_TIMEOUT_MS = 15 * 60_000;

/** How a start came to its end. */
export interface End {
  outcome: RetestResult['outcome'];
  why: Text;
  brokenOff?: BrokenOff;
}

const foreign = (why: Text): End => ({ outcome: 'stopped', why, brokenOff: 'foreign-server' });

/** One child on its way to an answered request. */
export class Proof {
  private readonly signal: AbortSignal;

  constructor(
    private readonly plan: RetestPlan,
    private readonly child: Child,
    private readonly endpoint: Endpoint,
    private readonly seen: Observation,
    /** Somebody wants it to stop. */
    private readonly stop: AbortSignal,
    private readonly about: {
      /** Whose that is what listens there. */
      owner(): Owner;
      /** Tells the memory that is in use now. */
      tellMemory(): Promise<unknown>;
    },
  ) {
    const over = new AbortController();
    void child.exit.then(() => over.abort());
    this.signal = AbortSignal.any([stop, over.signal]);
  }

  /** Until the server has answered, or cannot any more. */
  async run(): Promise<End> {
    const { plan, child, seen } = this;
    const quietMs = plan.quietMs ?? QUIET_MS;
    for (;;) {
      if (this.stop.aborted) return { outcome: 'stopped', why: reasons.stopped(seen.phase) };
      if (child.ended) return this.died(child.ended);
      if (seen.now > plan.timeoutMs) return { outcome: 'timeout', why: reasons.notReady(plan.timeoutMs, seen.phase) };
      if (seen.quietMs > quietMs) return { outcome: 'timeout', why: reasons.quiet(quietMs, seen.phase) };
      if (await isHealthy(this.endpoint, this.signal)) {
        const owner = this.about.owner();
        if (owner === 'foreign') return foreign(reasons.foreignListener(urlOf(this.endpoint)));
        // Over ssh the answer may come before the word of who it is, or from a third host.
        if (owner !== 'nobody') return this.ask();
      }
      await sleep(300, undefined, { signal: this.signal }).catch(() => {});
    }
  }

  /** It is up: only an answered request proves that it works, and the user's load if there is one. */
  private async ask(): Promise<End> {
    const { plan, child, endpoint, signal, seen, about } = this;
    const startupMs = seen.now;
    const served = await servedModels(endpoint, signal);
    if (this.stop.aborted || child.ended) return this.failed(reasons.noAnswer(null));
    const other = this.other(served);
    if (other) return other;
    seen.startupMs = startupMs;
    seen.emit({ type: 'ready', atMs: startupMs, url: urlOf(endpoint) });
    if (!plan.request) return { outcome: 'stopped', why: reasons.upWithoutRequest() };
    const own = this.own(served);
    const { ok, status, detail, simulated } = await sendRequest(endpoint, own, {
      timeoutMs: REQUEST_TIMEOUT_MS,
      signal,
    });
    seen.simulated ||= simulated;
    seen.emit({ type: 'request', atMs: seen.now, ok, status, detail: stripControls(detail) });
    // What it holds when it serves belongs to the proof, however short it lived.
    if (ok) await about.tellMemory();
    if (!ok || child.ended) return this.failed(reasons.noAnswer(status));
    if (!plan.load) return { outcome: 'proven', why: reasons.proven() };
    const load = await sendLoad(endpoint, plan.load, own, { timeoutMs: LOAD_TIMEOUT_MS, signal });
    seen.emit({ type: 'load', atMs: seen.now, ...load, detail: stripControls(load.detail) });
    if (!load.ok || child.ended) return this.failed(reasons.loadFailed(load.sent, load.answered, load.promptTokens));
    return { outcome: 'proven', why: reasons.provenUnderLoad(load.sent, load.promptTokens) };
  }

  /** The model that was launched first: the others are adapters of it. */
  private own({ models, reply }: Served): Served {
    const expected = expectedNames(this.plan.command);
    const own = expected && matchingModel(models, expected);
    return { reply, models: own ? [own, ...models.filter(model => model !== own)] : models };
  }

  /** Who serves something else is not our child, whatever it answers. */
  private other({ models }: Served): End | null {
    const expected = expectedNames(this.plan.command);
    if (!expected || models.length === 0 || matchingModel(models, expected)) return null;
    return foreign(reasons.foreignServer(urlOf(this.endpoint), stripControls(models[0]!.id), expected[0]!));
  }

  private async failed(why: Text): Promise<End> {
    if (this.stop.aborted) return { outcome: 'stopped', why: reasons.stoppedInRequest() };
    // A dying engine answers 500 first and takes the server with it a moment later.
    await within(this.child.exit, 3000);
    return this.child.ended ? this.died(this.child.ended) : { outcome: 'failed', why };
  }

  private async died({ code, signal }: Ended): Promise<End> {
    // Its last words come after its end.
    await this.child.drained(500);
    const { phase, startupMs } = this.seen;
    const why = startupMs === null ? reasons.ended(code, signal, phase) : reasons.diedOfRequest(code, signal);
    return { outcome: 'failed', why };
  }
}
