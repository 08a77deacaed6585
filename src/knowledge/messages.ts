import files from 'knowledge:messages';
import type { Message } from './message-schema.js';

export type { CheckedMessage, Message } from './message-schema.js';

let own: Message[] | undefined;

/** Adds messages of a private knowledge base for the rest of this process; to be called before the first log is read. */
export const addMessages = (more: Message[]): void => {
  own = [...builtinMessages(), ...more];
};

/** The messages that are known, the doctor's own first. Not validated again at every start: `checkedMessages` does it in the tests. */
export const builtinMessages = (): Message[] => {
  own ??= Object.values(files).flat() as Message[];
  return own;
};
