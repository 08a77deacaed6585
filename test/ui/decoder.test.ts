import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder, type InputEvent } from '../../src/ui/input/decoder.js';

const START = '\u001B[200~';
const END = '\u001B[201~';

const read = (...chunks: string[]): InputEvent[] => {
  const decoder = createDecoder();
  return [...chunks.flatMap(chunk => decoder.push(chunk)), ...(decoder.waitMs() === null ? [] : decoder.idle())];
};
const names = (events: InputEvent[]) => events.map(event => (event.type === 'key' ? event.name : event.type));
const pasted = (events: InputEvent[]) => events.map(event => (event.type === 'paste' ? event.text : '')).join('');

describe('keys', () => {
  it.each([
    ['\u001B[A', ['up']],
    ['\u001BOB', ['down']],
    ['\u001B[1;5C', ['right']],
    ['\u001B[5~\u001B[6~', ['pageup', 'pagedown']],
    ['\u001B[H\u001B[4~', ['home', 'end']],
    ['\u001B[Z', ['shift+tab']],
    ['\r\r', ['enter', 'enter']],
    ['\u007F\u007F\b', ['backspace', 'backspace', 'backspace']],
    ['\u0003', ['ctrl+c']],
    ['\u000C', ['ctrl+l']],
    ['\t', ['tab']],
    ['\u001B', ['escape']],
    ['\u001B\u001B', ['escape', 'escape']],
    ['abc\r', ['text', 'enter']],
    ['a\u0003', ['text', 'ctrl+c']],
    ['\u001B[?62;4c', []],
    ['\u001B[I', []],
  ])('%j', (chunk, expected) => {
    expect(names(read(chunk))).toEqual(expected);
  });

  it('puts a sequence together that comes in pieces', () => {
    expect(names(read('\u001B', '[', '1;2', 'A'))).toEqual(['up']);
  });

  it('hands typed text on as it is, also wide characters', () => {
    expect(read('显存')).toEqual([{ type: 'text', text: '显存' }]);
  });
});

describe('a bracketed paste', () => {
  it('is handed on as it comes, and nothing inside it is a key', () => {
    const events = read(`${START}Traceback\r`, 'torch\u0003 \u001B[A', `end${END}q`);
    expect(names(events)).toEqual(['paste-start', 'paste', 'paste', 'paste', 'paste-end', 'text']);
    expect(pasted(events)).toBe('Traceback\rtorch\u0003 \u001B[Aend');
  });

  it('arrives whole wherever the reads cut it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii' }).filter(text => !text.includes('\u001B')),
        fc.array(fc.nat(60), { maxLength: 6 }),
        (text, cuts) => {
          const whole = `${START}${text}${END}`;
          const at = [...new Set(cuts)].filter(cut => cut >= START.length && cut < whole.length).sort((a, b) => a - b);
          const chunks = [0, ...at].map((from, i) => whole.slice(from, at[i] ?? whole.length));
          const events = read(...chunks);
          expect(pasted(events)).toBe(text);
          expect(names(events).filter(name => name === 'paste-end')).toHaveLength(1);
          expect(names(events).every(name => name.startsWith('paste'))).toBe(true);
        },
      ),
    );
  });

  it('ends by itself when its end got lost', () => {
    expect(names(read(`${START}abc`))).toEqual(['paste-start', 'paste', 'paste-end']);
  });
});

describe('a paste from a terminal without brackets', () => {
  it('is known by its line breaks or its length, over several reads', () => {
    const events = read('INFO one\rINFO two', '\rERROR three\r');
    expect(names(events)).toEqual(['paste-start', 'paste', 'paste', 'paste-end']);
    expect(pasted(events)).toBe('INFO one\rINFO two\rERROR three\r');
    expect(names(read('x'.repeat(200)))).toEqual(['paste-start', 'paste', 'paste-end']);
  });

  it('lets Ctrl+C through', () => {
    expect(names(read('INFO one\rINFO two', '\u0003'))).toEqual(['paste-start', 'paste', 'paste-end', 'ctrl+c']);
  });

  it('is not what fast fingers make', () => {
    expect(names(read('crash.log\r'))).toEqual(['text', 'enter']);
  });
});
