import type { Fix } from '../knowledge/fixes.js';
import { shortGiB } from './short.js';
import type { Situation } from './situation.js';
import { fitsWith } from './solver.js';
import type { ProposedFix } from './types.js';

/** Two fixes that set the same thing cannot both be selected. */
const clashes = (a: ProposedFix, b: ProposedFix) =>
  a.changes.some(x => b.changes.some(y => x.where === y.where && x.flag === y.flag));

const enough = (s: Situation, set: ProposedFix[], short: number | null): boolean => {
  if (set.some(fix => fix.sufficient === true)) return true;
  const fits = fitsWith(
    s,
    set.flatMap(fix => fix.changes),
  );
  if (fits !== null) return fits;
  const low = set.reduce((sum, fix) => sum + (fix.savesGiB?.low ?? 0), 0);
  return short !== null && low >= short;
};

/** Subsets of at most `size` of the first fixes, in the order advised, smallest first. */
function* subsets(fixes: ProposedFix[], size: number): Generator<ProposedFix[]> {
  const grow = function* (from: number, left: number, chosen: ProposedFix[]): Generator<ProposedFix[]> {
    if (left === 0) yield chosen;
    else
      for (let i = from; i < fixes.length; i++)
        if (!chosen.some(other => clashes(other, fixes[i]!))) yield* grow(i + 1, left - 1, [...chosen, fixes[i]!]);
  };
  for (let n = 1; n <= size; n++) yield* grow(0, n, []);
}

/**
 * The smallest set that is enough as far as can be told, among sets of a size the one advised first. The first fix
 * alone where it may be enough, or gets past the failure (`passes`: what the start lacks then is looked for afterwards);
 * where nothing proves sufficient, the first that is not known to fall short.
 */
export const smallestSet = (
  s: Situation,
  fixes: ProposedFix[],
  all: ReadonlyMap<string, Fix>,
  passes = false,
): string[] => {
  const first = fixes[0];
  if (!first) return [];
  const set = first.sufficient === false && !passes ? (findEnough(s, fixes) ?? notShort(fixes)) : [first];
  const ids = set.map(fix => fix.id);
  for (const fix of set)
    for (const companion of all.get(fix.id)?.together ?? [])
      if (!ids.includes(companion) && fixes.some(one => one.id === companion)) ids.push(companion);
  return ids;
};

const findEnough = (s: Situation, fixes: ProposedFix[]): ProposedFix[] | undefined => {
  const short = shortGiB(s);
  for (const set of subsets(fixes.slice(0, 6), 3)) if (enough(s, set, short)) return set;
  return undefined;
};

/** What falls short alone, with the next that may complete it. */
const notShort = (fixes: ProposedFix[]): ProposedFix[] => {
  const [first, ...rest] = fixes;
  const partner = rest.find(fix => fix.sufficient !== false && fix.changes.length > 0 && !clashes(first!, fix));
  return partner ? [first!, partner] : [first!];
};
