import files from 'knowledge:messages';
import { z } from 'zod';

/** What a message means for the doctor. */
export const MESSAGE_CLASSES = ['failure', 'wrapper', 'landmark', 'info', 'harmless', 'other-program'] as const;

const PHASES = [
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
] as const;

const release = z.string().regex(/^\d+\.\d+\.\d+(?:\.post\d+)?$/);

const example = z.union([
  z.string().transform(text => ({ text, values: {} as Record<string, string | number> })),
  z.strictObject({ text: z.string(), values: z.record(z.string(), z.union([z.string(), z.number()])).default({}) }),
]);

/** One message: see knowledge/messages/README.md for every field and for the template language. */
export const messageSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  class: z.enum(MESSAGE_CLASSES),
  phase: z.enum(PHASES).optional(),
  shortOf: z.enum(['gpu-memory', 'kv-cache', 'host-memory', 'shm', 'swap-space']).optional(),
  from: release.optional(),
  to: release.optional(),
  program: z.string().optional(),
  startsRun: z.boolean().optional(),
  templates: z.array(z.string().min(4)).min(1),
  set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  onlyErrors: z.boolean().optional(),
  yieldsTo: z.array(z.string()).optional(),
  notFacts: z.array(z.string()).optional(),
  belief: z.number().int().min(0).max(100).optional(),
  source: z.string().min(3),
  note: z.string().optional(),
  /** For people: what it means and what to do, where the failure is not one of memory. */
  means: z.strictObject({ en: z.string().min(1), zh: z.string().min(1) }).optional(),
  examples: z.array(example).min(1),
  nearMisses: z.array(z.string()).default([]),
});

/** An entry with its examples, as the tests and `kb check` see it. */
export type CheckedMessage = z.infer<typeof messageSchema>;

/** An entry as a reader of logs needs it. */
export type Message = Omit<CheckedMessage, 'examples' | 'nearMisses'>;

/** Validates message files (path -> content). Throws a ZodError that names the file and the entry. */
export const parseMessages = (contents: Record<string, unknown>): CheckedMessage[] =>
  Object.entries(contents).flatMap(([path, content]) => {
    const parsed = z.array(messageSchema).safeParse(content);
    if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });

/** The doctor's own messages with their examples, held to the schema. */
export const checkedMessages = (): CheckedMessage[] => parseMessages(files);
