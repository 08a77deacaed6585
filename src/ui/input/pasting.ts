import { screenOf } from '../screens/index.js';
import type { Wizard } from '../wizard.js';
import { typeText } from './text-field.js';

/** A paste outside the first screen is collected up to here; a field or a re-test's output needs no more. In characters. */
const LONGEST_PASTE = 8 * 2 ** 20;

/** Pastes as they come in: the first screen reads along, every other one gets the whole at its end. */
export const createPasting = (wizard: Wizard) => {
  let collected: string[] = [];
  let length = 0;
  return {
    start() {
      if (wizard.step() === 'log') {
        // A paste is what this screen is for, whatever else is open on it.
        wizard.stopWaiting();
        wizard.setScreen('log', { menu: null, found: null });
        wizard.pasteStart();
      } else {
        collected = [];
        length = 0;
      }
    },
    add(text: string) {
      if (wizard.isPasting()) wizard.pasteText(text);
      else if (length < LONGEST_PASTE) {
        collected.push(text);
        length += text.length;
      }
    },
    /** `bare`: a pause was taken for its end, and more of it may follow. */
    end(bare: boolean) {
      if (wizard.isPasting()) {
        void wizard.pasteEnd(bare);
        return;
      }
      // Terminals send carriage returns for the line breaks of a paste.
      const pasted = collected.join('').replace(/\r\n?/g, '\n');
      collected = [];
      if (pasted === '') return;
      const state = wizard.get();
      const screen = screenOf(state);
      const field = screen.field?.(state) ?? null;
      // A field of one line takes a paste as typed text, unless the screen wants it whole.
      const isWhole = /[\r\n]/.test(pasted.trim());
      if (screen.onPaste && (isWhole || !field)) screen.onPaste(pasted, wizard);
      else if (field) screen.onField?.(typeText(field, pasted.trim()), wizard);
    },
  };
};
