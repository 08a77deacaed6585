import type { Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import { compute } from './compute.js';
import type { Budget } from './types.js';

export { derivedFacts } from './derived-facts.js';
export { type Suspect, suspectsOf } from './forensics.js';
export { type Picture, pictureOf, type Segment } from './picture.js';
export { type SettingChange, type Solver, solver } from './solve.js';
export type { Amount, Budget, PerGpuBudget } from './types.js';

/** Where every GiB goes, per GPU: measured before computed before assumed. Null when nothing at all is known. */
export const computeBudget = (input: { facts: Facts; launch: Launch | null; modelConfig: unknown }): Budget | null =>
  compute(input).budget;
