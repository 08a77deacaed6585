import { z } from 'zod';
import { parseExpression } from './expression.js';

/**
 * Conditions of knowledge files, over what was read and what is known. Each is true, false or unknown; only true counts.
 * One key names the kind of the condition, the others refine it.
 */
export type Condition =
  /** One of these messages was printed (values of the message are at hand in `where`). */
  | { event: string | string[]; where?: string }
  /** A fact has this value, or (text facts) contains one of these words. */
  | { fact: string; is?: (string | number | boolean)[] | string | number | boolean; has?: string | string[] }
  /** A comparison of figures; unknown where a figure is. */
  | { calc: string }
  /** Where vLLM was when it failed. */
  | { phase: string | string[] }
  /** A failing traceback passes through one of these (part of "file function"); `last` looks at that many innermost frames only. */
  | { frame: string | string[]; last?: number }
  /** A failure of this kind stands in the log (`shortOf` of its message). */
  | { shortOf: string | string[] }
  /** The launch command contains one of these words. */
  | { command: string | string[] }
  /** The size asked for is that of a tensor which this flag scales (the flag in either spelling of the budget room). */
  | { tensor: string | string[] }
  /** The release is known and lies in this range (both ends included). */
  | { version: { from?: string; to?: string } }
  | { all: Condition[] }
  | { any: Condition[] }
  /** A guard beside other evidence: the condition is not shown to hold (it is false or unknown). */
  | { unless: Condition };

const words = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

/** A comparison, checked when the file is read. */
const calculation = z.string().superRefine((source, context) => {
  try {
    parseExpression(source);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** The kinds, by the key that names them: a wrong refinement is told for that kind and not for all of them. */
const KINDS = {
  event: z.strictObject({ event: words, where: calculation.optional() }),
  fact: z.strictObject({
    fact: z.string(),
    is: z.union([scalar, z.array(scalar)]).optional(),
    has: words.optional(),
  }),
  calc: z.strictObject({ calc: calculation }),
  phase: z.strictObject({ phase: words }),
  frame: z.strictObject({ frame: words, last: z.number().int().positive().optional() }),
  shortOf: z.strictObject({ shortOf: words }),
  command: z.strictObject({ command: words }),
  tensor: z.strictObject({ tensor: words }),
  version: z.strictObject({
    version: z.strictObject({ from: z.string().optional(), to: z.string().optional() }),
  }),
  all: z.strictObject({ all: z.array(z.lazy((): z.ZodType => conditionSchema)).min(1) }),
  any: z.strictObject({ any: z.array(z.lazy((): z.ZodType => conditionSchema)).min(1) }),
  unless: z.strictObject({ unless: z.lazy((): z.ZodType => conditionSchema) }),
};

export const conditionSchema: z.ZodType<Condition> = z.custom<Condition>().superRefine((value, context) => {
  const keys = value && typeof value === 'object' ? Object.keys(value) : [];
  const kind = keys.find((key): key is keyof typeof KINDS => Object.hasOwn(KINDS, key));
  if (!kind) {
    context.addIssue({ code: 'custom', message: `a condition starts with one of ${Object.keys(KINDS).join(', ')}` });
    return;
  }
  const parsed = KINDS[kind].safeParse(value);
  for (const issue of parsed.error?.issues ?? [])
    context.addIssue({ code: 'custom', message: issue.message, path: issue.path });
});

/** One or many as a list. */
export const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Ids of the messages that a condition speaks of: for checking that they exist. */
export const messagesOf = (condition: Condition): string[] => {
  if ('event' in condition) return listOf(condition.event);
  if ('all' in condition) return condition.all.flatMap(messagesOf);
  if ('any' in condition) return condition.any.flatMap(messagesOf);
  if ('unless' in condition) return messagesOf(condition.unless);
  return [];
};
