import type { Text } from '../../common/text.js';
import { type SessionRecord, stepOf } from '../../session/record.js';
import type { Engine, Services } from '../services.js';
import { type Answers, answersTo, NO_ANSWERS } from '../state/answers.js';
import type { ScreenStates } from '../state/screen-states.js';
import { type Appearance, initialState, type Notice, type WizardState } from '../state/wizard-state.js';
import { errorText } from './error-text.js';
import { planAhead } from './plan-ahead.js';
import { saveProblem } from './save-problem.js';

/** Holds the state, tells who listens, and sees to it that what follows from the record follows. */
export interface Store {
  get(): WizardState;
  /** Calls the listener after changes, at most once per turn of the event loop, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  set(patch: Partial<WizardState>): void;
  setScreen<S extends keyof ScreenStates>(screen: S, patch: Partial<ScreenStates[S]>): void;
  /** What follows from a record; what still holds of the present answers is taken over unless `fresh`. */
  answersTo(record: SessionRecord, fresh?: boolean): Answers;
  /**
   * Another record: what follows from it is worked out (or given), and it is written at once, so that nothing is lost
   * whatever ends the program.
   */
  setRecord(record: SessionRecord, answers?: Answers): void;
  notify(tone: Notice['tone'], text: Text): void;
  /** Says what went wrong, and what to do next where the error says so. */
  fail(error: unknown): void;
  services: Services;
  /** @throws before `loadEngine` is through; there is nothing to think about before something was read or asked */
  engine(): Engine;
  loadEngine(): Promise<Engine>;
}

/** The state of a record that is begun or opened again. @throws without an engine, where the record has rounds already */
export const createStore = (
  record: SessionRecord,
  services: Services,
  { engine: given, ...appearance }: Appearance & { engine?: Engine },
): Store => {
  let state = initialState(record, appearance, services.now());
  let loaded: Engine | null = given ?? null;
  const listeners = new Set<() => void>();
  let isTelling = false;

  const tell = () => {
    if (isTelling) return;
    isTelling = true;
    setImmediate(() => {
      isTelling = false;
      for (const listener of [...listeners]) listener();
    });
  };

  const set: Store['set'] = patch => {
    state = { ...state, ...patch };
    tell();
  };

  const setScreen: Store['setScreen'] = (screen, patch) =>
    set({ screens: { ...state.screens, [screen]: { ...state.screens[screen], ...patch } } });

  const notify: Store['notify'] = (tone, text) => set({ notice: { tone, text } });

  const engine = (): Engine => {
    if (!loaded) throw new Error('the engine was used before it was loaded');
    return loaded;
  };

  const answers: Store['answersTo'] = (next, fresh = false) =>
    next.rounds.length === 0 ? NO_ANSWERS : answersTo(next, engine(), fresh ? null : state);

  /** A session that cannot be saved goes on; that is said once. */
  const save = (next: SessionRecord) => {
    try {
      services.save(next);
      if (state.saveProblem) set({ saveProblem: null });
    } catch (error) {
      const problem = saveProblem(error);
      if (!state.saveProblem) notify('warn', problem.now);
      set({ saveProblem: problem.afterwards });
    }
  };

  const store: Store = {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    set,
    setScreen,
    answersTo: answers,
    setRecord(next, known = answers(next)) {
      const stamped = { ...next, updatedAt: services.now().toISOString() };
      set({ record: stamped, ...known });
      if (stamped.rounds.length > 0) save(stamped);
      if (stepOf(stamped) === 'retest') planAhead(store);
    },
    notify,
    fail: error => notify('bad', errorText(error)),
    services,
    engine,
    async loadEngine() {
      loaded ??= await services.engine();
      return loaded;
    },
  };
  set(answers(record, true));
  // A session that is opened again may stand before its re-test.
  if (stepOf(record) === 'retest') planAhead(store);
  return store;
};
