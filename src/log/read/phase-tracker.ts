import type { Phase } from '../types.js';

/**
 * Follows the landmarks of one run. Workers and engine core print their own; a failure is placed by the landmarks of the
 * process that failed, except where the whole server has moved on to serving.
 */
export class PhaseTracker {
  private overall: Phase = 'unknown';
  private readonly ofProcess = new Map<string, Phase>();
  private passedKvCache = false;
  private profilingGraphs = false;

  constructor(private readonly isV0: () => boolean) {}

  landmark(id: string, begins: Phase, process: string | undefined): void {
    let phase = begins;
    if (id === 'graph-memory-profiling') this.profilingGraphs = true;
    if (phase === 'kv-cache') this.passedKvCache = true;
    // From 0.18.0 graphs are captured once for the estimate, before the KV cache: that is profiling.
    if (phase === 'graph-capture' && this.profilingGraphs && !this.passedKvCache) phase = 'profile';
    // V0 warms up no sampler: with its graphs captured it serves.
    if (id === 'graphs-captured' && this.isV0()) phase = 'serving';
    // Requests that are still answered while another process loads do not end its start.
    if (this.overall === 'serving' && phase !== 'serving' && phase !== 'shutdown') return;
    if (phase === 'shutdown' && this.overall !== 'serving') return;
    this.overall = phase;
    if (process && this.ofProcess.size < 2000) this.ofProcess.set(process, phase);
  }

  /** The phase that a failure of `process` falls in. */
  at(process?: string): Phase {
    if (this.overall === 'serving' || this.overall === 'shutdown' || !process) return this.overall;
    return this.ofProcess.get(process) ?? this.overall;
  }
}
