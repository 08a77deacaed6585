import type { Argument } from '../args/argument.js';
import { flagKind, resolveFlag } from '../args/flags.js';
import { replaceValue, type Slot } from '../args/slot.js';
import { typeValue, valueText } from '../args/values.js';
import { lmiName, lmiOwn } from '../programs/wrapper-names.js';
import type { EnvSetting, Reading } from '../reading.js';
import { type Edit, lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import { type Context, PLAIN, Traced } from '../text/traced.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';
import { kebabName, MODEL_NAMES, upperName } from './env-names.js';

/** A line that sets one variable or option, in whatever notation: `X=1`, `"X": "1",`, `X: "1"`, `-e X=1`, `export X=1`. */
interface EnvLine {
  name: string;
  value: Traced;
  start: number;
  end: number;
  valueStart: number;
  valueEnd: number;
  quote: string;
}

const LINE =
  /^([ \t]{0,80}(?:-[ \t]{1,8})?(?:export[ \t]{1,8}|set[ \t]{1,8}|ENV[ \t]{1,8})?["']?)([A-Za-z_][\w.]{0,80})(["']?[ \t]{0,20}[=:][ \t]{0,20})(?:"([^"\n]{0,2000})"|'([^'\n]{0,2000})'|([^\s#,"'][^\n#]{0,2000}?))?[ \t]{0,40},?[ \t]{0,40}(?:#[^\n]*|\/\/[^\n]*)?$/;

const linesOf = (text: string): EnvLine[] => {
  const lines: EnvLine[] = [];
  for (let at = 0; at < text.length; at = nextLine(text, at)) {
    const end = lineEnd(text, at);
    const match = end - at < 4000 ? LINE.exec(text.slice(at, end)) : null;
    if (match) {
      const quote = match[4] !== undefined ? '"' : match[5] !== undefined ? "'" : '';
      const raw = match[4] ?? match[5] ?? match[6]?.replace(/[ \t]*,$/, '').trimEnd() ?? '';
      const head = at + match[1]!.length + match[2]!.length + match[3]!.length;
      const from = head + quote.length;
      lines.push({
        name: match[2]!,
        value: Traced.of(raw, from, PLAIN),
        start: at,
        end,
        valueStart: head,
        valueEnd: from + raw.length + quote.length,
        quote,
      });
    }
    if (nextLine(text, at) >= text.length) break;
  }
  return lines;
};

/** How a container marks the options that go to vLLM. */
interface Prefix {
  prefix: string;
  program: string;
  upper: boolean;
}

const PREFIXES: Prefix[] = [
  { prefix: 'SM_VLLM_', program: 'sagemaker', upper: true },
  { prefix: 'OPTION_', program: 'sagemaker', upper: true },
  { prefix: 'option.', program: 'sagemaker', upper: false },
];

const lineSlot = (line: EnvLine): Slot => ({
  text: line.value,
  start: line.valueStart,
  end: line.valueEnd,
  bare: quoting(line.quote),
});
const quoting = (quote: string): Context => ({ kind: 'plain', encode: text => `${quote}${text}${quote}` });

const removeLine =
  (line: EnvLine) =>
  (text: string): Edit[] => [{ start: lineStart(text, line.start), end: nextLine(text, line.end), text: '' }];

/** A line's option as an argument. */
const argumentOf = (name: string, line: EnvLine): Argument => ({
  name,
  value: typeValue(line.value.text, flagKind(name)).value,
  path: [],
  at: line.start,
  style: { dashes: null, joined: null },
  set: (_text, wanted) => replaceValue(lineSlot(line), wanted),
  remove: removeLine(line),
});

/** Options of SageMaker's containers and DJL's serving.properties. */
export const readOptions = (text: string): Reading | null => {
  if (!/SM_VLLM_|OPTION_|option\./.test(text)) return null;
  const lines = linesOf(text);
  const found = PREFIXES.find(prefix => lines.some(line => line.name.startsWith(prefix.prefix)));
  if (!found) return null;
  const own = lines.filter(line => line.name.startsWith(found.prefix));
  const args: Argument[] = [];
  for (const line of own) {
    if (MODEL_NAMES.test(line.name) || line.value.text === '') continue;
    const plain = kebabName(line.name.slice(found.prefix.length));
    const renamed = found.prefix === 'SM_VLLM_' ? plain : lmiName(plain);
    if (renamed === null) continue;
    args.push(argumentOf(resolveFlag(`--${renamed}`).name, line));
  }
  const model = lines.find(line => MODEL_NAMES.test(line.name));
  if (!args.length && !model) return null;
  const env: EnvSetting[] = lines
    .filter(line => !line.name.startsWith(found.prefix) && !MODEL_NAMES.test(line.name))
    .map(line => ({
      name: line.name,
      value: line.value.text,
      at: line.start,
      set: (_text, wanted) => replaceValue(lineSlot(line), wanted),
      remove: removeLine(line),
    }));
  return {
    ...NO_SURROUNDINGS,
    shape: 'env',
    program: found.program,
    model: model?.value.text ?? null,
    setModel: model ? (_text, value) => replaceValue(lineSlot(model), value) : undefined,
    args,
    env,
    problems: [],
    append: (whole, vllmName, value) => {
      const after = own.at(-1)!;
      const name = found.prefix === 'SM_VLLM_' ? vllmName : lmiOwn(vllmName);
      const key = `${found.prefix}${found.upper ? upperName(name) : name.replaceAll('-', '_')}`;
      return insertLine(whole, after, key, valueText(value));
    },
    appendEnv: (whole, name, value) => insertLine(whole, lines.at(-1)!, name, value),
    extent: { start: 0, end: text.length },
  };
};

/** One more line like `like`, with another name and value. */
const insertLine = (text: string, like: EnvLine, name: string, value: string): Edit[] => {
  const line = text.slice(like.start, like.end);
  const at = line.indexOf(like.name);
  const lead = line.slice(0, at);
  const between = text.slice(like.start + at + like.name.length, like.valueStart);
  const comma = /^[ \t]*,/.test(text.slice(like.valueEnd, like.end)) ? ',' : '';
  const end = lineEnd(text, like.start);
  const written = `${newlineOf(text)}${lead}${name}${between}${like.quote}${value}${like.quote}`;
  if (comma || !/["']/.test(lead)) return [{ start: end, end, text: `${written}${comma}` }];
  // The former last member of an object gets the comma that it had no need of.
  return [
    { start: like.valueEnd, end: like.valueEnd, text: ',' },
    { start: end, end, text: written },
  ];
};
