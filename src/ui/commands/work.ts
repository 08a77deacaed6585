import type { Text } from '../../common/text.js';
import type { Store } from './store.js';

/** The one thing that goes on at a time (reading, probing, a re-test), and how to stop it. */
export interface Work {
  /**
   * Does it while the screen says what is waited for. What it throws is said on the screen, unless it was stopped. The
   * promise never rejects.
   */
  waitFor(what: Text, work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** From now on this is what goes on, until the returned function is called. */
  begin(stop: () => void): () => void;
  /** Stops what goes on, if anything does. */
  stop(): void;
}

/** Nothing goes on yet. */
export const createWork = (store: Store): Work => {
  let current: (() => void) | null = null;
  const begin: Work['begin'] = stop => {
    current = stop;
    return () => {
      if (current === stop) current = null;
    };
  };
  return {
    begin,
    async waitFor(what, work) {
      const abort = new AbortController();
      const stop = () => abort.abort();
      const ended = begin(stop);
      const since = store.services.now();
      store.set({ busy: { what, since }, now: since, notice: null });
      try {
        await work(abort.signal);
      } catch (error) {
        if (!abort.signal.aborted) store.fail(error);
      } finally {
        // Something else may be waited for by now.
        if (current === stop) store.set({ busy: null });
        ended();
      }
    },
    stop: () => current?.(),
  };
};
