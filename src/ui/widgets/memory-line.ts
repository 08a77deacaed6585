import { gib } from '../../common/units.js';
import { type Line, span, widthOf } from '../lines.js';

const LEVELS = ' ▁▂▃▄▅▆▇█';

/** GPU memory over time, the newest at the right: the level of each sample, the figures of the last one, the budget. */
export const memoryLine = (samples: { usedGiB: number; totalGiB: number }[], columns: number, budget = ''): Line => {
  const last = samples.at(-1);
  if (!last) return [];
  const figures = ` ${gib(last.usedGiB)} / ${gib(last.totalGiB)} GiB`;
  const room = Math.max(0, columns - figures.length - widthOf(budget));
  const drawn = samples
    .slice(room > 0 ? -room : samples.length)
    .map(({ usedGiB, totalGiB }) => LEVELS[Math.min(8, Math.ceil((usedGiB / totalGiB) * 8))] ?? ' ')
    .join('');
  return [span(drawn.padStart(Math.min(room, 60)), 'accent'), span(figures, 'strong'), span(budget, 'dim')];
};
