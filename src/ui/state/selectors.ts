import { currentRound } from '../../session/record.js';
import type { Answer } from '../../session/types.js';
import type { WizardState } from './wizard-state.js';

/** The command with the selected fixes; as it is when they change nothing in it; null when none is known. */
export const commandToTry = (state: WizardState): string | null =>
  currentRound(state.record)?.held ?? state.preview?.command ?? state.answer?.launch?.text ?? null;

/** A simulated machine: the demo's, or one on which a re-test ran. */
export const isSimulatedSession = ({ record, live }: WizardState): boolean =>
  record.demo !== null || live?.plan.simulated === true || record.rounds.some(round => round.attempt?.simulated);

/** The answer as it is reported: with the fixes that were chosen, proven ones said to be so. */
export const reportedAnswer = ({ answer, preview, record }: WizardState): Answer | null => {
  if (!answer) return null;
  const ids = preview?.fixes.map(fix => fix.id) ?? answer.selected;
  const attempt = currentRound(record)?.attempt;
  const proven = attempt?.outcome === 'proven' && !attempt.simulated;
  return {
    ...answer,
    selected: ids,
    fixes: answer.fixes.map(fix => (proven && ids.includes(fix.id) ? { ...fix, clearedBy: 'retest' as const } : fix)),
  };
};

/** The name of a file for the command: compose files and YAML keep their kind, everything else is for a shell. */
export const commandFileName = ({ answer }: WizardState): string => {
  const isYaml = /compose|kubernetes|helm|skypilot|dstack|yaml/.test(answer?.launch?.shape ?? '');
  return `vllm-command.${isYaml ? 'yaml' : 'sh'}`;
};
