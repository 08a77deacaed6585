import type { Amount, PerGpuBudget } from '../budget/types.js';
import { type Lang, say, type Text } from '../common/text.js';
import { gib } from '../common/units.js';
import { stackedBar } from './bar.js';
import { amountText } from './document.js';

/** Parts in the order in which they lie in memory: what others hold, what vLLM needs, what is left for the cache. */
const PARTS: { key: keyof PerGpuBudget; label: Text; fill: string }[] = [
  { key: 'otherProcessesGiB', label: { en: 'other processes', zh: '其他进程' }, fill: '▒' },
  { key: 'weightsGiB', label: { en: 'weights', zh: '权重' }, fill: '█' },
  { key: 'activationGiB', label: { en: 'peak', zh: '激活峰值' }, fill: '▓' },
  { key: 'nonTorchGiB', label: { en: 'non-torch', zh: '非 torch' }, fill: '▚' },
  { key: 'graphsGiB', label: { en: 'graphs', zh: 'CUDA 图' }, fill: '▞' },
  { key: 'kvCacheGiB', label: { en: 'KV cache', zh: 'KV 缓存' }, fill: '░' },
  { key: 'outsideGiB', label: { en: 'outside the budget', zh: '预算之外' }, fill: '▒' },
];

export interface BudgetPart {
  label: string;
  fill: string;
  amount: Amount;
}

/** The known parts with their names in `lang`, the total and where the budget ends. */
export const budgetParts = (
  budget: PerGpuBudget,
  lang: Lang,
): { parts: BudgetPart[]; totalGiB: number | null; budgetGiB: number | null; unknown: string[] } => ({
  parts: PARTS.flatMap(({ key, label, fill }) => {
    const amount = budget[key];
    return amount ? [{ label: say(label, lang), fill, amount }] : [];
  }),
  totalGiB: budget.totalGiB?.gib ?? null,
  budgetGiB: budget.budgetGiB?.gib ?? null,
  unknown: PARTS.filter(({ key }) => !budget[key] && key !== 'otherProcessesGiB' && key !== 'outsideGiB').map(
    ({ label }) => say(label, lang),
  ),
});

/** The stacked bar with its legend; a line per part, `~` computed, `?` assumed, unknown parts said to be unknown. */
export const budgetLines = (
  budget: PerGpuBudget,
  requestedGiB: number | null,
  lang: Lang,
  columns: number,
): string[] => {
  const { parts, totalGiB, budgetGiB, unknown } = budgetParts(budget, lang);
  const en = lang === 'en';
  const lines: string[] = [];
  const heads = [
    totalGiB === null
      ? null
      : en
        ? `total ${amountText(budget.totalGiB!)} GiB`
        : `总量 ${amountText(budget.totalGiB!)} GiB`,
    budgetGiB === null
      ? null
      : en
        ? `vLLM's budget ${amountText(budget.budgetGiB!)} GiB`
        : `vLLM 预算 ${amountText(budget.budgetGiB!)} GiB`,
    requestedGiB === null ? null : en ? `asked for ${gib(requestedGiB)} GiB` : `申请 ${gib(requestedGiB)} GiB`,
  ].filter(head => head !== null);
  if (heads.length) lines.push(`  ${heads.join(' · ')}`);
  if (totalGiB !== null && parts.length) {
    const width = Math.max(20, Math.min(64, columns - 4));
    lines.push(
      `  ${stackedBar(
        parts.map(part => ({ gib: part.amount.gib, fill: part.fill })),
        totalGiB,
        width,
      )}`,
    );
    if (budgetGiB !== null)
      lines.push(
        `  ${' '.repeat(Math.max(0, Math.round((budgetGiB / totalGiB) * width) - 1))}^ ${en ? 'budget ends here' : '预算到此为止'}`,
      );
  }
  for (const part of parts) lines.push(`  ${part.fill} ${part.label}  ${amountText(part.amount)}`);
  if (unknown.length) lines.push(`  ${en ? 'unknown' : '未知'}: ${unknown.join(', ')}`);
  const origins = new Set(parts.map(part => part.amount.from));
  const signs = [
    origins.has('formula') ? (en ? '~ computed' : '~ 计算值') : null,
    origins.has('default') ? (en ? '? assumed' : '? 假定值') : null,
  ].filter(sign => sign !== null);
  if (signs.length) lines.push(`  (GiB; ${signs.join(', ')})`);
  return lines;
};
