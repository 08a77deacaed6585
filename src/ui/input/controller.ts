import { screenOf } from '../screens/index.js';
import type { Wizard } from '../wizard.js';
import type { InputEvent } from './decoder.js';
import { pressKey } from './keypress.js';
import { createPasting } from './pasting.js';
import { typeText } from './text-field.js';

/** Text goes into the field that is open; where none is, its letters are keys. */
const typeHere = (typed: string, wizard: Wizard): void => {
  const state = wizard.get();
  const screen = screenOf(state);
  const field = screen.field?.(state) ?? null;
  if (field && state.overlay === null) screen.onField?.(typeText(field, typed), wizard);
  else for (const char of typed) pressKey(char, wizard);
};

/** Hands what comes from the keyboard to the wizard: keys, text, pastes. */
export const createController = (wizard: Wizard) => {
  const pasting = createPasting(wizard);
  return (event: InputEvent): void => {
    if (wizard.get().ended) return;
    switch (event.type) {
      case 'key':
        pressKey(event.name, wizard);
        break;
      case 'text':
        typeHere(event.text, wizard);
        break;
      case 'paste-start':
        pasting.start();
        break;
      case 'paste':
        pasting.add(event.text);
        break;
      case 'paste-end':
        pasting.end(event.bare === true);
        break;
    }
  };
};
