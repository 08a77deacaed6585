import type { RetestPlan } from '../../retest/types.js';
import { type Attempt, attemptFrom } from '../../session/record.js';
import { slices } from '../intake/slices.js';
import { afterEvent, startedRetest } from '../state/live-retest.js';
import type { Store } from './store.js';
import type { Work } from './work.js';

/** One start from plan to result, told to the screen as it goes; always ends with nothing running. */
export type RunAttempt = (plan: RetestPlan) => Promise<Attempt>;

/** @throws what starting or reading throws; a start that fails is an attempt like any other */
export const attemptRunner =
  (store: Store, work: Work): RunAttempt =>
  async plan => {
    const { services, get, set } = store;
    const abort = new AbortController();
    const startedAt = services.now();
    set({ live: startedRetest(plan, startedAt), notice: null, now: startedAt });
    const ended = work.begin(() => abort.abort());
    try {
      const result = await services.retest(plan, {
        onEvent: event => {
          const { live } = get();
          if (live) set({ live: afterEvent(live, event) });
        },
        signal: abort.signal,
      });
      const reading = result.log.trim() === '' ? null : await services.readLog(slices([result.log]));
      return attemptFrom(plan, startedAt, result, reading);
    } finally {
      ended();
      // Between two starts of a search the last one stays on the screen.
      if (!get().bisecting) set({ live: null });
    }
  };
