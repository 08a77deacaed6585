import files from 'knowledge:causes';
import { z } from 'zod';
import { conditionSchema } from './conditions.js';

/** Folded YAML puts a blank where a line ended; between Chinese characters there is none. */
const chinese = z
  .string()
  .min(1)
  .transform(text => text.replace(/(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])/g, ''));

const text = z.strictObject({ en: z.string().min(1), zh: chinese });

/** How much a piece of evidence weighs: the scale that all files share. */
export const WEIGHTS = {
  /** A message or frame that only this cause has. */
  decides: 10,
  /** Hardly ever seen with another cause. */
  strong: 6,
  /** Typical, but others show it too. */
  typical: 3,
  /** A hint: raises the cause among equals, makes none by itself. */
  hint: 1,
} as const;

export type Weight = keyof typeof WEIGHTS;

const evidence = z.strictObject({
  when: conditionSchema,
  weight: z.enum(Object.keys(WEIGHTS) as [Weight, ...Weight[]]),
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

let loaded: Cause[] | null = null;
const added: Cause[] = [];

/** Every cause of the knowledge base, by file name, the private ones last. */
export const causes = (): Cause[] => {
  loaded ??= Object.entries(files).map(([file, content]) => {
    const parsed = causeSchema.safeParse(content);
    if (!parsed.success) throw new Error(`knowledge/${file}: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
  return [...loaded, ...added];
};

/** The cause of this id or former id. */
export const causeOf = (id: string): Cause | undefined =>
  causes().find(cause => cause.id === id || cause.aliases.includes(id));

/** Adds causes of a private knowledge base for the rest of this process. An id that exists is replaced. */
export const addCauses = (more: Cause[]): void => {
  const ids = new Set(more.map(cause => cause.id));
  loaded = causes().filter(cause => !ids.has(cause.id));
  added.length = 0;
  added.push(...more);
};
