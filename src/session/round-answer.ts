import { mergeFacts } from '../facts/merge.js';
import { conserveMemory } from '../plan/index.js';
import { answerFromReading } from './answer.js';
import { answerAsked } from './asked.js';
import { lastingFacts, type SessionRecord } from './record.js';
import type { Answer } from './types.js';

/** The answer of a round (the last by default); null before anything was read or asked. Pure. */
export const answerOf = (record: SessionRecord, index = record.rounds.length - 1): Answer | null => {
  const round = record.rounds[index];
  if (!round) return null;
  const earlier = index > 0 ? lastingFacts(answerOf(record, index - 1)?.facts ?? {}) : {};
  const user = index > 0 ? lastingFacts(record.userFacts) : record.userFacts;
  const known = {
    command: round.command,
    userFacts: user,
    probeFacts: mergeFacts(record.sameMachine === true ? record.probeFacts : {}, earlier),
    modelConfig: record.modelConfig,
  };
  if (!round.reading) return answerAsked(record.question ?? 'will-it-fit', known);
  const answer = answerFromReading(round.reading, { ...known, files: [{ name: round.input }] });
  if (answer.verdict !== 'healthy') return answer;
  // Somebody brings a log in which nothing failed: what can be asked of it is where the memory goes and how to save some.
  const { facts, budget, launch } = answer;
  const { fixes, notHelpful } = conserveMemory({ facts, budget, launch, modelConfig: record.modelConfig });
  return { ...answer, fixes, notHelpful };
};
