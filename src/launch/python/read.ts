import type { Traced } from '../text/traced.js';
import { type Call, callsOf } from './calls.js';
import { commandLists, commandStrings } from './commands.js';
import { engineCall, type PythonReading, plainDictionary, rayCall, trlCall, unslothCall } from './engine-calls.js';
import type { Names } from './names.js';

const first = <T>(items: Iterable<T>): T | null => {
  for (const item of items) return item;
  return null;
};

/** What the calls of these names come to, without those that start no vLLM. */
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
