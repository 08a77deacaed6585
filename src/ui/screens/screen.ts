import type { Text } from '../../common/text.js';
import type { Action } from '../input/keys.js';
import type { TextField } from '../input/text-field.js';
import type { Line } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import type { Wizard } from '../wizard.js';

/** The room between header and footer. */
export interface Area {
  columns: number;
  rows: number;
}

/** What a screen shows. Only the body scrolls, and only so far that the rows in focus are seen. */
export interface View {
  top: Line[];
  body: Line[];
  /** First and last row of the body that must be visible. */
  focus: [number, number] | null;
  bottom: Line[];
  /** Rows that stand still beside the scrolling body, from this column on. */
  side?: { rows: Line[]; at: number };
}

/** Nothing to show: what a screen stands on is not there. */
export const EMPTY_VIEW: View = { top: [], body: [], focus: null, bottom: [] };

/** Two blocks stand side by side from this width on. */
const WIDE = 110;

/** The columns of the left one of two blocks side by side; null where the screen is too narrow for two. */
export const leftOf = (columns: number): number | null => (columns >= WIDE ? Math.floor(columns * 0.55) : null);

/** One of the wizard's screens: what it shows and which keys it takes, both functions of the state. */
export interface Screen {
  view(state: WizardState, area: Area): View;
  /** Actions that it takes now, the most useful first: the order of the footer. */
  actions(state: WizardState): readonly Action[];
  /** What an action does right now, where its usual name would not say it. */
  labels?(state: WizardState): Partial<Record<Action, Text>>;
  act(action: Action, wizard: Wizard): void;
  /** The field that is being typed in, if any. */
  field?(state: WizardState): TextField | null;
  onField?(field: TextField, wizard: Wizard): void;
  /** A whole paste, where a screen takes one. */
  onPaste?(text: string, wizard: Wizard): void;
}

/** Moves a place in a list of `count`; null for an action that does not move. */
export const moved = (action: Action, focus: number, count: number, page = 8): number | null => {
  const places: Partial<Record<Action, number>> = {
    up: focus - 1,
    down: focus + 1,
    pageUp: focus - page,
    pageDown: focus + page,
    first: 0,
    last: count - 1,
  };
  const to = places[action];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
};

/** A body that is only read, shown from row `top` on. */
export const fromRow = (top: number, { rows }: Area): [number, number] => [top, top + rows - 1];

/** Where a body that is only read goes on an action; null for one that does not move. */
export const readOn = (action: Action, top: number, screen: Screen, wizard: Wizard): number | null => {
  const { body, bottom } = screen.view(wizard.get(), wizard.area);
  const room = Math.max(1, wizard.area.rows - bottom.length);
  return moved(action, top, Math.max(1, body.length - room + 1), room - 1);
};

/** What {@link moved} understands, in the order of the footer. */
export const MOVES = ['down', 'up', 'pageDown', 'pageUp', 'first', 'last'] as const satisfies readonly Action[];
