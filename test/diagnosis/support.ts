import type { Facts } from '../../src/facts/types.js';
import { answerIncident } from '../../src/session/answer.js';
import type { Answer } from '../../src/session/types.js';

/** The whole pipeline on a text: what `diagnose` would answer. */
export const answerTo = (log: string, userFacts: Facts = {}): Promise<Answer> =>
  answerIncident({
    files: [{ name: 'test.log', text: [log] }],
    command: null,
    userFacts,
    probeFacts: {},
    modelConfig: null,
  });

/** The cause told first, or the verdict where none is told. */
export const told = (answer: Answer): string => (answer.verdict === 'oom' ? answer.causes[0]!.id : answer.verdict);
