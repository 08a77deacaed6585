import { builtinMessages, type Message } from '../knowledge/messages.js';

let byId: Map<string, Message> | null = null;

/** What the knowledge says about a message; undefined for an id that it does not hold. */
export const messageOf = (id: string): Message | undefined => {
  byId ??= new Map(builtinMessages().map(message => [message.id, message]));
  return byId.get(id);
};
