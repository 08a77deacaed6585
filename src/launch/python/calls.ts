import { isEngineArgument, kebab } from '../args/flags.js';
import { type MembersReading, readMembers, setLiteral } from '../args/members.js';
import { type Problem, unresolved } from '../problems.js';
import { readCommand, readScriptText } from '../programs/command.js';
import { wordsOfLiteral } from '../programs/literal-words.js';
import { trlName, unslothName, unslothOwn } from '../programs/wrapper-names.js';
import type { ArgsReading } from '../reading.js';
import { POSIX } from '../shell/dialect.js';
import { type Literal, literalValue, parseLeading } from '../text/literal.js';
import { literalText } from '../text/literal-text.js';
import type { Traced } from '../text/traced.js';
import type { Names } from './names.js';

type Call = Extract<Literal, { kind: 'call' }>;
/** What keyword arguments or members stand in. */
export type Holder = Extract<Literal, { kind: 'object' | 'call' }>;

/** What was found, with where it begins: the first launch of a text counts. */
type PythonReading = ArgsReading & { at: number; end: number };

/** Calls by name, outside comments, definitions and imports. */
export const callsOf = function* (source: Traced, names: RegExp): Generator<Call> {
  const pattern = new RegExp(`(?<![\\w])(?:[A-Za-z_]\\w{0,60}\\.){0,4}(?:${names.source})[ \\t]{0,8}\\(`, 'g');
  const text = source.text;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const before = text.slice(Math.max(text.lastIndexOf('\n', match.index - 1) + 1, match.index - 400), match.index);
    if (/#/.test(before.replace(/(["'])[^"']{0,200}\1/g, '')) || /\b(?:class|def)\s+$/.test(before)) continue;
    const call = parseLeading(text, match.index);
    if (call?.kind !== 'call') continue;
    yield call;
    // What stands inside a call has been read with it.
    pattern.lastIndex = Math.max(pattern.lastIndex, call.end);
  }
};

/** A dictionary: `{…}` or `dict(…)`. */
export const asHolder = (literal: Literal | undefined | null): Holder | null =>
  literal?.kind === 'object' || (literal?.kind === 'call' && literal.name === 'dict') ? literal : null;

const memberOf = (holder: Holder | null, key: string): Literal | undefined =>
  holder?.members.find(member => member.key === key)?.value;

const textOf = (
  literal: Literal | undefined,
  names: Names,
): { value: string; literal: Literal; problem: Problem | null } | null => {
  if (!literal) return null;
  const resolved = names.resolve(literal);
  const value =
    resolved.unresolved === null
      ? String(literalValue(resolved.literal, names.text))
      : names.text.slice(literal.start, literal.end);
  return {
    value,
    literal: resolved.unresolved === null ? resolved.literal : literal,
    problem:
      resolved.unresolved === null
        ? null
        : unresolved(resolved.unresolved, names.text.slice(literal.start, literal.end), literal.start),
  };
};

interface Parts {
  program: string;
  shape?: string;
  model: ReturnType<typeof textOf>;
  mappings: { holder: Holder; reading: MembersReading }[];
  call: Literal;
}

const assemble = (parts: Parts, source: Traced): PythonReading => {
  const primary = parts.mappings.toSorted((a, b) => b.reading.args.length - a.reading.args.length)[0];
  return {
    program: parts.program,
    shape: parts.shape,
    model: parts.model?.value ?? null,
    setModel: (_text, model) => (parts.model ? setLiteral(parts.model.literal, source, model, JSON.stringify) : []),
    args: parts.mappings.flatMap(mapping => mapping.reading.args),
    problems: [
      ...parts.mappings.flatMap(mapping => mapping.reading.problems),
      ...(parts.model?.problem ? [{ ...parts.model.problem, at: source.start(parts.model.problem.at) }] : []),
    ],
    append: (text, name, value) => primary?.reading.append(text, name, value) ?? null,
    at: parts.call.start,
    end: parts.call.end,
  };
};

