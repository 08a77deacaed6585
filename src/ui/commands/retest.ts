import type { RetestResult, RetestVia } from '../../retest/types.js';
import { attemptFrom, newRound, withAttempt } from '../../session/record.js';
import { slices } from '../intake/slices.js';
import { STR } from '../strings.js';
import type { RunAttempt } from './attempt.js';
import { planAhead } from './plan-ahead.js';
import type { Store } from './store.js';
import type { Work } from './work.js';

/** The re-test: started here, or elsewhere by the user who pastes what it printed. */
export const retestCommands = (store: Store, work: Work, run: RunAttempt, afterRun: () => void) => {
  const { get, set, setScreen, setRecord } = store;
  return {
    chooseVia: (via: RetestVia) => planAhead(store, via),
    /** Starts what was planned; its result is diagnosed at once and stands beside the fixes that it tried. */
    async startRetest() {
      const { plan } = get().screens.retest;
      if (!plan || get().live) return;
      try {
        const attempt = await run(plan);
        setRecord(withAttempt(get().record, attempt));
        setScreen('diagnosis', { focus: 0 });
        setScreen('fixes', { focus: 0 });
      } catch (error) {
        store.fail(error);
      } finally {
        afterRun();
      }
    },
    /** Stops the start that is running, and the search that it belongs to. */
    stopRetest() {
      const { live, bisecting } = get();
      if (bisecting) set({ bisecting: { ...bisecting, stopping: true } });
      if (!live || live.stopping) return;
      set({ live: { ...live, stopping: true } });
      work.stop();
    },
    skipRetest: () => setRecord({ ...get().record, retestSkipped: true, position: null }),
    /** What the user pasted from a machine elsewhere is the attempt's log; one that decides nothing is not taken. */
    async manualResult(text: string) {
      const { plan } = get().screens.retest;
      if (!plan) return;
      const startedAt = store.services.now();
      await work.waitFor(STR.log.readingIt, async () => {
        const reading = await store.services.readLog(slices([text]));
        const { record } = get();
        const rounds = [...record.rounds, newRound('', reading, plan.command)];
        const verdict = store.engine().answerOf({ ...record, rounds })?.verdict;
        const failed = verdict === 'oom' || verdict === 'not-oom';
        if (verdict !== 'healthy' && !failed) {
          store.notify('warn', STR.retest.pasteDecidesNothing);
          return;
        }
        const result: RetestResult = {
          outcome: failed ? 'failed' : 'proven',
          reason: '',
          events: [],
          log: text,
          startupMs: null,
        };
        setRecord(withAttempt(record, attemptFrom(plan, startedAt, result, reading)));
      });
    },
  };
};
