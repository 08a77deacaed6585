import { type Problem, problem, problemText } from './problems.js';
import type { Reading } from './reading.js';
import { SHAPES } from './registry.js';
import { log } from './shapes/log.js';
import { positionOf } from './text/edits.js';
import type { ArgValue, Launch, LaunchNote } from './types.js';

/** Longest text that is read as a launch: a launch is a page. In anything longer only a log's own words are looked for. */
const MAX_LENGTH = 300_000;
/** Most problems that are told of one text. */
const MAX_PROBLEMS = 100;

/** The fences of Markdown as blanks, so that every offset stays. */
const hideFences = (text: string): string =>
  text.includes('```')
    ? text.replace(
        /(^|\n)([ \t]{0,8}```[\w-]{0,20}[ \t]{0,20})(?=\r?\n|$)/g,
        (_, lead: string, fence: string) => lead + ' '.repeat(fence.length),
      )
    : text;

/** What the first shape that fits makes of the text. Never throws on any text. */
export const readText = (text: string): Reading | null => {
  if (text.length > MAX_LENGTH) return log.read(text);
  const visible = hideFences(text);
  for (const shape of SHAPES) {
    const reading = shape.read(visible);
    if (reading) return reading;
  }
  return null;
};

/** The arguments as one object: the last of a repeated flag counts, dotted members are put together. */
const argsOf = (reading: Pick<Reading, 'args'>): Record<string, ArgValue> => {
  const args: Record<string, ArgValue> = Object.create(null) as Record<string, ArgValue>;
  for (const arg of reading.args) {
    if (arg.absent) {
      delete args[arg.name];
      continue;
    }
    if (!arg.path.length) {
      args[arg.name] = arg.value;
      continue;
    }
    const old = args[arg.name];
    const root: Record<string, ArgValue | null> = typeof old === 'object' && !Array.isArray(old) ? { ...old } : {};
    let at = root;
    for (const key of arg.path.slice(0, -1)) {
      const inner = at[key];
      const next: Record<string, ArgValue | null> =
        typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {};
      at[key] = next;
      at = next;
    }
    at[arg.path.at(-1)!] = arg.value;
    args[arg.name] = root;
  }
  return { ...args };
};

/** Environment variables that concern vLLM, torch, CUDA, NCCL, Hugging Face or another maker's devices. */
const RELEVANT = /^(?:VLLM|CUDA|NVIDIA|NCCL|HF|HUGGING_FACE|PYTORCH|TORCH|ROCR|HIP|HSA|ASCEND)_/;

const envOf = (reading: Reading): Record<string, string> =>
  Object.fromEntries(
    reading.env.filter(setting => RELEVANT.test(setting.name)).map(setting => [setting.name, setting.value]),
  );

const notesOf = (text: string, problems: Problem[]): LaunchNote[] => {
  const seen = new Set<string>();
  return problems
    .toSorted((a, b) => a.at - b.at)
    .map(found => ({ code: found.code, text: problemText(found), at: found.at }))
    .filter(({ text: message }) => !seen.has(message.en) && seen.add(message.en))
    .slice(0, MAX_PROBLEMS)
    .map(({ code, text: message, at }) => ({ code, message: message.en, text: message, ...positionOf(text, at) }));
};

/** `<your-model>`: what the user still has to fill in. */
const placeholders = (text: string, { start, end }: Reading['extent']): Problem[] =>
  [...text.slice(start, end).matchAll(/<[A-Za-z][\w .:/-]{1,60}>/g)]
    .filter(
      match => !/^<\/?(?:unk|s|pad|bos|eos|mask)>$/i.test(match[0]) && !isTemplateToken(text, start + match.index),
    )
    .map(match => problem('placeholder', start + match.index, { text: match[0] }));

/** `<|im_end|>`, `</s>` and a tag among other tags are no placeholders. */
const isTemplateToken = (text: string, at: number): boolean => /[>|\]]/.test(text[at - 1] ?? '');

const gpusOf = (value: string | undefined): string | number | null => {
  if (value === undefined || value === '') return null;
  return /^\d+$/.test(value) ? Number(value) : value;
};

/** The public model of a reading. */
export const launchOf = (text: string, reading: Reading): Launch => {
  const args = argsOf(reading);
  const port = args.port;
  return {
    shape: reading.shape,
    program: reading.program,
    model: reading.model,
    args,
    env: envOf(reading),
    image: reading.image?.value ?? null,
    gpus: gpusOf(reading.gpus?.value),
    shmSize: reading.shmSize?.value ?? null,
    port: reading.outerPort !== undefined ? reading.outerPort : typeof port === 'number' ? port : null,
    problems: notesOf(text, [...reading.problems, ...placeholders(text, reading.extent)]),
    text,
  };
};
