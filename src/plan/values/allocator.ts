import { fact } from '../situation.js';
import { type Outcome, type Strategy, saving } from './types.js';

const NAME = 'expandable_segments';

/** The allocator's settings with expandable segments set to `value`, everything else as it was. */
const withSegments = (now: string | undefined, value: 'True' | 'False'): string => {
  const others = (now ?? '')
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '' && !item.startsWith(`${NAME}:`));
  return [`${NAME}:${value}`, ...others].join(',');
};

const segments =
  (value: 'True' | 'False'): Strategy =>
  ({ s, change }): Outcome => {
    const now = s.launch?.env[change.flag];
    if (new RegExp(`${NAME}:\\s{0,2}${value}`, 'i').test(now ?? '')) return 'already';
    const unallocated = value === 'True' ? fact(s, 'reservedUnallocatedGiB') : undefined;
    return {
      to: withSegments(now, value),
      from: now ?? null,
      saves: unallocated === undefined ? null : saving(unallocated, 0, unallocated),
    };
  };

export const segmentsOn = segments('True');
export const segmentsOff = segments('False');
