import type { FactName, Facts } from '../../facts/types.js';
import type { LogReading } from '../../log/types.js';
import {
  type AskedQuestion,
  currentRound,
  newRound,
  type Round,
  reachedStep,
  type SessionRecord,
  STEPS,
  type Step,
  stepOf,
} from '../../session/record.js';
import { selectedFixes } from './answers.js';
import { commandToTry } from './selectors.js';
import type { WizardState } from './wizard-state.js';

/** What a session begins with: a text that was read, a command, or a question for which nothing is given. */
export interface Beginning {
  /** What was read, by its names; empty where nothing was. */
  input: string;
  reading: LogReading | null;
  command: string | null;
  question: AskedQuestion | null;
}

/** A new incident: one round, everything else about it unknown. */
export const withBeginning = (
  record: SessionRecord,
  { input, reading, command, question }: Beginning,
): SessionRecord => ({
  ...record,
  question,
  retestSkipped: false,
  rounds: [newRound(input, reading, command)],
  position: null,
});

/** Back to the first screen with nothing read; what was found on this machine stays known. */
export const withoutIncident = (record: SessionRecord): SessionRecord => ({
  ...record,
  rounds: [],
  question: null,
  userFacts: {},
  position: null,
});

/** The record with the current round changed; as it was where there is none. */
export const withRound = (record: SessionRecord, patch: Partial<Round>): SessionRecord => {
  const round = currentRound(record);
  return round ? { ...record, rounds: record.rounds.with(-1, { ...round, ...patch }) } : record;
};

/** The record with a fact as the user states it, above whatever a text or a machine says. */
export const withUserFact = (record: SessionRecord, name: FactName, value: unknown): SessionRecord => ({
  ...record,
  userFacts: { ...record.userFacts, [name]: { value, from: 'user' } } as Facts,
});

/** The record without what the user stated about a fact. */
export const withoutUserFact = (record: SessionRecord, name: FactName): SessionRecord => {
  const { [name]: _gone, ...userFacts } = record.userFacts;
  return { ...record, userFacts };
};

/** What it means for the round that its step is left by going on. */
const doneBy = (step: Step, state: WizardState): Partial<Round> => {
  if (step === 'facts') return { factsSeen: true };
  if (step === 'diagnosis') return { diagnosisSeen: true };
  if (step !== 'fixes') return {};
  const attempt = currentRound(state.record)?.attempt;
  // An attempt with another command proves nothing about the fixes that are chosen now.
  const isStale = attempt && attempt.command !== commandToTry(state);
  const selected = selectedFixes(state.record, state.answer);
  return { fixesChosen: true, selected, ...(isStale ? { attempt: null } : {}) };
};

/** The record one step on, this step done; null on the last one. */
export const stepForward = (state: WizardState): SessionRecord | null => {
  const step = stepOf(state.record);
  const next = STEPS[STEPS.indexOf(step) + 1];
  if (!next) return null;
  const record = withRound(state.record, doneBy(step, state));
  const isBehind = STEPS.indexOf(next) < STEPS.indexOf(reachedStep(record));
  return { ...record, position: isBehind ? next : null };
};

/** The record one step back; null on the first one. */
export const stepBack = (record: SessionRecord): SessionRecord | null => {
  const index = STEPS.indexOf(stepOf(record));
  return index > 0 ? { ...record, position: STEPS[index - 1]! } : null;
};
