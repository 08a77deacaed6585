/** A stretch of the stacked bar; `fill` tells the parts apart without colour. */
export interface Stretch {
  gib: number;
  fill: string;
}

/**
 * One line of `width` cells for `total` GiB: every part gets the cells of its share (rounded so that they add up),
 * never less than one cell when it is not nothing.
 */
export const stackedBar = (parts: Stretch[], total: number, width: number): string => {
  const known = parts.filter(part => part.gib > 0);
  let sum = 0;
  let used = 0;
  let bar = '';
  for (const part of known) {
    sum += part.gib;
    const until = Math.min(width, Math.round((sum / total) * width));
    const cells = Math.max(until - used, used < width ? 1 : 0);
    bar += part.fill.repeat(cells);
    used += cells;
  }
  return bar + '·'.repeat(Math.max(0, width - used));
};
