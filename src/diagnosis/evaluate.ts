import type { FactName } from '../facts/types.js';
import { type Condition, listOf } from '../knowledge/conditions.js';
import { type Expression, parseExpression } from '../knowledge/expression.js';
import type { LogEvent, StackTrace } from '../log/types.js';
import { type Case, releaseIn } from './case.js';
import { inWords, lineText } from './fact-words.js';

/** What makes a condition true: a line of the user's text, or a fact or figure (line null). */
export interface Ground {
  line: number | null;
  text: string;
  /** A line that the log's program printed, in contrast to a setting, a figure or a frame. */
  isMessage?: boolean;
  /** Values at hand there, for the sentence that says what it means. */
  values: Record<string, string | number>;
}

/** true with its grounds, false, or null: unknown, which decides nothing. */
export interface Truth {
  value: boolean | null;
  grounds: Ground[];
}

const TRUE = (grounds: Ground[] = []): Truth => ({ value: true, grounds });
const FALSE: Truth = { value: false, grounds: [] };
const UNKNOWN: Truth = { value: null, grounds: [] };

const parsed = new Map<string, Expression>();
const expression = (source: string): Expression => {
  const known = parsed.get(source);
  if (known) return known;
  const fresh = parseExpression(source);
  parsed.set(source, fresh);
  return fresh;
};

/** Three-valued: what is unknown neither proves nor disproves. */
export const evaluate = (condition: Condition, at: Case): Truth => {
  if ('event' in condition) return event(condition, at);
  if ('fact' in condition) return fact(condition, at);
  if ('calc' in condition) return calculation(condition.calc, at);
  if ('phase' in condition) {
    if (listOf(condition.phase).includes(at.phase)) return TRUE();
    return at.phase === 'unknown' ? UNKNOWN : FALSE;
  }
  if ('frame' in condition) return frame(condition, at);
  if ('command' in condition) {
    const found = listOf(condition.command).find(word => at.command.includes(word.toLowerCase()));
    if (found === undefined) return FALSE;
    return TRUE([{ line: at.run?.launch?.line ?? null, text: found, values: {} }]);
  }
  if ('tensor' in condition) {
    const flags = listOf(condition.tensor);
    const suspect = at.suspects.find(one => one.scaledBy[0] !== undefined && flags.includes(one.scaledBy[0]));
    if (!suspect) return FALSE;
    const { tensor, dimensions, gib } = suspect;
    return TRUE([
      {
        line: at.facts.requestedGiB?.line ?? null,
        text: `${tensor.en}: ${dimensions} = ${gib.toFixed(2)} GiB`,
        values: { tensor: tensor.en, dimensions, tensorGiB: gib },
      },
    ]);
  }
  if ('version' in condition) {
    const version = at.facts.vllmVersion;
    const value = releaseIn(at, condition.version.from, condition.version.to);
    if (value === null) return UNKNOWN;
    return value
      ? TRUE([
          {
            line: version?.line ?? null,
            text: lineText(at, version?.line) ?? (version ? `vLLM ${version.value}` : ''),
            values: {},
          },
        ])
      : FALSE;
  }
  if ('shortOf' in condition) {
    const kinds = listOf(condition.shortOf);
    const found = at.shortages.filter(shortage => kinds.includes(shortage.of));
    return found.length > 0 ? TRUE([groundOf(found[0]!.event)]) : FALSE;
  }
  if ('unless' in condition) return evaluate(condition.unless, at).value === true ? FALSE : TRUE();
  if ('all' in condition) {
    const truths = condition.all.map(part => evaluate(part, at));
    if (truths.some(truth => truth.value === false)) return FALSE;
    if (truths.some(truth => truth.value === null)) return UNKNOWN;
    return TRUE(truths.flatMap(truth => truth.grounds));
  }
  const truths = condition.any.map(part => evaluate(part, at));
  const first = truths.find(truth => truth.value === true);
  if (first) return first;
  return truths.some(truth => truth.value === null) ? UNKNOWN : FALSE;
};

