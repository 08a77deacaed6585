export { type Contradiction, contradiction } from './contradiction.js';
export { planRetest } from './plan.js';
export { type RetestOptions, startRetest } from './start.js';
export type {
  BrokenOff,
  Endpoint,
  NotStarted,
  RetestEvent,
  RetestHandle,
  RetestLoad,
  RetestPlan,
  RetestResult,
  RetestVia,
  StartCommand,
  Unchecked,
} from './types.js';
