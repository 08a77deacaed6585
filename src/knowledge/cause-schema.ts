import { z } from 'zod';
import type { Weight } from './causes.js';
import { conditionSchema } from './condition-schema.js';

/** Folded YAML puts a blank where a line ended; between Chinese characters there is none. */
const chinese = z
  .string()
  .min(1)
  .transform(text => text.replace(/(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])/g, ''));

const text = z.strictObject({ en: z.string().min(1), zh: chinese });

const evidence = z.strictObject({
  when: conditionSchema,
  weight: z.enum(['decides', 'strong', 'typical', 'hint'] satisfies Weight[]),
  /** It proves a failure by itself, where no line of the log says so. */
  proves: z.boolean().default(false),
  /** What it says, with this case's figures as {name}. */
  says: text,
});

const example = z.strictObject({
  name: z.string().min(1),
  /** A small log, written for this purpose. */
  log: z.string().min(1),
  /** Facts beside the log (a command, the user's answers). */
  facts: z.record(z.string(), z.unknown()).optional(),
});

export const causeSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'an id is lower-case words with hyphens'),
  aliases: z.array(z.string()).default([]),
  family: z.enum(['does-not-fit', 'peak', 'others-hold-it', 'margin', 'serving', 'host', 'platform']),
  title: text,
  /** What it is and how one tells. */
  explanation: text,
  /** One sentence for a case; the first that fits and whose figures are all known is used, so the last has none. */
  summary: z.array(text.extend({ when: conditionSchema.optional() })).min(1),
  /** Releases in which it can occur; an open end is left out. */
  versions: z.strictObject({ from: z.string().optional(), to: z.string().optional() }).default({}),
  /** Phases in which it strikes: for the reader, and the phase told where the log does not tell it. */
  phases: z.array(z.string()).min(1),
  /** Must not be true for this cause to be told at all: the deciding rules against its neighbours. */
  never: z.array(z.strictObject({ when: conditionSchema, because: z.string().min(1) })).default([]),
  for: z.array(evidence).min(1),
  against: z.array(evidence).default([]),
  /** Causes that step back behind this one where both are shown (a named buffer wins over the phase). */
  winsOver: z.array(z.string()).default([]),
  /** Releases that brought it although the settings were the same, and the one that repaired it. */
  regressions: z
    .array(
      z.strictObject({
        in: z.string(),
        fixed: z.string().nullable(),
        when: conditionSchema,
        what: text,
      }),
    )
    .default([]),
  /** What one more answer would tell apart, where two causes come out close. */
  separates: z
    .array(z.strictObject({ from: z.array(z.string()).min(1), ask: text, command: z.string().optional() }))
    .default([]),
  /** Fix ids, the likeliest sufficient first. */
  fixes: z.array(z.string()),
  sources: z.array(z.strictObject({ what: z.string().min(1), url: z.string().optional(), date: z.iso.date() })).min(1),
  examples: z.array(example).min(1),
  nearMisses: z.array(example.extend({ instead: z.string().min(1) })).min(1),
});

export type Cause = z.infer<typeof causeSchema>;
export type CauseEvidence = z.infer<typeof evidence>;
