import { readCommand, readScriptText } from '../programs/command.js';
import { wordsOfLiteral } from '../programs/literal-words.js';
import { POSIX } from '../shell/dialect.js';
import { parseLeading } from '../text/literal.js';
import { literalText } from '../text/literal-text.js';
import type { Traced } from '../text/traced.js';
import type { PythonReading } from './engine-calls.js';
import type { Names } from './names.js';

/** `["vllm", "serve", …]` for subprocess. */
export const commandLists = function* (source: Traced, names: Names): Generator<PythonReading> {
  const pattern =
    /["'](?:[^"'\s,]{0,200}\/)?vllm["']\s{0,40},\s{0,40}["']serve["']|["']vllm\.entrypoints[\w.]{1,60}["']/g;
  for (let match = pattern.exec(source.text); match; match = pattern.exec(source.text)) {
    const open = source.text.lastIndexOf('[', match.index);
    if (open < 0 || match.index - open > 600) continue;
    const list = parseLeading(source.text, open);
    if (list?.kind !== 'array' || list.end < match.index) continue;
    const words = wordsOfLiteral(list, source, { resolve: names.resolve });
    const reading = readCommand(words, [], { list: true });
    if (reading) yield { ...reading, shape: undefined, argv: undefined, at: list.start, end: list.end };
  }
};

/** `subprocess.run("vllm serve …", shell=True)`. */
export const commandStrings = function* (source: Traced): Generator<PythonReading> {
  const pattern = /["'](?=[^"'\n]{0,300}(?:\bvllm serve\b|-m vllm\.entrypoints))/g;
  for (let match = pattern.exec(source.text); match; match = pattern.exec(source.text)) {
    const literal = parseLeading(source.text, match.index);
    if (literal?.kind !== 'string' || !literal.plain) continue;
    const reading = readScriptText(literalText(literal, source), POSIX);
    pattern.lastIndex = Math.max(pattern.lastIndex, literal.end);
    if (reading) yield { ...reading, shape: undefined, argv: undefined, at: literal.start, end: literal.end };
  }
};
