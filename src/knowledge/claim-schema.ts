import { z } from 'zod';
import { conditionSchema } from './condition-schema.js';

const text = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });

/** A popular claim that does not hold, told where somebody is likely to meet it. One YAML file each in knowledge/claims. */
export const claimSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'an id is lower-case words with hyphens'),
  /** What is claimed. */
  title: text,
  /** Causes with which it is heard; absent: with any. */
  causes: z.array(z.string()).optional(),
  /** What does not hold, the first that fits this case. */
  reasons: z.array(z.strictObject({ when: conditionSchema, why: text })).min(1),
  sources: z.array(z.strictObject({ what: z.string().min(1), url: z.url().optional(), date: z.iso.date() })).min(1),
});

export type Claim = z.infer<typeof claimSchema>;
