import type { Preview } from '../../session/preview.js';
import { currentRound, newRound, type SessionRecord } from '../../session/record.js';
import type { Answer } from '../../session/types.js';
import type { Engine } from '../services.js';

/** Everything that follows from the record. Null throughout while nothing was read or asked. */
export interface Answers {
  answer: Answer | null;
  /** The answer to the first round: what it was like before anything was changed. */
  first: Answer | null;
  /** What the start that held has shown, read like any log; null while none has. */
  proven: Answer | null;
  /** What becomes of memory and command with the selected fixes. */
  preview: Preview | null;
}

/** Nothing was read or asked yet. */
export const NO_ANSWERS: Answers = { answer: null, first: null, proven: null, preview: null };

/** The ids of the fixes that are ticked: the user's choice, else what is advised. */
export const selectedFixes = (record: SessionRecord, answer: Answer | null): string[] =>
  currentRound(record)?.selected ?? answer?.selected ?? [];

/** Whether a choice is what is advised, in any order. */
export const isAdvice = (selected: readonly string[] | null, answer: Answer | null): boolean =>
  selected === null ||
  (selected.length === answer?.selected.length && selected.every(id => answer.selected.includes(id)));

/** What an answer is worked out from. Records are never changed in place, so the same object means the same content. */
const basisOf = (record: SessionRecord): unknown[] => [
  record.rounds.length,
  ...record.rounds.flatMap(round => [round.reading, round.command]),
  record.userFacts,
  record.probeFacts,
  record.sameMachine,
  record.modelConfig,
];

const sameBasis = (a: SessionRecord, b: SessionRecord): boolean => {
  const [old, now] = [basisOf(a), basisOf(b)];
  return old.length === now.length && old.every((item, i) => item === now[i]);
};

/**
 * What follows from a record with at least one round. `before`: a record with its answers, of which those are taken over
 * that still hold; null: all are worked out anew.
 */
export const answersTo = (
  record: SessionRecord,
  engine: Engine,
  before: (Answers & { record: SessionRecord }) | null,
): Answers => {
  const known = before && sameBasis(before.record, record) ? before : null;
  const answer = known ? known.answer : engine.answerOf(record);
  const preview = answer && engine.previewFixes(answer, selectedFixes(record, answer), record.modelConfig);
  const first = record.rounds.length < 2 ? answer : known ? known.first : engine.answerOf(record, 0);
  const attempt = currentRound(record)?.attempt;
  if (attempt?.outcome !== 'proven' || !attempt.reading) return { answer, first, proven: null, preview };
  const proven =
    known && currentRound(known.record)?.attempt === attempt
      ? known.proven
      : engine.answerOf({ ...record, rounds: [...record.rounds, newRound('', attempt.reading, attempt.command)] });
  return { answer, first, proven, preview };
};
