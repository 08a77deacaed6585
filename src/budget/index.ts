import type { Facts } from '../facts/types.js';
import type { Launch } from '../launch/types.js';
import { compute } from './compute.js';
import type { Budget } from './types.js';

export type { Amount, Budget, PerGpuBudget } from './types.js';

/** Where every GiB goes, per GPU: measured before computed before assumed. Null when nothing at all is known. */
export const computeBudget = (input: { facts: Facts; launch: Launch | null; modelConfig: unknown }): Budget | null =>
  compute(input).budget;
