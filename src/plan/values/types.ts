import type { Text } from '../../common/text.js';
import type { RankedCause } from '../../diagnosis/types.js';
import type { Fix, FixChangeSpec } from '../../knowledge/fixes.js';
import type { ArgValue } from '../../launch/types.js';
import type { Situation } from '../situation.js';
import type { ProposedFix } from '../types.js';

/** A value for a change, and how it was come by. */
export interface Value {
  to: ArgValue | null;
  /** What it was: given, or the default where that is known. */
  from?: ArgValue | null;
  /** Not computed from this case's figures: a documented, careful value. */
  assumed?: boolean;
  clearedBy?: ProposedFix['clearedBy'];
  sufficient?: boolean | null;
  /** Gets past the failure of the log, though the start then meets a hurdle that another fix takes. */
  passes?: boolean;
  saves?: ProposedFix['savesGiB'];
  /** The same where the budget cannot compute it better. */
  roughly?: ProposedFix['savesGiB'];
  /** How the value follows, for the reader. */
  basis?: Text;
}

/**
 * `already`: the launch has it, or there is nothing left to win. `elsewhere`: this form does not fit the case, try the
 * next of its group. `unknown`: it would help, but nothing is known to compute a value from: told as a step.
 */
export type Outcome = Value | 'already' | 'elsewhere' | 'unknown';

export interface Ask {
  s: Situation;
  cause: Pick<RankedCause, 'id' | 'regressedIn' | 'fixedIn'>;
  fix: Fix;
  change: FixChangeSpec;
}

/** Computes the value of a change: pure, by a rule that holds for every case. */
export type Strategy = (ask: Ask) => Outcome;

/** GiB saved with its range; null where it is nothing, or no number came out. */
export const saving = (gib: number, low = gib, high = gib): ProposedFix['savesGiB'] =>
  [gib, low, high].every(Number.isFinite) && gib > 0
    ? { gib: round2(gib), low: round2(Math.min(gib, Math.max(0, low))), high: round2(Math.max(gib, high)) }
    : null;

const round2 = (value: number) => Math.round(value * 100) / 100;

/** Rounded down to a step, never below `floor`. */
export const downTo = (value: number, step: number, floor = step): number =>
  Math.max(floor, Math.floor(value / step + 1e-9) * step);
