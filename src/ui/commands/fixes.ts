import type { Round } from '../../session/record.js';
import { selectedFixes } from '../state/answers.js';
import { withRound } from '../state/record-changes.js';
import type { Store } from './store.js';

/** The choice of fixes. Another choice makes another command: one that a search found is no longer it. */
export const fixesCommands = (store: Store) => {
  const select = (selected: Round['selected']) =>
    store.setRecord(withRound(store.get().record, { selected, held: null }));
  /** The ids of the fixes that are ticked. */
  const selected = () => selectedFixes(store.get().record, store.get().answer);
  return {
    selected,
    toggleFix(id: string) {
      const before = selected();
      select(before.includes(id) ? before.filter(other => other !== id) : [...before, id]);
    },
    selectAdvised: () => select(null),
  };
};
