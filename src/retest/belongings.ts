import { rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripControls } from '../common/sanitize.js';
import type { Containers } from './container.js';
import { type Owner, ownerOf } from './listeners.js';
import { Family, lastingFilesOf } from './processes.js';
import { MARKER_VARIABLE } from './shell-family.js';
import type { Remains } from './types.js';
import type { Watchdog } from './watchdog.js';

/**
 * Everything that one child of ours brought into the world: processes, files that outlive them, containers. It is told to
 * the watchdog as it is seen, and ended here when we are there to do it.
 */
export class Belongings {
  private readonly family: Family;
  private readonly files = new Set<string>();

  constructor(
    leader: number,
    marker: string,
    /** Milliseconds since 1970: what is older belongs to somebody else, even if the child uses it. */
    private readonly since: number,
    private readonly watchdog: Watchdog,
    private readonly containers: Containers | null,
  ) {
    this.family = new Family(leader, `${MARKER_VARIABLE}=${marker}`);
    watchdog.group(leader);
    if (containers) watchdog.containers(containers.engine, containers.label);
  }

  /** Takes note of what is there now. @returns the processes that are alive */
  look(): { pid: number; name: string }[] {
    const { alive, fresh } = this.family.look();
    for (const id of fresh) this.watchdog.process(id);
    for (const path of lastingFilesOf(alive.map(({ pid }) => pid)))
      if (!this.files.has(path) && this.isNew(path)) {
        this.files.add(path);
        this.watchdog.file(path);
      }
    return alive;
  }

  /** Whose that is what listens on a port of this machine. */
  ownerOf(port: number): Owner {
    return ownerOf(
      port,
      this.family.look().alive.map(({ pid }) => pid),
    );
  }

  /** SIGTERM to all, `graceMs` to go, SIGKILL; then the files and containers. @returns what is left nevertheless */
  async end(graceMs: number): Promise<Remains> {
    this.look();
    this.family.signal('SIGTERM');
    if (!(await this.gone(graceMs))) {
      this.family.signal('SIGKILL');
      await this.gone(5000);
    }
    const containers = this.containers ? await this.containers.remove() : [];
    const alive = this.look();
    if (alive.length === 0) for (const path of this.files) rmSync(path, { force: true });
    return {
      left: [
        ...alive.map(({ pid, name }) => `process ${pid} (${stripControls(name)})`),
        ...(containers ?? []).map(id => `container ${id}`),
      ],
      unchecked: containers === null ? [this.containers!.unchecked()] : [],
    };
  }

  private async gone(limitMs: number): Promise<boolean> {
    const until = Date.now() + limitMs;
    while (this.look().length > 0) {
      if (Date.now() > until) return false;
      await sleep(100);
    }
    return true;
  }

  private isNew(path: string): boolean {
    try {
      const { birthtimeMs, ctimeMs } = statSync(path);
      return (birthtimeMs || ctimeMs) >= this.since;
    } catch {
      return false;
    }
  }
}
