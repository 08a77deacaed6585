import { fill } from '../../common/text.js';
import type { FactName } from '../../facts/types.js';
import { BISECT_FLAGS, type BisectProgress, bisect, type Trial } from '../../retest/bisect.js';
import { type Attempt, withHeld } from '../../session/record.js';
import { commandToTry } from '../state/selectors.js';
import { STR } from '../strings.js';
import type { RunAttempt } from './attempt.js';
import type { Store } from './store.js';

/** The facts that the flags of a search set. */
const FACTS: Record<string, FactName> = {
  'max-model-len': 'maxModelLen',
  'max-num-seqs': 'maxNumSeqs',
  'gpu-memory-utilization': 'gpuMemoryUtilization',
};

/** The search for the largest value of a flag that holds. */
export const bisectCommands = (store: Store, run: RunAttempt, afterRun: () => void) => {
  const { get, set } = store;
  return {
    /** Starts the command with other values of a flag until the largest that holds is known. */
    async startBisect(name: string) {
      const state = get();
      const command = commandToTry(state);
      const flag = BISECT_FLAGS[name];
      const { via } = state.screens.retest;
      if (command === null || !flag || state.live || state.bisecting || via === 'manual') return;
      const engine = store.engine();
      const facts = (state.proven ?? state.answer)?.facts ?? {};
      const held = engine.readLaunch(command)?.args[name] ?? facts[FACTS[name]!]?.value;
      const first = typeof held === 'number' ? held : flag.usual;
      let best = null as Attempt | null;

      const show = (progress: BisectProgress) =>
        set({ bisecting: { flag: flag.flag, progress, stopping: get().bisecting?.stopping ?? false } });

      const trial = async (value: number): Promise<Trial> => {
        const { bisecting } = get();
        if (bisecting?.stopping) return null;
        const { text } = engine.editLaunch(command, [{ where: 'vllm', flag: flag.flag, to: value }]);
        const attempt = await run(engine.planRetest(text, via));
        if (attempt.outcome === 'stopped' || attempt.outcome === 'not-started') return null;
        if (attempt.outcome === 'proven') {
          if (value >= (bisecting?.progress.holds ?? 0)) best = attempt;
          return { holds: true };
        }
        const estimate = attempt.reading?.runs[attempt.reading.judged]?.facts.estimatedMaxModelLen?.value;
        return { holds: false, hint: name === 'max-model-len' ? (estimate ?? null) : null };
      };

      set({ notice: null });
      show({ holds: null, fails: null, next: first, remaining: 0 });
      try {
        const { holds, fails, stopped } = await bisect(flag, first, trial, show);
        if (best) store.setRecord(withHeld(get().record, best));
        const text = holds === null ? STR.bisect.none : stopped ? STR.bisect.soFar : STR.bisect.found;
        const values = { flag: flag.flag, holds: holds ?? '–', fails: fails ?? '–' };
        store.notify(holds === null ? 'warn' : 'good', fill(text, values));
      } catch (error) {
        store.fail(error);
      } finally {
        set({ bisecting: null, live: null });
        afterRun();
      }
    },
  };
};
