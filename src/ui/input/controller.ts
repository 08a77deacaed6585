import { stepOf } from '../../session/record.js';
import { screenOf } from '../screens/index.js';
import type { Wizard } from '../wizard.js';
import type { InputEvent } from './decoder.js';
import { type Action, actionOf } from './keys.js';
import { editKey, typeText } from './text-field.js';

/** Keys that mean the same on every screen. */
const GLOBAL: readonly Action[] = ['help', 'quit', 'language'];

/** A paste outside the first screen is collected up to here; a field or a re-test's output needs no more. */
const LONGEST_PASTE = 8 * 2 ** 20;

/** One place that decides what a key means: overlay, then text field, then screen, then everywhere. */
export const createController = (wizard: Wizard) => {
  let collected: string[] | null = null;
  let length = 0;

  const screenNow = () => screenOf(wizard.get());

  const key = (name: string) => {
    const state = wizard.get();
    const screen = screenNow();
    if (name === 'hangup') {
      wizard.leave();
      return;
    }
    if (state.overlay === 'quit') {
      if (name === 'enter' || name === 'ctrl+c' || name === 'q' || name === 'y') wizard.leave();
      else if (name === 'escape' || name === 'n') wizard.set({ overlay: null });
      return;
    }
    if (state.overlay === 'help') {
      wizard.set({ overlay: null });
      return;
    }
    if (name === 'escape' && wizard.stopWaiting()) return;
    const field = screen.field?.(state) ?? null;
    const actions = screen.actions(state);
    // Arrows and Home edit the field unless the screen needs them for a list beside it.
    const action = actionOf(name, actions, field !== null);
    if (field && !action) {
      const edited = editKey(field, name);
      if (edited) {
        screen.onField?.(edited, wizard);
        return;
      }
    }
    if (action && field && name === 'ctrl+u' && field.text !== '') {
      screen.onField?.({ text: '', cursor: 0 }, wizard);
      return;
    }
    if (action) {
      if (state.notice) wizard.set({ notice: null });
      screen.act(action, wizard);
      return;
    }
    switch (actionOf(name, GLOBAL, field !== null)) {
      case 'help':
        wizard.set({ overlay: 'help' });
        break;
      case 'quit':
        wizard.quit();
        break;
      case 'language':
        wizard.set({ lang: state.lang === 'en' ? 'zh-CN' : 'en' });
        break;
      default:
    }
  };

  const text = (typed: string) => {
    const screen = screenNow();
    const field = screen.field?.(wizard.get()) ?? null;
    if (field && wizard.get().overlay === null) screen.onField?.(typeText(field, typed), wizard);
    else for (const char of typed) key(char);
  };

  const pasteStart = () => {
    const step = stepOf(wizard.get().record);
    if (step === 'log') {
      // A paste is what this screen is for, whatever else is open on it.
      wizard.stopWaiting();
      wizard.setScreen('log', { menu: null, found: null });
      wizard.pasteStart();
    } else {
      collected = [];
      length = 0;
    }
  };

  const pasteEnd = (bare: boolean) => {
    if (wizard.isPasting()) {
      void wizard.pasteEnd(bare);
      return;
    }
    // Terminals send carriage returns for the line breaks of a paste.
    const pasted = (collected?.join('') ?? '').replace(/\r\n?/g, '\n');
    collected = null;
    if (pasted === '') return;
    const screen = screenNow();
    const field = screen.field?.(wizard.get()) ?? null;
    // A field of one line takes a paste as typed text, unless the screen wants it whole.
    const whole = /[\r\n]/.test(pasted.trim());
    if (screen.onPaste && (whole || !field)) screen.onPaste(pasted, wizard);
    else if (field) screen.onField?.(typeText(field, pasted.trim()), wizard);
  };

  return (event: InputEvent) => {
    if (wizard.get().ended) return;
    switch (event.type) {
      case 'key':
        key(event.name);
        break;
      case 'text':
        text(event.text);
        break;
      case 'paste-start':
        pasteStart();
        break;
      case 'paste':
        if (wizard.isPasting()) wizard.pasteText(event.text);
        else if (collected && length < LONGEST_PASTE) {
          collected.push(event.text);
          length += event.text.length;
        }
        break;
      case 'paste-end':
        pasteEnd(event.bare === true);
        break;
    }
  };
};