const withoutModel = (name: string) => (/^(?:model|model-path|path)$/.test(name) ? null : name);

/** `LLM(…)`, `AsyncEngineArgs(…)`: keyword arguments, the model first, dictionaries behind `**`. */
const engineCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
  const name = call.name.split('.').at(-1)!;
  const program = /EngineArgs$/.test(name) ? 'engine_args' : 'llm';
  const spreads = call.spreads.flatMap(spread => spreadOf(spread, names));
  const holders: Holder[] = [call, ...spreads];
  if (!call.members.length && !call.args.length && !spreads.length) return null;
  const mappings = holders.map(holder => ({
    holder,
    reading: readMembers(holder, source, {
      style: holder.kind === 'object' ? 'dict' : 'kwarg',
      rename: withoutModel,
      resolve: names.resolve,
    }),
  }));
  const positional = call.args[0];
  const model = holders.map(holder => memberOf(holder, 'model')).find(found => found !== undefined) ?? positional;
  return assemble({ program, model: textOf(model, names), mappings, call }, source);
};

/** The dictionary that `**X` unpacks: a name, a literal, the fields of engine arguments. */
const spreadOf = (spread: Literal, names: Names): Holder[] => {
  const literal = spread.kind === 'name' ? names.lookUp(spread.name, spread.start) : spread;
  const holder = asHolder(literal);
  if (holder) return [holder];
  if (literal?.kind !== 'call') return [];
  if (/EngineArgs$/.test(literal.name)) return [literal];
  // asdict(args), vars(args)
  const inner = literal.args[0];
  return /(?:^|\.)(?:asdict|vars)$/.test(literal.name) && inner ? spreadOf(inner, names) : [];
};

/** Ray Serve's LLMConfig and Ray Data's processor. */
const rayCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
  const kwargs = memberOf(call, 'engine_kwargs');
  const holder = asHolder(kwargs?.kind === 'name' ? names.lookUp(kwargs.name, kwargs.start) : kwargs);
  const loading = memberOf(call, 'model_loading_config');
  const loadingHolder = loading?.kind === 'call' ? loading : asHolder(loading);
  const model =
    memberOf(loadingHolder, 'model_source') ??
    memberOf(loadingHolder, 'model_id') ??
    memberOf(call, 'model_source') ??
    memberOf(call, 'model');
  if (!holder && !model) return null;
  const mappings = holder
    ? [
        {
          holder,
          reading: readMembers(holder, source, {
            style: holder.kind === 'object' ? 'dict' : 'kwarg',
            rename: withoutModel,
            resolve: names.resolve,
          }),
        },
      ]
    : [];
  return assemble({ program: 'ray_serve', shape: 'ray-serve', model: textOf(model, names), mappings, call }, source);
};

/** TRL's trainer configurations with `vllm_…` fields; the model is the trainer's. */
const trlCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
  if (!call.members.some(member => /^(?:use_vllm|vllm_\w+)$/.test(member.key))) return null;
  const reading = readMembers(call, source, {
    style: 'kwarg',
    prefix: 'vllm_',
    rename: trlName,
    resolve: names.resolve,
  });
  let model: Literal | undefined;
  for (const trainer of callsOf(source, /\w{1,40}Trainer/)) model ??= memberOf(trainer, 'model') ?? trainer.args[0];
  return assemble(
    { program: 'trl', shape: 'trl', model: textOf(model, names), mappings: [{ holder: call, reading }], call },
    source,
  );
};

