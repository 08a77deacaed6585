import { say } from '../../common/text.js';
import { reachedStep, STEPS, stepOf } from '../../session/record.js';
import { type Line, lineWidth, span, spread } from '../lines.js';
import { isSimulatedSession } from '../state/selectors.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';

/** Where one is: all steps, those that were reached readable; the number of the step where there is no room for them. */
export const headerRow = (state: WizardState, columns: number): Line => {
  const { lang, record } = state;
  const step = stepOf(record);
  const reached = STEPS.indexOf(reachedStep(record));
  const right: Line = isSimulatedSession(state) ? [span(` ${say(STR.simulated, lang)} `, 'warn')] : [];
  const names: Line = STEPS.flatMap((name, i): Line => {
    const title = say(STR.steps[name], lang);
    const joint = i === 0 ? [] : [span(' ─ ', 'dim')];
    if (name === step) return [...joint, span(`▸${title}`, 'accent')];
    return [...joint, span(title, i <= reached ? 'plain' : 'dim')];
  });
  const full: Line = [span(` ${say(STR.title, lang)}`, 'strong'), span('    '), ...names];
  if (lineWidth(full) + lineWidth(right) + 1 <= columns) return spread(full, right, columns);
  if (lineWidth(names) + lineWidth(right) + 2 <= columns) return spread([span(' '), ...names], right, columns);
  const place = tell(STR.stepOf, lang, {
    n: STEPS.indexOf(step) + 1,
    all: STEPS.length,
    name: say(STR.steps[step], lang),
  });
  return spread([span(` ${place}`, 'accent')], right, columns);
};
