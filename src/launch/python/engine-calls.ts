import { isEngineArgument, kebab } from '../args/flags.js';
import { type MembersReading, readMembers } from '../args/members.js';
import { setLiteral } from '../args/set-literal.js';
import { type Problem, unresolved } from '../problems.js';
import { trlName, unslothName, unslothOwn } from '../programs/wrapper-names.js';
import type { ArgsReading } from '../reading.js';
import { type Holder, type Literal, literalValue } from '../text/literal.js';
import type { Traced } from '../text/traced.js';
import { asHolder, type Call, callsOf, memberOf } from './calls.js';
import type { Names } from './names.js';

/** What was found, with where it begins: the first launch of a text counts. */
export type PythonReading = ArgsReading & { at: number; end: number };

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
  mappings: MembersReading[];
  call: Literal;
}

const assemble = (parts: Parts, source: Traced): PythonReading => {
  const primary = parts.mappings.toSorted((a, b) => b.args.length - a.args.length)[0];
  return {
    program: parts.program,
    shape: parts.shape,
    model: parts.model?.value ?? null,
    setModel: (_text, model) => (parts.model ? setLiteral(parts.model.literal, source, model, JSON.stringify) : []),
    args: parts.mappings.flatMap(mapping => mapping.args),
    problems: [
      ...parts.mappings.flatMap(mapping => mapping.problems),
      ...(parts.model?.problem ? [{ ...parts.model.problem, at: source.start(parts.model.problem.at) }] : []),
    ],
    append: (text, name, value) => primary?.append(text, name, value) ?? null,
    at: parts.call.start,
    end: parts.call.end,
  };
};

const withoutModel = (name: string) => (/^(?:model|model-path|path)$/.test(name) ? null : name);

/** The members of a dictionary, or a call's keyword arguments, as vLLM's arguments; the model is read apart. */
const readHolder = (holder: Holder, source: Traced, names: Names): MembersReading =>
  readMembers(holder, source, {
    style: holder.kind === 'object' ? 'dict' : 'kwarg',
    rename: withoutModel,
    resolve: names.resolve,
  });

/** `LLM(…)`, `AsyncEngineArgs(…)`: keyword arguments, the model first, dictionaries behind `**`. */
export const engineCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
  const name = call.name.split('.').at(-1)!;
  const program = /EngineArgs$/.test(name) ? 'engine_args' : 'llm';
  const spreads = call.spreads.flatMap(spread => spreadOf(spread, names));
  const holders: Holder[] = [call, ...spreads];
  if (!call.members.length && !call.args.length && !spreads.length) return null;
  const mappings = holders.map(holder => readHolder(holder, source, names));
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
export const rayCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
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
  const mappings = holder ? [readHolder(holder, source, names)] : [];
  return assemble({ program: 'ray_serve', shape: 'ray-serve', model: textOf(model, names), mappings, call }, source);
};

/** TRL's trainer configurations with `vllm_…` fields; the model is the trainer's. */
export const trlCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
  if (!call.members.some(member => /^(?:use_vllm|vllm_\w+)$/.test(member.key))) return null;
  const reading = readMembers(call, source, {
    style: 'kwarg',
    prefix: 'vllm_',
    rename: trlName,
    resolve: names.resolve,
  });
  let model: Literal | undefined;
  for (const trainer of callsOf(source, /\w{1,40}Trainer/)) model ??= memberOf(trainer, 'model') ?? trainer.args[0];
  return assemble({ program: 'trl', shape: 'trl', model: textOf(model, names), mappings: [reading], call }, source);
};

/** Unsloth: `FastLanguageModel.from_pretrained(…, fast_inference=True)` starts vLLM in the trainer's process. */
export const unslothCall = (call: Call, source: Traced, names: Names): PythonReading | null => {
  const fast = memberOf(call, 'fast_inference');
  if (
    !/(?:^|\.)Fast\w{0,30}Model\.from_pretrained$/.test(call.name) ||
    fast?.kind !== 'constant' ||
    fast.value !== true
  )
    return null;
  const reading = readMembers(call, source, { style: 'kwarg', rename: unslothName, resolve: names.resolve });
  const model = memberOf(call, 'model_name') ?? call.args[0];
  const found = assemble({ program: 'llm', model: textOf(model, names), mappings: [reading], call }, source);
  return {
    ...found,
    append: (text, name, value) => {
      const own = unslothOwn(name);
      return own === null ? null : reading.append(text, own, value);
    },
  };
};

/** A dictionary of engine arguments that nothing in the text unpacks. */
export const plainDictionary = (source: Traced, names: Names): PythonReading | null => {
  for (const { literal } of names.values()) {
    const holder = asHolder(literal);
    if (!holder || holder.members.filter(member => isVllmKey(member.key)).length < 2) continue;
    const mappings = [readHolder(holder, source, names)];
    const model = textOf(memberOf(holder, 'model'), names);
    return assemble({ program: 'engine_args', model, mappings, call: holder }, source);
  }
  return null;
};

const isVllmKey = (key: string) =>
  isEngineArgument(key) &&
  /^(?:model|tensor|pipeline|gpu-memory|max-(?:model|num)|enforce|dtype|quantization|kv-cache|enable|trust)/.test(
    kebab(key),
  );
