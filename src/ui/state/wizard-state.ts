import type { Lang, Text } from '../../common/text.js';
import type { BisectProgress } from '../../retest/bisect.js';
import type { SessionRecord } from '../../session/record.js';
import type { MachineFindings } from '../services.js';
import { type Answers, NO_ANSWERS } from './answers.js';
import type { LiveRetest } from './live-retest.js';
import { emptyScreens, type ScreenStates } from './screen-states.js';

/** One sentence about what was just done, or why it could not be done; the next key takes it away. */
export interface Notice {
  tone: 'good' | 'bad' | 'warn';
  text: Text;
}

/** Everything that is on the screen follows from this: the record, what was worked out from it, what is going on. */
export interface WizardState extends Answers {
  record: SessionRecord;
  lang: Lang;
  /** No styles at all: what colour would mark is marked by signs. */
  plain: boolean;
  /** Said line by line: no drawings, and everything in full, since nothing can be moved to. */
  spoken: boolean;
  overlay: 'help' | 'quit' | null;
  notice: Notice | null;
  /** Why the record as it is now is not saved; null: it is, or there was nothing to save. */
  saveProblem: Text | null;
  /** A wait: what for, since when, and how to end it. */
  busy: { what: Text; since: Date } | null;
  machine: MachineFindings | null;
  live: LiveRetest | null;
  /** A search for the largest value that holds: the flag and how far it has come. */
  bisecting: { flag: string; progress: BisectProgress; stopping: boolean } | null;
  screens: ScreenStates;
  /** Clock of the screen; moves only while something is waited for. */
  now: Date;
  ended: boolean;
}

/** How the wizard speaks: see the fields of the same names. */
export interface Appearance {
  lang: Lang;
  plain?: boolean;
  spoken?: boolean;
}

/** The state before anything was worked out or done. */
export const initialState = (
  record: SessionRecord,
  { lang, plain = false, spoken = false }: Appearance,
  now: Date,
): WizardState => ({
  ...NO_ANSWERS,
  record,
  lang,
  plain,
  spoken,
  overlay: null,
  notice: null,
  saveProblem: null,
  busy: null,
  machine: null,
  live: null,
  bisecting: null,
  screens: emptyScreens(),
  now,
  ended: false,
});
