import type { Argument } from '../args/argument.js';
import { flagKind, resolveFlag } from '../args/flags.js';
import { replaceValue, type Slot } from '../args/slot.js';
import { typeValue, valueText } from '../args/values.js';
import { findContainer, readContainer } from '../programs/docker.js';
import { lmiName, lmiOwn } from '../programs/wrapper-names.js';
import type { EnvSetting, Reading, Shape } from '../reading.js';
import { readScript } from '../shell/script.js';
import { type Edit, lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import { type Context, PLAIN, Traced } from '../text/traced.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';
import { dialectOf } from './shell.js';

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

const kebabName = (name: string) => name.toLowerCase().replaceAll('_', '-');

const argumentOf = (name: string, slot: Slot, at: number, remove: (text: string) => Edit[]): Argument => ({
  name,
  value: typeValue(slot.text.text, flagKind(name)).value,
  path: [],
  at,
  style: { dashes: null, joined: null },
  set: (_text, wanted) => replaceValue(slot, wanted),
  remove,
});

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

const MODEL_NAMES = /^(?:HF_MODEL_ID|SM_VLLM_MODEL|OPTION_MODEL_ID|option\.model_id|MODEL_NAME)$/;

/** Options of SageMaker's containers and DJL's serving.properties. */
const readOptions = (text: string): Reading | null => {
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
    args.push(argumentOf(resolveFlag(`--${renamed}`).name, lineSlot(line), line.start, removeLine(line)));
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
      const key = `${found.prefix}${found.upper ? name.toUpperCase().replaceAll('-', '_') : name.replaceAll('-', '_')}`;
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

/** A container's variable as vLLM's argument: its canonical name; null for another variable. */
const runpodName = (name: string): string | null => {
  const resolved = resolveFlag(`--${kebabName(name)}`);
  return resolved.how === 'exact' && !/^(?:VLLM|HF|CUDA|NVIDIA|NCCL)_/.test(name) ? resolved.name : null;
};

const sagemakerName = (name: string): string | null => {
  if (name.startsWith('SM_VLLM_')) return resolveFlag(`--${kebabName(name.slice(8))}`).name;
  const own = name.startsWith('OPTION_') ? lmiName(kebabName(name.slice(7))) : null;
  return own === null ? null : resolveFlag(`--${own}`).name;
};

/** Workers that take vLLM's arguments as variables of the container: RunPod, SageMaker. */
const readContainerOptions = (text: string): Reading | null => {
  const runpod = /runpod\/worker|worker-v1-vllm|worker-vllm/i.test(text);
  if (!runpod && !/\b(?:SM_VLLM|OPTION)_[A-Z]/.test(text)) return null;
  const nameOf = runpod ? runpodName : sagemakerName;
  const prefix = runpod ? '' : /\bSM_VLLM_/.test(text) ? 'SM_VLLM_' : 'OPTION_';
  for (const command of readScript(Traced.of(text), dialectOf(text)).commands) {
    const found = findContainer(command.words);
    if (!found) continue;
    const container = readContainer(command.words, found);
    const args: Argument[] = [];
    const env: EnvSetting[] = [...command.env];
    let model: EnvSetting | null = null as EnvSetting | null;
    let last = container.env[0];
    for (const setting of container.env) {
      const isModel = MODEL_NAMES.test(setting.name);
      const name = isModel ? null : nameOf(setting.name);
      if (isModel || name !== null) last = setting;
      if (isModel) model = setting;
      else if (name === null) {
        if (!prefix || !setting.name.startsWith(prefix)) env.push(setting);
      } else
        args.push({
          name,
          value: typeValue(setting.value, flagKind(name)).value,
          path: [],
          at: setting.at,
          style: { dashes: null, joined: null },
          set: (whole, wanted) => setting.set(whole, valueText(wanted)),
          remove: whole => setting.remove?.(whole) ?? [],
        });
    }
    if (!model && !args.length) continue;
    return {
      ...NO_SURROUNDINGS,
      shape: 'env',
      program: runpod ? 'runpod' : 'sagemaker',
      model: model?.value ?? null,
      setModel: model?.set,
      args,
      env,
      image: container.image,
      gpus: container.gpus,
      shmSize: container.shmSize,
      outerPort: container.outerPort,
      problems: container.problems,
      append: (whole, name, value) =>
        last?.insertAfter(whole, `${prefix}${name.toUpperCase().replaceAll('-', '_')}`, valueText(value)) ?? null,
      appendEnv: container.appendEnv,
      appendContainer: container.appendOption,
      extent: { start: command.start, end: command.end },
    };
  }
  return null;
};

/** vLLM's arguments as environment variables or options of a wrapper: SageMaker, DJL-LMI, RunPod. */
export const env: Shape = { name: 'env', read: text => readContainerOptions(text) ?? readOptions(text) };
