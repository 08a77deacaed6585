import type { RetestVia } from '../../retest/types.js';
import { reachedStep } from '../../session/record.js';
import { fieldWith } from '../input/text-field.js';
import { commandToTry } from '../state/selectors.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR } from '../strings.js';
import { isMasked, retestView, viaOf } from './retest-view.js';
import { MOVES, readOn, type Screen } from './screen.js';

/** The ways that the user chooses between; ssh and the like are for the command line. */
const VIAS: RetestVia[] = ['local', 'manual'];

/** A launch that cannot be started from here at all. */
const onlyByHand = (state: WizardState): boolean => state.screens.retest.plan?.start === null;

/** A fix held before: then going on leaves nothing out. */
const hasHeld = (state: WizardState): boolean => reachedStep(state.record) === 'result';

/** The start that proves the fixes, before it is started: here, or by the user elsewhere. */
export const retestScreen: Screen = {
  view: retestView,

  actions(state) {
    const command = commandToTry(state);
    if (command === null) return ['skip', 'back'];
    if (viaOf(state) === 'manual')
      return ['copy', 'write', ...(onlyByHand(state) ? [] : (['via'] as const)), 'skip', ...MOVES, 'back'];
    return [...(isMasked(command) ? [] : (['next'] as const)), 'via', 'load', 'skip', ...MOVES, 'back'];
  },

  labels: state => ({
    next: STR.labels.start,
    down: STR.labels.scroll,
    ...(hasHeld(state) ? { skip: STR.labels.result } : {}),
  }),

  onPaste(text, wizard) {
    if (viaOf(wizard.get()) === 'manual') void wizard.manualResult(text);
  },

  act(action, wizard) {
    const state = wizard.get();
    const { plan, top, via } = state.screens.retest;
    const to = readOn(action, top, retestScreen, wizard);
    if (to !== null) wizard.setScreen('retest', { top: to });
    switch (action) {
      case 'next':
        void wizard.startRetest();
        break;
      case 'via':
        wizard.chooseVia(VIAS[(VIAS.indexOf(via) + 1) % VIAS.length]!);
        break;
      case 'load':
        wizard.setScreen('retest', { load: fieldWith(plan?.load ? String(plan.load.concurrent) : '') });
        break;
      case 'copy':
        wizard.copyCommand();
        break;
      case 'write':
        wizard.writeCommand();
        break;
      case 'skip':
        if (hasHeld(state)) wizard.forward();
        else wizard.skipRetest();
        break;
      case 'back':
        wizard.back();
        break;
    }
  },
};
