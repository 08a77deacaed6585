import { fact, figure } from '../situation.js';
import { type Ask, type Outcome, type Strategy, saving } from './types.js';

/** What an empty card has free of its total: the context of the driver and vLLM's own take up to this share. */
const EMPTY_CARD = 0.98;

/**
 * Memory that other processes hold, as torch or the start-up check tells it. Freeing it is enough where the start-up
 * check asked for no more than an empty card has, and never where the weights alone are more than the budget.
 */
export const whatOthersHold: Strategy = ({ s }: Ask): Outcome => {
  const total = figure(s, 'gpuTotalGiB');
  const free = fact(s, 'freeAtStartGiB');
  const desired = fact(s, 'desiredGiB');
  const held = fact(s, 'otherProcessesGiB') ?? (total !== undefined && free !== undefined ? total - free : undefined);
  const enough =
    s.phase === 'device-init' && total !== undefined && desired !== undefined && desired <= total * EMPTY_CARD;
  const { weightsGiB, budgetGiB } = s.budget?.perGpu ?? {};
  const tooLarge = Boolean(weightsGiB && budgetGiB && weightsGiB.low > budgetGiB.high);
  return {
    to: true,
    saves: held === undefined ? null : saving(held, held * 0.9, held),
    sufficient: tooLarge ? false : enough ? true : null,
    clearedBy: enough && !tooLarge ? 'prediction' : null,
    ...(held !== undefined && {
      basis: { en: `about ${held.toFixed(2)} GiB is held by others`, zh: `其他进程约占 ${held.toFixed(2)} GiB` },
    }),
  };
};
