import { describe, expect, it } from 'vitest';
import { causes } from '../../src/knowledge/causes.js';
import { messagesOf } from '../../src/knowledge/conditions.js';
import { builtinMessages } from '../../src/knowledge/messages.js';

describe('the knowledge of causes', () => {
  it('is valid and every id is unique', () => {
    const ids = causes().flatMap(cause => [cause.id, ...cause.aliases]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has a last sentence for cases without figures', () => {
    const gaps = causes().filter(cause => /\{\w+\}/.test(cause.summary.at(-1)!.en + cause.summary.at(-1)!.zh));
    expect(gaps.map(cause => cause.id)).toEqual([]);
  });

  it('speaks only of messages and causes that exist', () => {
    const messages = new Set(builtinMessages().map(message => message.id));
    const ids = new Set(causes().map(cause => cause.id));
    const unknown = causes().flatMap(cause => {
      const conditions = [...cause.for, ...cause.against, ...cause.never, ...cause.regressions].map(item => item.when);
      return [
        ...conditions.flatMap(messagesOf).filter(id => !messages.has(id)),
        ...[...cause.winsOver, ...cause.separates.flatMap(item => item.from)].filter(id => !ids.has(id)),
      ].map(id => `${cause.id}: ${id}`);
    });
    expect(unknown).toEqual([]);
  });
});
