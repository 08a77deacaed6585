import { z } from 'zod';
import type { Condition } from './conditions.js';
import { parseExpression } from './expression.js';

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
