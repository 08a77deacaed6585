import type { RetestVia } from '../../retest/types.js';
import { commandToTry } from '../state/selectors.js';
import type { Store } from './store.js';

/**
 * Works out what a re-test would do, so that its screen can show it; by hand where the command cannot be started from
 * here (a file of another host, YAML). A load that was typed stays.
 */
export const planAhead = (
  store: Pick<Store, 'get' | 'setScreen' | 'engine'>,
  via: RetestVia = store.get().screens.retest.via,
): void => {
  const state = store.get();
  const command = commandToTry(state);
  if (command === null) return;
  const plan = store.engine().planRetest(command, via);
  if (plan.start === null && via !== 'manual') planAhead(store, 'manual');
  else store.setScreen('retest', { via, plan: { ...plan, load: state.screens.retest.plan?.load } });
};
