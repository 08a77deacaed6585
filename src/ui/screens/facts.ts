import { type Stop, stops } from '../form/stops.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR } from '../strings.js';
import { openField, takePasted } from './facts-typing.js';
import { factsView } from './facts-view.js';
import { MOVES, moved, type Screen } from './screen.js';

/** Nobody pastes a longer launch; a text that long is a log. In characters. */
const LONGEST_LAUNCH = 20_000;

const stopInFocus = (state: WizardState): Stop => {
  const list = stops(state);
  return list[Math.min(state.screens.facts.focus, list.length - 1)]!;
};

/** The form, walked row by row; Enter on a row corrects it. */
export const factsScreen: Screen = {
  view: factsView,

  actions(state) {
    const stop = stopInFocus(state);
    const isCorrected = stop.kind === 'fact' && stop.row.name in state.record.userFacts;
    return [
      'next',
      ...MOVES,
      ...(isCorrected ? (['forget'] as const) : []),
      ...(state.machine?.shown ? (['yes', 'no'] as const) : []),
      'back',
    ];
  },

  labels(state) {
    const stop = stopInFocus(state);
    if (stop.kind === 'go') return { next: STR.labels.diagnosis };
    const known = stop.kind === 'fact' ? stop.fact : state.answer?.launch;
    return { next: known ? STR.labels.correct : STR.labels.fillIn };
  },

  onPaste(text, wizard) {
    if (text.length <= LONGEST_LAUNCH && wizard.isLaunch(text)) takePasted(text, wizard);
    else wizard.set({ notice: { tone: 'warn', text: STR.facts.pasteElsewhere } });
  },

  act(action, wizard) {
    const state = wizard.get();
    const stop = stopInFocus(state);
    const to = moved(action, state.screens.facts.focus, stops(state).length);
    if (to !== null) wizard.setScreen('facts', { focus: to });
    else if (action === 'next') {
      if (stop.kind === 'go') wizard.forward();
      else openField(stop, wizard);
    } else if (action === 'forget') {
      if (stop.kind === 'fact') wizard.takeBack(stop.row.name);
    } else if (action === 'yes' || action === 'no') wizard.answerSameMachine(action === 'yes');
    else if (action === 'back') wizard.back();
  },
};
