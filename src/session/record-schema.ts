import { z } from 'zod';
import { QUESTIONS, type SessionRecord, STEPS } from './record.js';

const fact = z.object({
  value: z.unknown(),
  from: z.enum(['log', 'command', 'probe', 'config', 'user', 'default']),
  line: z.number().optional(),
  perRank: z.record(z.string(), z.unknown()).optional(),
});
const facts = z.record(z.string(), fact);
const phase = z.string();

const reading = z.looseObject({
  lines: z.number(),
  bytes: z.number(),
  isVllm: z.boolean().nullable(),
  program: z.string().nullable(),
  runs: z.array(
    z.looseObject({
      firstLine: z.number(),
      lastLine: z.number(),
      events: z.array(z.looseObject({ id: z.string(), line: z.number(), text: z.string() })),
      traces: z.array(z.looseObject({ line: z.number(), error: z.string() })),
      facts,
      phase,
      launch: z.object({ text: z.string(), line: z.number() }).nullable(),
    }),
  ),
  judged: z.number(),
  excerpts: z.array(z.object({ line: z.number(), text: z.string() })),
});

/** What is kept of a re-test: enough to show it again, not its whole log. */
const attempt = z.object({
  via: z.enum(['local', 'docker', 'ssh', 'manual']),
  command: z.string(),
  simulated: z.boolean(),
  startedAt: z.string(),
  outcome: z.enum(['proven', 'failed', 'stopped', 'timeout', 'not-started']),
  reason: z.string(),
  startupMs: z.number().nullable(),
  phases: z.array(z.object({ phase, atMs: z.number() })),
  /** Highest use seen per GPU, null when no GPU was watched. */
  peakGiB: z.number().nullable(),
  request: z.object({ ok: z.boolean(), status: z.number().nullable(), detail: z.string() }).nullable(),
  /** Processes that were still there after the stop. */
  leftBehind: z.array(z.string()),
  /** What could not be looked at after the stop, and the command by which somebody can. */
  unchecked: z.array(z.object({ what: z.object({ en: z.string(), zh: z.string() }), look: z.string() })).optional(),
  /** The user's own load after the first answer. */
  load: z
    .object({ ok: z.boolean(), sent: z.number(), answered: z.number(), promptTokens: z.number() })
    .nullable()
    .default(null),
  /** The reason in every language, where the re-test gave one. */
  why: z.object({ en: z.string(), zh: z.string() }).nullable().default(null),
  /** Last lines of its output. */
  tail: z.array(z.string()),
  /** Its output as read: the next round's diagnosis, or the figures of the start that held. */
  reading: reading.nullable(),
});

/** One turn of diagnose, choose, try. A failed attempt opens the next round with its own log. */
const round = z.object({
  input: z.string(),
  reading: reading.nullable(),
  command: z.string().nullable(),
  factsSeen: z.boolean(),
  diagnosisSeen: z.boolean(),
  fixesChosen: z.boolean(),
  /** Ids of the fixes; null: as advised. */
  selected: z.array(z.string()).nullable(),
  attempt: attempt.nullable(),
  /** The command with the largest value that a search found to hold; null: as the fixes make it. */
  held: z.string().nullable().default(null),
});

const schema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  question: z.enum(QUESTIONS).nullable(),
  /** Where the user went back to; null: where the work stands. */
  position: z.enum(STEPS).nullable(),
  userFacts: facts,
  probeFacts: facts,
  /** Whether the machine that was looked at is the one that crashed; null: not asked or not answered. */
  sameMachine: z.boolean().nullable(),
  modelConfig: z.unknown(),
  retestSkipped: z.boolean(),
  /** Name of the demo that plays the machine; null: a real one. */
  demo: z.string().nullable().default(null),
  rounds: z.array(round),
});

export type AttemptData = z.infer<typeof attempt>;
export type RoundData = z.infer<typeof round>;
export type RecordData = z.infer<typeof schema>;

/** A record from parsed JSON, or null for one that is damaged or from another version of the doctor. */
export const parseRecord = (json: unknown): SessionRecord | null => {
  const parsed = schema.safeParse(json);
  return parsed.success ? (parsed.data as unknown as SessionRecord) : null;
};
