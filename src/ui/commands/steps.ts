import { type Step, stepOf } from '../../session/record.js';
import { stepBack, stepForward } from '../state/record-changes.js';
import type { Store } from './store.js';

/** From one step to the next and back. */
export const stepCommands = (store: Store) => ({
  step: (): Step => stepOf(store.get().record),
  /** This step is done; on to the next. */
  forward() {
    const next = stepForward(store.get());
    if (!next) return;
    store.set({ notice: null });
    store.setRecord(next);
  },
  back() {
    const previous = stepBack(store.get().record);
    if (!previous) return;
    store.set({ notice: null });
    store.setRecord(previous);
  },
});
