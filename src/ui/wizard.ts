import type { SessionRecord } from '../session/record.js';
import { attemptRunner } from './commands/attempt.js';
import { bisectCommands } from './commands/bisect.js';
import { keepTime } from './commands/clock.js';
import { factsCommands } from './commands/facts.js';
import { fixesCommands } from './commands/fixes.js';
import { lookingCommands } from './commands/looking.js';
import { readingCommands } from './commands/reading.js';
import { resultCommands } from './commands/result.js';
import { retestCommands } from './commands/retest.js';
import { stepCommands } from './commands/steps.js';
import { createStore } from './commands/store.js';
import { createWork } from './commands/work.js';
import type { Engine, Services } from './services.js';
import type { Appearance } from './state/wizard-state.js';

/**
 * The wizard without its screens: one state (`state/`), and the commands that change it (`commands/`). What a screen is
 * handed to show itself and to act.
 */
export const createWizard = (
  record: SessionRecord,
  services: Services,
  { onEnd, ...options }: Appearance & { engine?: Engine; onEnd?: () => void },
) => {
  const store = createStore(record, services, options);
  const work = createWork(store);
  keepTime(store);

  /** Leaves at once; what goes on is told to stop, and not waited for. */
  const end = () => {
    if (store.get().ended) return;
    work.stop();
    store.set({ ended: true });
    onEnd?.();
  };
  /** Who wanted to leave while something ran leaves when it is over. */
  const afterRun = () => {
    if (store.get().overlay === 'quit') end();
  };
  const isRunning = () => store.get().live !== null || store.get().bisecting !== null;

  const run = attemptRunner(store, work);
  const retest = retestCommands(store, work, run, afterRun);

  return {
    /** The room between header and footer, as last drawn. */
    area: { columns: 80, rows: 20 },
    services,
    get: store.get,
    subscribe: store.subscribe,
    set: store.set,
    setScreen: store.setScreen,
    /** Loads what thinks, so that it is there when something was read. */
    warmUp: store.loadEngine,
    isLaunch: (text: string): boolean => store.engine().readLaunch(text) !== null,
    ...readingCommands(store, work),
    ...lookingCommands(store, work),
    ...factsCommands(store),
    ...fixesCommands(store),
    ...retest,
    ...bisectCommands(store, run, afterRun),
    ...resultCommands(store),
    ...stepCommands(store),
    /** Stops what is being waited for. False when nothing is. */
    stopWaiting(): boolean {
      if (!store.get().busy) return false;
      work.stop();
      return true;
    },
    /** Leaves; while a re-test runs it asks first. */
    quit() {
      if (isRunning()) store.set({ overlay: 'quit' });
      else end();
    },
    /** Leaves whatever is going on, without asking: what runs is stopped first. */
    leave() {
      if (!isRunning()) return end();
      store.set({ overlay: 'quit' });
      retest.stopRetest();
    },
    end,
  };
};

/** The state and every command: what screens, keyboard and plain prompts are handed. */
export type Wizard = ReturnType<typeof createWizard>;
