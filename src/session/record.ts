import type { FactName, Facts } from '../facts/types.js';
import type { LogReading } from '../log/types.js';
import type { RetestResult, RetestVia } from '../retest/types.js';
import type { AttemptData, RecordData, RoundData } from './record-schema.js';

/** The wizard's steps, in order. The report is a leaf of the result and no step of its own. */
export const STEPS = ['log', 'facts', 'diagnosis', 'fixes', 'retest', 'result'] as const;
export type Step = (typeof STEPS)[number];

/** What somebody asks for whom nothing crashed. */
export const QUESTIONS = ['why-so-much', 'will-it-fit', 'save-memory'] as const;
export type AskedQuestion = (typeof QUESTIONS)[number];

export interface Attempt extends Omit<AttemptData, 'reading'> {
  reading: LogReading | null;
}

export interface Round extends Omit<RoundData, 'reading' | 'attempt'> {
  reading: LogReading | null;
  attempt: Attempt | null;
}

/** Everything that a session knows: the one thing that is written, resumed and shown. */
export interface SessionRecord extends Omit<RecordData, 'rounds' | 'userFacts' | 'probeFacts'> {
  userFacts: Facts;
  probeFacts: Facts;
  rounds: Round[];
}

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
  demo: null,
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
  held: null,
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
  let unchecked: Attempt['unchecked'];
  for (const event of result.events) {
    if (event.type === 'phase') phases.push({ phase: event.phase, atMs: event.atMs });
    if (event.type === 'memory') for (const gpu of event.gpus) peakGiB = Math.max(peakGiB ?? 0, gpu.usedGiB);
    if (event.type === 'request') request = { ok: event.ok, status: event.status, detail: event.detail };
    if (event.type === 'load') {
      const { ok, sent, answered, promptTokens } = event;
      load = { ok, sent, answered, promptTokens };
    }
    if (event.type === 'stopped') ({ leftBehind, unchecked } = event);
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
    ...(unchecked ? { unchecked } : {}),
    load,
    why: result.why ?? null,
    tail: result.log.trimEnd().split('\n').slice(-TAIL_LINES),
    reading,
  };
};

/**
 * The record with a start that holds and is better than what was chosen: its command is the result now. The round keeps
 * its log, so what was diagnosed stays what was diagnosed.
 */
export const withHeld = (record: SessionRecord, attempt: Attempt): SessionRecord => ({
  ...record,
  position: null,
  rounds: record.rounds.with(-1, { ...record.rounds.at(-1)!, attempt, held: attempt.command }),
});

/** The record as it is opened again: what was proven is shown, not the place where it could be tried once more. */
export const resumed = (record: SessionRecord): SessionRecord =>
  record.position === 'retest' && reachedStep(record) === 'result' ? { ...record, position: null } : record;

/** Settings of a saved launch whose values were secrets and were not kept, by their names: `HF_TOKEN`, `--api-key`. */
export const maskedNames = (command: string): string[] => {
  const names = [
    ...command.matchAll(
      /(--?[A-Za-z][\w-]{0,63}|\b[A-Za-z_]\w{0,63})["']?(?:\s{0,4}[=:]\s{0,4}|\s{1,4})["']?(?:Bearer |Basic )?[^\s"'=]{0,128}\*\*\*/g,
    ),
  ];
  return [...new Set(names.map(([, name]) => name!))];
};

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
