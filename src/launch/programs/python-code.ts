import { Names } from '../python/names.js';
import { readPython } from '../python/read.js';
import type { Program } from './index.js';

/** `python -c '…'` with an `LLM(…)` in it. */
export const pythonCode: Program = {
  find: words => {
    const at = words.findIndex(
      (word, i) =>
        /(?:^|[/\\])python[\d.]*$/.test(word.text.text) &&
        words.slice(i + 1, i + 5).some(next => next.text.text === '-c'),
    );
    return at < 0 ? -1 : words.findIndex((word, i) => i > at && word.text.text === '-c') + 1;
  },
  read: (words, from) => {
    const code = words[from]?.text;
    if (!code) return null;
    const found = readPython(code, new Names(code.text));
    return found && { ...found.reading, shape: 'python' };
  },
};