const groundOf = (found: LogEvent): Ground => ({
  line: found.line,
  text: found.text,
  values: found.values,
  isMessage: true,
});

const event = (condition: Extract<Condition, { event: unknown }>, at: Case): Truth => {
  const ids = listOf(condition.event);
  const candidates = at.events.filter(found => ids.includes(found.id));
  if (candidates.length === 0) return FALSE;
  if (!condition.where) return TRUE([groundOf(candidates.at(-1)!)]);
  const where = expression(condition.where);
  let unknown = false;
  for (const found of candidates) {
    const value = where.evaluate(name => {
      const own = found.values[name];
      return typeof own === 'number' ? own : (at.figures.get(name) ?? null);
    });
    if (value === true) return TRUE([groundOf(found)]);
    if (value === null) unknown = true;
  }
  return unknown ? UNKNOWN : FALSE;
};

const fact = (condition: Extract<Condition, { fact: unknown }>, at: Case): Truth => {
  const known = at.facts[condition.fact as FactName];
  if (known === undefined) return UNKNOWN;
  const value = known.value as unknown;
  const text = String(typeof value === 'object' ? JSON.stringify(value) : value).toLowerCase();
  const holds =
    condition.is !== undefined
      ? listOf<string | number | boolean>(condition.is).some(wanted => wanted === value)
      : condition.has !== undefined
        ? listOf(condition.has).some(word => text.includes(word.toLowerCase()))
        : true;
  if (!holds) return FALSE;
  const line = known.line ?? null;
  return TRUE([{ line, text: lineText(at, line) ?? inWords(condition.fact, known.value), values: {} }]);
};

const calculation = (source: string, at: Case): Truth => {
  const parsedCalculation = expression(source);
  const value = parsedCalculation.evaluate(name => at.figures.get(name) ?? null);
  if (typeof value !== 'boolean') return UNKNOWN;
  if (!value) return FALSE;
  const used = parsedCalculation.names.filter(name => at.figures.has(name));
  const line = used.map(name => at.facts[name as FactName]?.line).findLast(known => known !== undefined) ?? null;
  const words = used.map(name => inWords(name, at.figures.get(name))).join(' · ');
  return TRUE([{ line, text: lineText(at, line) ?? words, values: {} }]);
};

/** torch's and Python's own frames. */
const PLUMBING = /(?:^|[/\\])(?:torch|asyncio|multiprocessing|concurrent|contextlib|tracing)[/\\.]/;

/** Text that a frame condition is matched against. */
const frameText = (one: StackTrace['frames'][number]): string => `${one.file} ${one.function}`;

/** The frames, and the call in the last source line: it goes into compiled code, or (in a cut trace) it comes next. */
const framesOf = (trace: StackTrace): StackTrace['frames'] => {
  const last = trace.frames.findLast(one => one.code !== undefined && !PLUMBING.test(one.file));
  return last?.code ? [...trace.frames, { ...last, function: last.code }] : trace.frames;
};

const frame = (condition: Extract<Condition, { frame: unknown }>, at: Case): Truth => {
  const words = listOf(condition.frame);
  for (const trace of at.traces) {
    const frames = condition.last ? ownFrames(trace).slice(-condition.last) : framesOf(trace);
    const found = frames.findLast(one => words.some(word => frameText(one).includes(word)));
    if (found)
      return TRUE([
        { line: trace.line, text: `${shortFile(found.file)}:${found.line} in ${found.function}`, values: {} },
      ]);
  }
  return at.traces.length === 0 ? UNKNOWN : FALSE;
};

/** Frames without torch's and Python's plumbing, which says nothing of what vLLM was doing. */
const ownFrames = (trace: StackTrace): StackTrace['frames'] => framesOf(trace).filter(one => !PLUMBING.test(one.file));

const shortFile = (file: string): string => file.split(/[/\\]/).slice(-3).join('/');
