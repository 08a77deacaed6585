import { pictureOf, type Segment } from '../../budget/picture.js';
import type { Amount, Budget } from '../../budget/types.js';
import { type Lang, say } from '../../common/text.js';
import { gib, thousands } from '../../common/units.js';
import { stackedBar } from '../../report/bar.js';
import { amountText } from '../../report/document.js';
import { type Line, packed, type Span, span, spread, type Tone } from '../lines.js';
import { STR, tell } from '../strings.js';

/** Each part has a fill of its own, so that colour is not needed to tell them apart. */
const LOOKS: Record<Segment['key'], { fill: string; tone: Tone }> = {
  otherProcessesGiB: { fill: '▒', tone: 'bad' },
  weightsGiB: { fill: '█', tone: 'accent' },
  activationGiB: { fill: '▓', tone: 'plain' },
  nonTorchGiB: { fill: '▚', tone: 'good' },
  graphsGiB: { fill: '▞', tone: 'warn' },
  kvCacheGiB: { fill: '░', tone: 'dim' },
  outsideGiB: { fill: '▖', tone: 'warn' },
  free: { fill: '·', tone: 'dim' },
  totalGiB: { fill: ' ', tone: 'plain' },
  budgetGiB: { fill: ' ', tone: 'plain' },
};

const TONE_OF = new Map(Object.values(LOOKS).map(({ fill, tone }) => [fill, tone]));

/** Runs of equal tone as spans; the end of the budget drawn over the bar. */
const drawn = (bar: string, budgetAt: number | null): Line => {
  const spans: Span[] = [];
  [...bar].forEach((char, at) => {
    const piece: Span =
      at === budgetAt ? { text: '│', tone: 'strong' } : { text: char, tone: TONE_OF.get(char) ?? 'dim' };
    const last = spans.at(-1);
    if (last && last.tone === piece.tone) last.text += piece.text;
    else spans.push(piece);
  });
  return spans;
};

/** `~6.20`, with its range where the range is what one has to know. */
const short = (amount: Amount): string =>
  amount.high - amount.low > 0.3 * Math.max(1, amount.gib)
    ? amountText(amount)
    : amountText({ ...amount, low: amount.gib, high: amount.gib });

/** One stacked bar of a GPU with its legend; what is not known is not drawn. Empty when nothing is known. */
export const memoryBar = (
  budget: Budget | null,
  lang: Lang,
  columns: number,
  options: { requestedGiB?: number; gpu?: string; brief?: boolean; spoken?: boolean } = {},
): Line[] => {
  if (!budget) return [];
  const { perGpu } = budget;
  const { segments, totalGiB, budgetLineGiB, overGiB } = pictureOf(budget);
  if (segments.length === 0 && totalGiB === null) return [];
  const head: Line = [span(options.gpu ?? say(STR.diagnosis.memory, lang), 'strong')];
  if (perGpu.totalGiB) head.push(span(` · ${say(STR.budget.total, lang)} ${short(perGpu.totalGiB)} GiB`));
  const limit: Line = perGpu.budgetGiB
    ? [span(`${options.spoken ? '' : '│ '}${say(STR.budget.budget, lang)} ${short(perGpu.budgetGiB)} GiB`)]
    : [];
  const rows: Line[] = [spread(head, limit, columns)];
  const parts = segments.filter(({ key }) => key !== 'free');
  if (totalGiB !== null && parts.length > 0 && !options.spoken) {
    const stretches = parts.map(({ key, gib: size }) => ({ gib: size, fill: LOOKS[key].fill }));
    const bar = stackedBar(stretches, totalGiB, columns);
    const end = budgetLineGiB === null ? null : Math.min(columns - 1, Math.round((budgetLineGiB / totalGiB) * columns));
    rows.push(drawn(bar, end));
  }
  const legend = parts.map(
    (part): Line => [
      span(options.spoken ? '' : `${LOOKS[part.key].fill} `, LOOKS[part.key].tone),
      span(`${say(part.label, lang)} ${short(part)}`),
    ],
  );
  if (options.requestedGiB !== undefined)
    legend.push([span(`${say(STR.budget.askedFor, lang)} ${gib(options.requestedGiB)}`, 'bad')]);
  const missing = budget.shortGiB || (overGiB > 0.05 ? overGiB : 0);
  if (missing) legend.push([span(tell(STR.budget.short, lang, { gib: gib(missing) }), 'bad')]);
  rows.push(...packed(legend, columns));
  const origins = new Set(parts.map(part => part.from));
  const signs = [
    origins.has('formula') ? say(STR.budget.computed, lang) : '',
    origins.has('default') ? say(STR.budget.assumed, lang) : '',
  ].filter(Boolean);
  const sums = options.brief ? [] : budgetSums(budget, lang);
  rows.push(
    ...packed(
      [...sums, ...signs].map(text => [span(text, 'dim')]),
      columns,
    ),
  );
  return rows;
};

/** What the budget comes to: KV tokens, concurrency, the longest context. */
const budgetSums = (budget: Budget, lang: Lang): string[] => {
  const { kvTokens, concurrency, maxLen } = STR.budget;
  return [
    budget.kvTokens ? tell(kvTokens, lang, { tokens: thousands(budget.kvTokens) }) : '',
    budget.maxConcurrency ? tell(concurrency, lang, { n: budget.maxConcurrency.toFixed(1) }) : '',
    budget.maxModelLenThatFits ? tell(maxLen, lang, { n: thousands(budget.maxModelLenThatFits) }) : '',
  ].filter(Boolean);
};
