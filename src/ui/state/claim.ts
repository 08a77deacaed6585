import type { Text } from '../../common/text.js';
import { currentRound } from '../../session/record.js';
import { STR } from '../strings.js';
import type { WizardState } from './wizard-state.js';

/** What may be said of a fix that was not started. */
const unproven = ({ preview, answer }: WizardState): Text => {
  if (!preview || preview.fixes.length === 0) return STR.result.nothing;
  if (answer?.verdict !== 'oom') return STR.result.predicted;
  if (preview.enough === null) return STR.result.open;
  return preview.enough ? STR.result.predicted : STR.result.short;
};

/** What is claimed, in the words that the proof allows. */
export const claim = (state: WizardState): { text: Text; tone: 'good' | 'warn' } => {
  const attempt = currentRound(state.record)?.attempt;
  if (attempt?.outcome !== 'proven') return { text: unproven(state), tone: 'warn' };
  if (attempt.simulated) return { text: STR.result.provenSimulated, tone: 'warn' };
  if (attempt.via === 'manual') return { text: STR.result.provenManual, tone: 'good' };
  return { text: STR.result.proven, tone: 'good' };
};
