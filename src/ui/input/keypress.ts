import { screenOf } from '../screens/index.js';
import type { Wizard } from '../wizard.js';
import { type Action, actionOf } from './keys.js';
import { editKey, emptyField } from './text-field.js';

/** Keys that mean the same on every screen. */
const GLOBAL: readonly Action[] = ['help', 'quit', 'language'];

/** A key while something lies over the screen. False when nothing does. */
const overOverlay = (name: string, wizard: Wizard): boolean => {
  const { overlay } = wizard.get();
  if (overlay === 'quit') {
    if (['enter', 'ctrl+c', 'q', 'y'].includes(name)) wizard.leave();
    else if (['escape', 'n'].includes(name)) wizard.set({ overlay: null });
  } else if (overlay === 'help') wizard.set({ overlay: null });
  return overlay !== null;
};

/** A key of the screen that is shown: one that edits its field, or one of its actions. False when it is neither. */
const onScreen = (name: string, wizard: Wizard): boolean => {
  const state = wizard.get();
  const screen = screenOf(state);
  const field = screen.field?.(state) ?? null;
  // Arrows and Home edit the field unless the screen needs them for a list beside it.
  const action = actionOf(name, screen.actions(state), field !== null);
  const clears = action !== null && name === 'ctrl+u' && field !== null && field.text !== '';
  const edited = clears ? emptyField : field && !action ? editKey(field, name) : null;
  if (edited) screen.onField?.(edited, wizard);
  else if (action) {
    if (state.notice) wizard.set({ notice: null });
    screen.act(action, wizard);
  }
  return edited !== null || action !== null;
};

const everywhere = (name: string, wizard: Wizard): void => {
  const state = wizard.get();
  const inField = screenOf(state).field?.(state) != null;
  const action = actionOf(name, GLOBAL, inField);
  if (action === 'help') wizard.set({ overlay: 'help' });
  else if (action === 'quit') wizard.quit();
  else if (action === 'language') wizard.set({ lang: state.lang === 'en' ? 'zh-CN' : 'en' });
};

/** One place that decides what a key means: overlay, then what is waited for, then text field and screen, then everywhere. */
export const pressKey = (name: string, wizard: Wizard): void => {
  if (name === 'hangup') wizard.leave();
  else if (!overOverlay(name, wizard) && !(name === 'escape' && wizard.stopWaiting()) && !onScreen(name, wizard))
    everywhere(name, wizard);
};
