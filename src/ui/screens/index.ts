import type { Step } from '../../session/record.js';
import { diagnosisScreen } from './diagnosis.js';
import { factsScreen } from './facts.js';
import { fixesScreen } from './fixes.js';
import { logScreen } from './log.js';
import { resultScreen } from './result.js';
import { retestScreen } from './retest.js';
import type { Screen } from './screen.js';

export const SCREENS: Record<Step, Screen> = {
  log: logScreen,
  facts: factsScreen,
  diagnosis: diagnosisScreen,
  fixes: fixesScreen,
  retest: retestScreen,
  result: resultScreen,
};
