import { candidatesFor } from '../form/candidates.js';
import { FORM } from '../form/rows.js';
import { nameOf, type Stop, stops, type Typed } from '../form/stops.js';
import { fieldWith } from '../input/text-field.js';
import type { ScreenStates } from '../state/screen-states.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR } from '../strings.js';
import type { Wizard } from '../wizard.js';
import { factsView, MOST_CANDIDATES } from './facts-view.js';
import { moved, type Screen } from './screen.js';

type Editing = NonNullable<ScreenStates['facts']['editing']>;

/** The known command as it can be edited in one row; empty where it has to be pasted anew (files, several lines). */
const editableCommand = (state: WizardState): string => {
  const text = (state.answer?.launch?.text ?? '').replace(/\\\r?\n[ \t]{0,200}/g, '').trim();
  return text.includes('\n') ? '' : text;
};

const plainText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** Opens the field of a row with what is known in it. */
export const openField = (stop: Exclude<Stop, { kind: 'go' }>, wizard: Wizard): void => {
  const known = stop.kind === 'command' ? editableCommand(wizard.get()) : stop.fact ? plainText(stop.fact.value) : '';
  wizard.setScreen('facts', {
    editing: { row: nameOf(stop), field: fieldWith(known), choice: null, wrong: false },
  });
};

/** Ends the typing; the cursor stays on its row wherever that has gone. */
const closeField = (row: Typed, wizard: Wizard): void => {
  const focus = stops(wizard.get()).findIndex(stop => stop.kind !== 'go' && nameOf(stop) === row);
  wizard.setScreen('facts', { editing: null, focus: Math.max(0, focus) });
};

const change = (editing: Editing, patch: Partial<Editing>, wizard: Wizard) =>
  wizard.setScreen('facts', { editing: { ...editing, ...patch } });

/** The typed command is taken; nothing typed, or what was there before, keeps the known one. False: it is none. */
const takeCommand = (text: string, wizard: Wizard): boolean => {
  if (text === '' || text === editableCommand(wizard.get())) return true;
  if (!wizard.isLaunch(text)) return false;
  wizard.setCommand(text);
  return true;
};

/** The typed value is taken; nothing typed takes a correction back. False: it is no value of this fact. */
const takeFact = (name: Exclude<Typed, 'command'>, text: string, wizard: Wizard): boolean => {
  if (text === '') {
    wizard.takeBack(name);
    return true;
  }
  const value = FORM.find(row => row.name === name)!.parse(text);
  if (value === null) return false;
  if (value !== wizard.get().answer?.facts[name]?.value) wizard.correct(name, value);
  return true;
};

/** Enter: the value is taken, or the field says that it is none. */
const take = (editing: Editing, wizard: Wizard) => {
  const { row } = editing;
  const text = editing.field.text.trim();
  const taken = row === 'command' ? takeCommand(text, wizard) : takeFact(row, text, wizard);
  if (taken) closeField(row, wizard);
  else change(editing, { wrong: true }, wizard);
};

/** Offers the names that what is typed may mean. */
const suggest = async (wizard: Wizard) => {
  const { editing } = wizard.get().screens.facts;
  const kind = FORM.find(({ name }) => name === editing?.row)?.completes;
  if (!editing || !kind) return;
  const names = await wizard.services.complete[kind]().catch(() => []);
  const now = wizard.get().screens.facts.editing;
  if (now?.row !== editing.row) return;
  const candidates = candidatesFor(now.field.text, names);
  change(now, { choice: candidates.length ? { candidates, focus: 0 } : null }, wizard);
};

/** The form while a row of it is typed into. */
export const typingScreen: Screen = {
  view: factsView,

  actions: state =>
    state.screens.facts.editing?.row === 'command' ? ['next', 'back'] : ['next', 'complete', 'up', 'down', 'back'],

  labels: () => ({ next: STR.labels.take, back: STR.labels.leaveIt }),

  field: state => state.screens.facts.editing?.field ?? null,

  onField(field, wizard) {
    const { editing } = wizard.get().screens.facts;
    if (!editing) return;
    change(editing, { field, wrong: false }, wizard);
    void suggest(wizard);
  },

  /** A command of several lines; a fact has only one. */
  onPaste(text, wizard) {
    const { editing } = wizard.get().screens.facts;
    if (editing?.row !== 'command') return;
    if (wizard.isLaunch(text)) takePasted(text, wizard);
    else change(editing, { wrong: true }, wizard);
  },

  act(action, wizard) {
    const { editing } = wizard.get().screens.facts;
    if (!editing) return;
    const { choice } = editing;
    if (action === 'back') wizard.setScreen('facts', { editing: null });
    else if (action === 'next') take(editing, wizard);
    else if (choice && action === 'complete') {
      change(editing, { field: fieldWith(choice.candidates[choice.focus]!) }, wizard);
      void suggest(wizard);
    } else if (choice) {
      const to = moved(action, choice.focus, Math.min(MOST_CANDIDATES, choice.candidates.length));
      if (to !== null) change(editing, { choice: { ...choice, focus: to } }, wizard);
    }
  },
};

/** A pasted command is taken as it is: its line breaks belong to it (compose files, YAML, continued lines). */
export const takePasted = (text: string, wizard: Wizard): void => {
  wizard.setCommand(text);
  closeField('command', wizard);
  wizard.set({ notice: { tone: 'good', text: STR.facts.commandTaken } });
};
