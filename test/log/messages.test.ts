import { describe, expect, it } from 'vitest';
import { checkedMessages } from '../../src/knowledge/message-schema.js';
import { Matcher } from '../../src/log/match/matcher.js';

const messages = checkedMessages();
const matcher = new Matcher(messages);

describe('knowledge/messages', () => {
  it('has no id twice and yields only to ids that exist', () => {
    const ids = messages.map(message => message.id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    for (const message of messages) for (const id of message.yieldsTo ?? []) expect(ids, message.id).toContain(id);
  });

  it('names the program of every other program', () => {
    for (const message of messages)
      if (message.class === 'other-program') expect(message.program, message.id).toBeTruthy();
  });

  for (const message of messages) {
    it(`${message.id}: examples match with their values, near-misses do not`, () => {
      for (const { text, values } of message.examples) {
        const own = matcher.find(text).filter(match => match.message.id === message.id);
        expect(own.length, text).toBeGreaterThan(0);
        for (const [name, value] of Object.entries(values)) {
          const read = own[0]!.values[name];
          if (typeof value === 'number') expect(read, `${name} in ${text}`).toBeCloseTo(value, 2);
          else expect(read, `${name} in ${text}`).toBe(value);
        }
      }
      for (const text of message.nearMisses)
        expect(
          matcher.find(text).filter(match => match.message.id === message.id),
          text,
        ).toEqual([]);
    });
  }
});
