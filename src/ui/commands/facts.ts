import { fill } from '../../common/text.js';
import type { FactName } from '../../facts/types.js';
import { currentRound, type SessionRecord } from '../../session/record.js';
import { isAdvice } from '../state/answers.js';
import { withoutUserFact, withRound, withUserFact } from '../state/record-changes.js';
import { STR } from '../strings.js';
import type { Store } from './store.js';

/** What the user knows better: facts, the launch command, whose machine this is. */
export const factsCommands = (store: Store) => {
  /**
   * Other facts make other advice: what was merely advised is advised anew; what somebody chose stays chosen as long as
   * it is still offered.
   */
  const setFacts = (next: SessionRecord) => {
    const { selected } = currentRound(next) ?? { selected: null };
    const chosen = isAdvice(selected, store.get().answer) ? null : selected;
    store.setRecord(withRound(next, { selected: chosen, held: null }));
    const offered = new Set(store.get().answer?.fixes.map(({ id }) => id));
    const gone = chosen?.filter(id => !offered.has(id)) ?? [];
    if (!chosen || gone.length === 0) return;
    const kept = chosen.filter(id => offered.has(id));
    store.setRecord(withRound(store.get().record, { selected: kept.length > 0 ? kept : null }));
    store.notify('warn', fill(STR.fixes.gone, { ids: gone.join(', ') }));
  };

  return {
    correct: (name: FactName, value: unknown) => setFacts(withUserFact(store.get().record, name, value)),
    /** Takes a correction back: what the log or the machine says counts again. */
    takeBack: (name: FactName) => setFacts(withoutUserFact(store.get().record, name)),
    /** The user's own launch command; an empty one takes it back. */
    setCommand(text: string) {
      const { record } = store.get();
      if (currentRound(record)) setFacts(withRound(record, { command: text.trim() === '' ? null : text }));
    },
    /** Whether the machine that was looked at is the one that crashed. */
    answerSameMachine: (sameMachine: boolean) => setFacts({ ...store.get().record, sameMachine }),
  };
};
