import { say } from '../../common/text.js';
import { stepOf } from '../../session/record.js';
import { type Action, bindingOf, keyNames } from '../input/keys.js';
import { BLANK, cell, type Line, line, span, truncate } from '../lines.js';
import { screenOf } from '../screens/index.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR } from '../strings.js';
import { paragraph } from '../wrapping.js';

/** Every key of the screen that is shown, and what it does there. */
export const helpRows = (state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const screen = screenOf(state);
  const labels = screen.labels?.(state) ?? {};
  const labelOf = (action: Action) =>
    // The footer's hint stands for all moves.
    action === 'down' ? STR.help.down : (labels[action] ?? bindingOf(action).label);
  const actions = new Set<Action>([...screen.actions(state), 'help', 'language', 'quit']);
  return [
    line(` ${say(STR.help.title, lang)}`, 'strong'),
    ...[...actions].map(action =>
      truncate([...cell(`   ${keyNames(action).join(', ')}`, 24, 'strong'), span(say(labelOf(action), lang))], columns),
    ),
    ...(stepOf(state.record) === 'diagnosis'
      ? [BLANK, ...paragraph(say(STR.help.scores, lang), columns - 1, 'plain', 1)]
      : []),
    BLANK,
    line(` ${say(STR.help.everywhere, lang)} ${say(STR.help.close, lang)}`, 'dim'),
  ];
};
