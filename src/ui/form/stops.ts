import type { Fact, FactName } from '../../facts/types.js';
import type { WizardState } from '../state/wizard-state.js';
import { FORM, type FormRow } from './rows.js';

/** Rows on which the cursor can stand. */
export type Stop =
  | { kind: 'go' }
  | { kind: 'command' }
  | { kind: 'fact'; row: FormRow; fact: Fact<unknown> | undefined };

/** What is known of a fact, wherever it comes from. */
export const factOf = (state: WizardState, name: FactName): Fact<unknown> | undefined => state.answer?.facts[name];

/** The rows of the form in their order: on with it, what is known, the command, what is not. */
export const stops = (state: WizardState): Stop[] => {
  const rows = FORM.map(row => ({ row, fact: factOf(state, row.name) }));
  const known = rows.filter(({ fact }) => fact !== undefined);
  const unknown = rows.filter(({ row, fact }) => fact === undefined && row.always);
  const facts = [...known, ...unknown].map(({ row, fact }): Stop => ({ kind: 'fact', row, fact }));
  const at = known.length;
  return [{ kind: 'go' }, ...facts.slice(0, at), { kind: 'command' }, ...facts.slice(at)];
};

/** Where the cursor stands first: on the way on, or where nothing is known yet, on what tells most. */
export const firstStop = (state: WizardState): number => {
  if (state.record.question === null || state.answer?.launch) return 0;
  return stops(state).findIndex(({ kind }) => kind === 'command');
};

/** What is typed into on a row: a fact by its name, or the command. */
export type Typed = FactName | 'command';

/** What Enter on a row opens a field for. */
export const nameOf = (stop: Exclude<Stop, { kind: 'go' }>): Typed =>
  stop.kind === 'command' ? 'command' : stop.row.name;
