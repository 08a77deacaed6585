import type { Budget } from '../budget/types.js';
import type { Diagnosis } from '../diagnosis/types.js';
import type { Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import type { LogReading } from '../log/types.js';
import type { Plan } from './types.js';

export type { FixChange, Plan, ProposedFix } from './types.js';

/** The fixes for a diagnosis with their values, in the order advised. Pure. */
export const planFixes = (_input: {
  diagnosis: Diagnosis;
  facts: Facts;
  budget: Budget | null;
  launch: Launch | null;
  reading: LogReading | null;
}): Plan => ({ fixes: [], selected: [], notHelpful: [] });
