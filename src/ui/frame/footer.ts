import { say } from '../../common/text.js';
import { type Action, actionOf, bindingOf } from '../input/keys.js';
import { type Line, lineWidth, span } from '../lines.js';
import { screenOf } from '../screens/index.js';
import { MOVES } from '../screens/screen.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR } from '../strings.js';

/** One of the moves stands for all of them; none where everything is seen. */
const withoutMoves = (actions: readonly Action[], shown: boolean): Action[] =>
  actions.filter(action => !(MOVES as readonly Action[]).includes(action) || (shown && action === 'down'));

const hint = (key: string, label: string): Line => [span(key, 'strong'), span(` ${label}`, 'dim')];

/** Hints in one row, as many as fit, the first ones first. */
const joined = (hints: Line[], columns: number): Line => {
  const row: Line = [span(' ')];
  for (const next of hints) {
    const joint = row.length > 1 ? [span(' · ', 'dim')] : [];
    if (lineWidth(row) + lineWidth(joint) + lineWidth(next) < columns) row.push(...joint, ...next);
  }
  return row;
};

/** The keys that act now; those that every screen has come last. `scrollable`: there is more than is seen. */
export const footerRow = (state: WizardState, columns: number, scrollable: boolean): Line => {
  const { lang } = state;
  const screen = screenOf(state);
  const inField = screen.field?.(state) != null;
  const labels = screen.labels?.(state) ?? {};
  const reachable = (action: Action) => bindingOf(action).keys.some(key => actionOf(key, [action], inField) !== null);
  const own = withoutMoves(screen.actions(state), labels.down !== STR.labels.scroll || scrollable).filter(reachable);
  const hints = [...own, ...(inField ? [] : (['help', 'quit'] as const))].map(action => {
    const { shown, label } = bindingOf(action);
    return hint(shown, say(labels[action] ?? label, lang));
  });
  // In a field the letter that leaves is text.
  if (inField) hints.push(hint('Ctrl+C', say(bindingOf('quit').label, lang)));
  return joined(hints, columns);
};
