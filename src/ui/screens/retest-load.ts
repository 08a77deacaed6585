import type { RetestLoad } from '../../retest/types.js';
import { STR } from '../strings.js';
import { retestView } from './retest-view.js';
import type { Screen } from './screen.js';

/** `4` or `4x2000`: requests at once, and tokens of each prompt (as long as the server admits where none is named). */
const parseLoad = (text: string): RetestLoad | null => {
  const match = /^\s*(\d{1,4})\s*(?:[x×*]\s*(\d{1,7})\s*)?$/i.exec(text);
  const concurrent = Number(match?.[1] ?? 0);
  return concurrent > 0 ? { concurrent, promptTokens: match?.[2] ? Number(match[2]) : null } : null;
};

/** The re-test while its load is being typed. Nothing typed: one short request, as without. */
export const loadScreen: Screen = {
  view: retestView,
  actions: () => ['next', 'back'],
  labels: () => ({ next: STR.labels.take, back: STR.labels.leaveIt }),
  field: state => state.screens.retest.load,
  onField: (load, wizard) => wizard.setScreen('retest', { load }),
  act(action, wizard) {
    const { load, plan } = wizard.get().screens.retest;
    const text = load?.text.trim() ?? '';
    const typed = parseLoad(text);
    if (action === 'next' && typed === null && text !== '') {
      wizard.set({ notice: { tone: 'warn', text: STR.retest.wrongLoad } });
      return;
    }
    if (action === 'next' && plan) wizard.setScreen('retest', { plan: { ...plan, load: typed ?? undefined } });
    wizard.setScreen('retest', { load: null });
  },
};
