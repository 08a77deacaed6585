import { say } from '../../common/text.js';
import type { Attempt } from '../../session/record.js';
import type { Line } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { paragraph } from '../wrapping.js';

/** What a start left behind, and what nobody could say. Nothing where all is known to be gone. */
export const remains = (attempt: Attempt | null | undefined, { lang }: WizardState, columns: number): Line[] => {
  if (!attempt) return [];
  const left = attempt.leftBehind.join(', ');
  return [
    ...(left ? paragraph(tell(STR.retest.left, lang, { what: left }), columns - 1, 'bad', 1) : []),
    ...(attempt.unchecked ?? []).flatMap(({ what, look }) =>
      paragraph(tell(STR.retest.unchecked, lang, { what: say(what, lang), look }), columns - 1, 'warn', 1),
    ),
  ];
};
