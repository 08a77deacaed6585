import type { Store } from './store.js';

const TICK_MS = 250;

/** Moves the clock of the screen while something is waited for, and only then: a still screen draws nothing. */
export const keepTime = (store: Store): void => {
  let ticker: NodeJS.Timeout | null = null;
  store.subscribe(() => {
    const { busy, live, ended } = store.get();
    const isWaiting = !ended && (busy !== null || live !== null);
    if (isWaiting) ticker ??= setInterval(() => store.set({ now: store.services.now() }), TICK_MS);
    else if (ticker) {
      clearInterval(ticker);
      ticker = null;
    }
  });
};
