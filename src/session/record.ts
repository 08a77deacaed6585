import { z } from 'zod';
import type { FactName, Facts } from '../facts/types.js';
import type { LogReading } from '../log/types.js';
import type { RetestResult, RetestVia } from '../retest/types.js';

/** The wizard's steps, in order. The report is a leaf of the result and no step of its own. */
export const STEPS = ['log', 'facts', 'diagnosis', 'fixes', 'retest', 'result'] as const;
export type Step = (typeof STEPS)[number];

/** What somebody asks for whom nothing crashed. */
export const QUESTIONS = ['why-so-much', 'will-it-fit', 'save-memory'] as const;
export type AskedQuestion = (typeof QUESTIONS)[number];

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
  rounds: z.array(round),
});

export interface Attempt extends Omit<z.infer<typeof attempt>, 'reading'> {
  reading: LogReading | null;
}

export interface Round extends Omit<z.infer<typeof round>, 'reading' | 'attempt'> {
  reading: LogReading | null;
  attempt: Attempt | null;
}

/** Everything that a session knows: the one thing that is written, resumed and shown. */
export interface SessionRecord extends Omit<z.infer<typeof schema>, 'rounds' | 'userFacts' | 'probeFacts'> {
  userFacts: Facts;
  probeFacts: Facts;
  rounds: Round[];
}

/** A record from parsed JSON, or null for one that is damaged or from another version of the doctor. */
export const parseRecord = (json: unknown): SessionRecord | null => {
  const parsed = schema.safeParse(json);
  return parsed.success ? (parsed.data as unknown as SessionRecord) : null;
};

export const newRecord = (id: string, now: Date): SessionRecord => ({
  schemaVersion: 1,
  id,
  createdAt: now.toISOString(),
  updatedAt: now.toISOString(),
  question: null,
  position: null,
  userFacts: {},
  probeFacts: {},
  sameMachine: null,
  modelConfig: null,
  retestSkipped: false,
  rounds: [],
});

export const newRound = (input: string, reading: LogReading | null, command: string | null): Round => ({
  input,
  reading,
  command,
  factsSeen: false,
  diagnosisSeen: false,
  fixesChosen: false,
  selected: null,
  attempt: null,
});

export const currentRound = (record: SessionRecord): Round | null => record.rounds.at(-1) ?? null;

/** How far the work has come: the first step that is not complete. */
export const reachedStep = (record: SessionRecord): Step => {
  const round = currentRound(record);
  if (!round) return 'log';
  if (!round.factsSeen) return 'facts';
  if (!round.diagnosisSeen) return 'diagnosis';
  if (!round.fixesChosen) return 'fixes';
  if (round.attempt?.outcome === 'proven' || record.retestSkipped) return 'result';
  return 'retest';
};

/** The step to show: where the user went back to, never beyond what has been reached. */
export const stepOf = (record: SessionRecord): Step => {
  const reached = reachedStep(record);
  if (record.position === null) return reached;
  return STEPS.indexOf(record.position) < STEPS.indexOf(reached) ? record.position : reached;
};

/**
 * Facts of a machine and a model that stay true when only the command changes: what a later round may still believe of
 * the first one. Settings and figures that follow from them are not among them.
 */
const LASTING: FactName[] = [
  'vllmVersion',
  'engine',
  'usage',
  'model',
  'architecture',
  'isMultimodal',
  'isMoe',
  'isHybrid',
  'torchVersion',
  'driverVersion',
  'cudaVersion',
  'platform',
  'isWsl',
  'isContainer',
  'gpuName',
  'gpuCount',
  'gpuTotalGiB',
  'computeCapability',
  'unifiedMemory',
  'hostRamGiB',
  'hostLimitGiB',
  'shmGiB',
];

export const lastingFacts = (facts: Facts): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => LASTING.includes(name as FactName)));

/** The lines that are kept of an attempt's output. */
const TAIL_LINES = 40;

/** What a finished re-test leaves in the record. */
export const attemptFrom = (
  plan: { via: RetestVia; command: string; simulated: boolean },
  startedAt: Date,
  result: RetestResult,
  reading: LogReading | null,
): Attempt => {
  const phases: Attempt['phases'] = [];
  let peakGiB: number | null = null;
  let request: Attempt['request'] = null;
  let load: Attempt['load'] = null;
  let leftBehind: string[] = [];
  for (const event of result.events) {
    if (event.type === 'phase') phases.push({ phase: event.phase, atMs: event.atMs });
    if (event.type === 'memory') for (const gpu of event.gpus) peakGiB = Math.max(peakGiB ?? 0, gpu.usedGiB);
    if (event.type === 'request') request = { ok: event.ok, status: event.status, detail: event.detail };
    if (event.type === 'load') {
      const { ok, sent, answered, promptTokens } = event;
      load = { ok, sent, answered, promptTokens };
    }
    if (event.type === 'stopped') leftBehind = event.leftBehind;
  }
  return {
    via: plan.via,
    command: plan.command,
    simulated: plan.simulated,
    startedAt: startedAt.toISOString(),
    outcome: result.outcome,
    reason: result.reason,
    startupMs: result.startupMs,
    phases,
    peakGiB,
    request,
    leftBehind,
    load,
    why: result.why ?? null,
    tail: result.log.trimEnd().split('\n').slice(-TAIL_LINES),
    reading,
  };
};

/** The record with a start that holds and is better than what was chosen: the command that it tried is the result now. */
export const withHeld = (record: SessionRecord, attempt: Attempt): SessionRecord => ({
  ...record,
  position: null,
  rounds: [
    ...record.rounds,
    {
      ...newRound('bisection', attempt.reading, attempt.command),
      factsSeen: true,
      diagnosisSeen: true,
      fixesChosen: true,
      selected: [],
      attempt,
    },
  ],
});

/**
 * The record after a re-test: the attempt stands beside the fixes that it tried; one that failed of its own (not stopped
 * by hand, not refused before the start) opens a new round, whose log is what the attempt printed.
 */
export const withAttempt = (record: SessionRecord, attempt: Attempt): SessionRecord => {
  const rounds = record.rounds.with(-1, { ...record.rounds.at(-1)!, attempt });
  const failed = attempt.outcome === 'failed' || attempt.outcome === 'timeout';
  if (failed && attempt.reading)
    rounds.push({
      ...newRound(`re-test ${rounds.length}`, attempt.reading, attempt.command),
      factsSeen: true,
    });
  return { ...record, rounds, position: null };
};
