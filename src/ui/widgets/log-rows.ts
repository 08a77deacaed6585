import { type Line, span, truncate } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { withCarets } from './marked.js';

/** At most `most` rows, with `…` at the end where there were more. */
export const shortened = (rows: Line[], most: number, columns: number): Line[] => {
  if (rows.length <= most) return [...rows];
  const last = rows[most - 1]!;
  return [...rows.slice(0, most - 1), truncate([...last, span(' …', 'dim')], columns)];
};

/** Marked words in a manner without styles; said aloud they need no pointing at. */
export const pointed = (rows: Line[], state: WizardState): Line[] =>
  state.plain && !state.spoken ? withCarets(rows) : rows;
