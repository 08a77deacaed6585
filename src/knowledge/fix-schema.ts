import { z } from 'zod';
import { conditionSchema } from './condition-schema.js';

/**
 * What the doctor knows about fixes: one YAML file each in knowledge/fixes. The engine knows no fix by name; a fix says
 * itself for which causes, in which phases and releases it helps, and by which named strategy its value is computed.
 */

const text = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const release = z.string().regex(/^\d+\.\d+\.\d+(\.\d+)?$/, 'a release such as 0.8.3');
const span = z.strictObject({ from: release.optional(), to: release.optional() });
const phases = z.array(
  z.enum([
    'config',
    'device-init',
    'load',
    'profile',
    'kv-cache',
    'graph-capture',
    'sampler-warmup',
    'serving',
    'shutdown',
    'host',
    'none',
    'unknown',
  ]),
);
const count = z.number().int().min(0).nullable();

/** One thing to change, by a named strategy (`value`, see src/plan/values) or to a fixed value (`set`). */
const change = z
  .strictObject({
    where: z.enum(['vllm', 'env', 'container', 'request', 'host']),
    flag: z.string().min(1),
    value: z.string().optional(),
    set: z.json().optional(),
    /** Releases that know this form. */
    releases: span.optional(),
    /** Of several changes of one group only the first that fits the case is made. */
    group: z.string().optional(),
    when: conditionSchema.optional(),
  })
  .refine(c => (c.value === undefined) !== (c.set === undefined), 'a change has either value or set')
  .refine(c => c.where !== 'vllm' || c.flag.startsWith('--'), 'an argument of vLLM is written with its dashes');

export const fixSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'an id is lower-case words with hyphens'),
  title: text,
  explanation: text,
  /** Added to the explanation where the condition holds: what is true only of some cases. */
  notes: z.array(z.strictObject({ when: conditionSchema, text })).default([]),
  /** What the user gives up. */
  price: text,
  /** 0 nothing .. 5 money or the whole function: decides among equally promising fixes. */
  harm: z.number().int().min(0).max(5),
  /** Parts of the budget that it moves. */
  moves: z.array(z.enum(['weights', 'peak', 'graphs', 'kv', 'outside', 'others', 'host', 'shm', 'budget', 'adapters'])),
  changes: z.array(change),
  /** Causes that it cures, with how likely it is enough; of several entries of one cause the first that holds counts. */
  helps: z.array(
    z.strictObject({
      cause: z.string(),
      weight: z.number().min(0).max(1),
      /** Names the phases itself: then the table of phases below is not asked. */
      phase: phases.optional(),
      when: conditionSchema.optional(),
      /** Why, in this case, with its figures as {name}. */
      why: text.optional(),
    }),
  ),
  phases: z.strictObject({
    useful: phases.default([]),
    useless: phases.default([]),
    harmful: phases.default([]),
    /** Why it does nothing, or harm, there. */
    why: text.optional(),
  }),
  /** Where it does not help though people try it; the first that holds is told. */
  limits: z
    .array(
      z.strictObject({
        effect: z.enum(['useless', 'harmful']),
        causes: z.array(z.string()).optional(),
        phase: phases.optional(),
        when: conditionSchema.optional(),
        why: text,
      }),
    )
    .default([]),
  /** Where people try it, or vLLM itself says it: then what speaks against it is worth telling. */
  tried: z
    .strictObject({
      causes: z.array(z.string()).optional(),
      phase: phases.optional(),
      when: conditionSchema.optional(),
    })
    .optional(),
  releases: span.default({}),
  /** Of fixes that change the version: to a later or an earlier one. */
  direction: z.enum(['forward', 'back']).optional(),
  /** Releases to go to, of fixes that change the version; the first that holds counts. */
  targets: z
    .array(z.strictObject({ causes: z.array(z.string()).min(1), when: conditionSchema.optional(), release, why: text }))
    .default([]),
  /** Fixes without which it is not enough. */
  together: z.array(z.string()).default([]),
  steps: z.array(text).default([]),
  /** How one sees that it took effect. */
  check: text,
  /** Known threads in which it helped, was tried in vain, made it worse; null: not counted. */
  threads: z.strictObject({ helped: count, vain: count, worse: count }),
  sources: z.array(z.strictObject({ what: z.string().min(1), url: z.url().optional(), date: z.iso.date() })).min(1),
});

export type Fix = z.infer<typeof fixSchema>;
export type FixChangeSpec = Fix['changes'][number];

/** Something wrong in a file of the knowledge base: where in the entry and what. */
export interface FixProblem {
  file: string;
  path: (string | number)[];
  message: string;
}

/** Checks the content of one file. Whoever has the YAML text turns `path` into a line. */
export const readFix = (file: string, content: unknown): { fix: Fix | null; problems: FixProblem[] } => {
  const parsed = fixSchema.safeParse(content);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({
      file,
      path: path as (string | number)[],
      message,
    }));
    return { fix: null, problems };
  }
  const name = file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  if (name === parsed.data.id) return { fix: parsed.data, problems: [] };
  return {
    fix: null,
    problems: [{ file, path: ['id'], message: `the file is named ${name}, the fix ${parsed.data.id}` }],
  };
};
