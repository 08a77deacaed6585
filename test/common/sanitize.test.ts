import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stripControls } from '../../src/common/sanitize.js';

test.each([
  ['\u001B[1;36m(Worker_TP0)\u001B[0m ok', '(Worker_TP0) ok'],
  ['\u001B]0;title\u0007text', 'text'],
  ['\u001B]52;c;aGFjaw==\u001B\\text', 'text'],
  ['\u001BPq#0\u001B\\text', 'text'],
  ['a\u009B2Jb', 'ab'],
  ['bell\u0007 back\u0008 null\u0000', 'bell back null'],
  ['evil\u202Etxt.exe', 'eviltxt.exe'],
  ['tab\tand\nline', 'tab\tand\nline'],
])('%j', (text, clean) => expect(stripControls(text)).toBe(clean));

test('nothing that a terminal acts on survives', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(stripControls(text)).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E]/);
    }),
  );
});