/** Unsloth: `FastLanguageModel.from_pretrained(…, fast_inference=True)` starts vLLM in the trainer's process. */
const unslothCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
  const fast = memberOf(call, 'fast_inference');
  if (
    !/(?:^|\.)Fast\w{0,30}Model\.from_pretrained$/.test(call.name) ||
    fast?.kind !== 'constant' ||
    fast.value !== true
  )
    return null;
  const reading = readMembers(call, source, { style: 'kwarg', rename: unslothName, resolve: names.resolve });
  const model = memberOf(call, 'model_name') ?? call.args[0];
  const found = assemble(
    { program: 'llm', model: textOf(model, names), mappings: [{ holder: call, reading }], call },
    source,
  );
  return {
    ...found,
    append: (text, name, value) => {
      const own = unslothOwn(name);
      return own === null ? null : reading.append(text, own, value);
    },
  };
};

/** `["vllm", "serve", …]` for subprocess. */
const commandLists = function* (source: Traced, names: Names): Generator<PythonReading> {
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
const commandStrings = function* (source: Traced): Generator<PythonReading> {
  const pattern = /["'](?=[^"'\n]{0,300}(?:\bvllm serve\b|-m vllm\.entrypoints))/g;
  for (let match = pattern.exec(source.text); match; match = pattern.exec(source.text)) {
    const literal = parseLeading(source.text, match.index);
    if (literal?.kind !== 'string' || !literal.plain) continue;
    const reading = readScriptText(literalText(literal, source), POSIX);
    pattern.lastIndex = Math.max(pattern.lastIndex, literal.end);
    if (reading) yield { ...reading, shape: undefined, argv: undefined, at: literal.start, end: literal.end };
  }
};

/** A dictionary of engine arguments that nothing in the text unpacks. */
const plainDictionary = (source: Traced, names: Names): PythonReading | null => {
  for (const { literal } of names.values()) {
    const holder = asHolder(literal);
    if (!holder || holder.members.filter(member => isVllmKey(member.key)).length < 2) continue;
    const reading = readMembers(holder, source, {
      style: holder.kind === 'object' ? 'dict' : 'kwarg',
      rename: withoutModel,
      resolve: names.resolve,
    });
    return assemble(
      {
        program: 'engine_args',
        model: textOf(memberOf(holder, 'model'), names),
        mappings: [{ holder, reading }],
        call: holder,
      },
      source,
    );
  }
  return null;
};

const isVllmKey = (key: string) =>
  isEngineArgument(key) &&
  /^(?:model|tensor|pipeline|gpu-memory|max-(?:model|num)|enforce|dtype|quantization|kv-cache|enable|trust)/.test(
    kebab(key),
  );

const first = <T>(items: Iterable<T>): T | null => {
  for (const item of items) return item;
  return null;
};

const readings = function* (
  source: Traced,
  names: Names,
  calls: RegExp,
  read: (call: Call, source: Traced, names: Names) => PythonReading | null,
) {
  for (const call of callsOf(source, calls)) {
    const reading = read(call, source, names);
    if (reading) yield reading;
  }
};

/** The first launch of vLLM in a Python text, and how many of its kind there are. */
export const readPython = (source: Traced, names: Names): { reading: PythonReading; count: number } | null => {
  const ray = [...readings(source, names, /LLMConfig|vLLMEngineProcessorConfig/, rayCall)];
  if (ray[0]) return { reading: ray[0], count: 1 };
  const engines = [...readings(source, names, /LLM|AsyncEngineArgs|EngineArgs/, engineCall)];
  const llms = engines.filter(engine => engine.program === 'llm');
  const chosen = llms.find(engine => engine.args.length || engine.model) ?? engines[0];
  if (chosen) return { reading: chosen, count: llms.length };
  const trl = first(readings(source, names, /\w{1,40}(?:Config|Arguments)/, trlCall));
  if (trl?.args.length) return { reading: trl, count: 1 };
  const unsloth = first(readings(source, names, /from_pretrained/, unslothCall));
  if (unsloth ?? trl) return { reading: (unsloth ?? trl)!, count: 1 };
  const list = first(commandLists(source, names)) ?? first(commandStrings(source));
  if (list) return { reading: list, count: 1 };
  const plain = plainDictionary(source, names);
  return plain && { reading: plain, count: 1 };
};
