import type { Budget } from '../budget/types.js';
import type { Facts } from '../facts/types.js';
import type { LogReading } from '../log/types.js';
import type { Diagnosis } from './types.js';

export type { Diagnosis, Evidence, Question, RankedCause, Verdict } from './types.js';

/** Weighs what the knowledge says about the reading. Pure: the same input gives the same answer. */
export const diagnose = (_input: { reading: LogReading; facts: Facts; budget: Budget | null }): Diagnosis => ({
  verdict: 'insufficient-log',
  phase: 'unknown',
  summary: { en: 'No cause is established yet.', zh: '尚未确定根因。' },
  causes: [],
  questions: [],
  proof: [],
});
