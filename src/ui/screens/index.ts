import { type Step, stepOf } from '../../session/record.js';
import type { WizardState } from '../state/wizard-state.js';
import { bisectScreen } from './bisect.js';
import { diagnosisScreen } from './diagnosis.js';
import { factsScreen } from './facts.js';
import { typingScreen } from './facts-typing.js';
import { fixesScreen, wholeCommandScreen } from './fixes.js';
import { logScreen } from './log.js';
import { contextScreen } from './log-context.js';
import { resultScreen } from './result.js';
import { retestScreen } from './retest.js';
import { loadScreen } from './retest-load.js';
import { runningScreen } from './running.js';
import type { Screen } from './screen.js';

/** A step has one screen, or several of which the state says which is shown. */
const SCREENS: Record<Step, (state: WizardState) => Screen> = {
  log: () => logScreen,
  facts: ({ screens }) => (screens.facts.editing ? typingScreen : factsScreen),
  diagnosis: ({ screens }) => (screens.diagnosis.context ? contextScreen : diagnosisScreen),
  fixes: ({ screens }) => (screens.fixes.wholeCommand === null ? fixesScreen : wholeCommandScreen),
  retest: ({ live, screens }) => (live ? runningScreen : screens.retest.load ? loadScreen : retestScreen),
  result: ({ live, screens }) => (live ? runningScreen : screens.result.bisect === null ? resultScreen : bisectScreen),
};

/** The screen that is shown. */
export const screenOf = (state: WizardState): Screen => SCREENS[stepOf(state.record)](state);
