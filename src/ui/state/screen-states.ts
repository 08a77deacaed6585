import type { RetestPlan, RetestVia } from '../../retest/types.js';
import type { Typed } from '../form/stops.js';
import { emptyField, type TextField } from '../input/text-field.js';
import type { IntakeProgress } from '../intake/progress.js';
import type { MachineFindings } from '../services.js';

/** A completion list under a field. */
interface Choice {
  candidates: string[];
  focus: number;
}

/** What screens remember of themselves: places, half-typed text. Survives going back and forth, not the program. */
export interface ScreenStates {
  log: {
    field: TextField;
    /** Another file or paste is being added to what was read. */
    adding: boolean;
    /** Place in the list of questions; null while it is closed. */
    menu: number | null;
    progress: IntakeProgress | null;
    found: { logs: MachineFindings['logs']; focus: number } | null;
  };
  facts: {
    focus: number;
    editing: { row: Typed; field: TextField; choice: Choice | null; wrong: boolean } | null;
  };
  diagnosis: {
    focus: number;
    /** The log around this line is shown. */
    context: { line: number; top: number; search: TextField | null; query: string } | null;
  };
  fixes: {
    focus: number;
    /** The whole command is shown, from this row on. */
    wholeCommand: number | null;
  };
  retest: {
    via: RetestVia;
    plan: RetestPlan | null;
    top: number;
    /** Requests at once after the first answer, as typed: `4`, `4x2000`; null while it is not being typed. */
    load: TextField | null;
  };
  result: {
    top: number;
    /** Place in the list of flags to search; null while it is closed. */
    bisect: number | null;
  };
}

/** Every screen as it is seen first. */
export const emptyScreens = (): ScreenStates => ({
  log: { field: emptyField, adding: false, menu: null, progress: null, found: null },
  facts: { focus: 0, editing: null },
  diagnosis: { focus: 0, context: null },
  fixes: { focus: 0, wholeCommand: null },
  retest: { via: 'local', plan: null, top: 0, load: null },
  result: { top: 0, bisect: null },
});
