import type { Amount, Budget } from '../../budget/types.js';
import { type Lang, say } from '../../common/text.js';
import { gib } from '../../common/units.js';
import { stackedBar } from '../../report/bar.js';
import { budgetParts } from '../../report/budget-lines.js';
import { amountText } from '../../report/document.js';
import { type Line, packed, type Span, span, spread, type Tone } from '../lines.js';
import { STR } from '../strings.js';

/** Tones in the order of the parts; the fill characters tell them apart without colour. */
const TONES: Tone[] = ['warn', 'accent', 'plain', 'good', 'warn', 'dim', 'bad'];

/** Runs of equal characters as spans, each with the tone of its part; the budget's end drawn over the bar. */
const drawn = (bar: string, tones: Map<string, Tone>, budgetAt: number | null): Line => {
  const spans: Span[] = [];
  [...bar].forEach((char, at) => {
    const piece: Span =
      at === budgetAt ? { text: '│', tone: 'strong' } : { text: char, tone: tones.get(char) ?? 'dim' };
    const last = spans.at(-1);
    if (last && last.tone === piece.tone) last.text += piece.text;
    else spans.push({ ...piece });
  });
  return spans;
};

/** One stacked bar of a GPU with its legend; what is not known is not drawn. Empty when nothing is known. */
export const memoryBar = (
  budget: Budget | null,
  lang: Lang,
  columns: number,
  options: { requestedGiB?: number; gpu?: string; brief?: boolean } = {},
): Line[] => {
  if (!budget) return [];
  const { parts, totalGiB, budgetGiB } = budgetParts(budget.perGpu, lang);
  if (parts.length === 0 && totalGiB === null) return [];
  const rows: Line[] = [];
  const { total, budget: ends } = STR.budget;
  const head: Line = [span(options.gpu ?? say(STR.diagnosis.memory, lang), 'strong')];
  if (budget.perGpu.totalGiB) head.push(span(` · ${say(total, lang)} ${short(budget.perGpu.totalGiB)} GiB`));
  const limit: Line = budget.perGpu.budgetGiB
    ? [span(`│ ${say(ends, lang)} ${short(budget.perGpu.budgetGiB)} GiB`)]
    : [];
  rows.push(spread(head, limit, columns));
  if (totalGiB !== null && parts.length > 0) {
    const tones = new Map(parts.map((part, i) => [part.fill, TONES[i % TONES.length]!]));
    const bar = stackedBar(
      parts.map(part => ({ gib: part.amount.gib, fill: part.fill })),
      totalGiB,
      columns,
    );
    const at = budgetGiB === null ? null : Math.min(columns - 1, Math.round((budgetGiB / totalGiB) * columns));
    rows.push(drawn(bar, tones, at));
  }
  const legend = parts.map(
    (part, i): Line => [span(`${part.fill} `, TONES[i % TONES.length]), span(`${part.label} ${short(part.amount)}`)],
  );
  if (options.requestedGiB !== undefined)
    legend.push([span(`${say(STR.budget.askedFor, lang)} ${gib(options.requestedGiB)}`, 'bad')]);
  rows.push(...packed(legend, columns));
  const origins = new Set(parts.map(part => part.amount.from));
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

/** `~6.20`, with its range where that is what one has to know. */
const short = (amount: Amount): string =>
  amount.high - amount.low > 0.3 * Math.max(1, amount.gib)
    ? amountText(amount)
    : amountText({ ...amount, low: amount.gib, high: amount.gib });

const grouped = (value: number) => value.toLocaleString('en-US');

/** What the budget comes to: KV tokens, concurrency, the longest context, what is missing. */
export const budgetSums = (budget: Budget, lang: Lang): string[] => {
  const { kvTokens, concurrency, maxLen, short } = STR.budget;
  const put = (text: { en: string; zh: string }, name: string, value: string) => say(text, lang).replace(name, value);
  return [
    budget.shortGiB ? put(short, '{gib}', gib(budget.shortGiB)) : '',
    budget.kvTokens ? put(kvTokens, '{tokens}', grouped(Math.round(budget.kvTokens))) : '',
    budget.maxConcurrency ? put(concurrency, '{n}', budget.maxConcurrency.toFixed(1)) : '',
    budget.maxModelLenThatFits ? put(maxLen, '{n}', grouped(budget.maxModelLenThatFits)) : '',
  ].filter(Boolean);
};
