import { currentRound } from '../../session/record.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';

/** That the command is none of the user's own words but put together from what vLLM printed; null where it is theirs. */
export const rebuiltNote = (state: WizardState): string | null => {
  if (!state.answer?.launch?.rebuilt) return null;
  const reading = currentRound(state.record)?.reading;
  const at = reading?.runs[reading.judged]?.launch?.line;
  return at === undefined ? tell(STR.rebuilt, state.lang) : tell(STR.rebuiltFrom, state.lang, { line: at });
};
