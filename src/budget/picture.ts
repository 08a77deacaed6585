import type { Text } from '../common/text.js';
import type { Amount, Budget, PerGpuBudget } from './types.js';

/** A stretch of the card in the stacked bar. */
export interface Segment {
  key: keyof PerGpuBudget | 'free';
  label: Text;
  gib: number;
  low: number;
  high: number;
  from: Amount['from'];
  /** Lies inside total x utilisation. */
  inBudget: boolean;
}

export interface Picture {
  segments: Segment[];
  totalGiB: number | null;
  /** Where total x utilisation ends. */
  budgetLineGiB: number | null;
  /** What the parts ask for in sum, where they are more than the card or the budget. */
  askedGiB: number | null;
  overGiB: number;
  unknown: Text[];
}

const LABELS: Record<Exclude<Segment['key'], 'totalGiB' | 'budgetGiB'>, Text> = {
  otherProcessesGiB: { en: 'other processes', zh: '其他进程' },
  weightsGiB: { en: 'weights', zh: '权重' },
  activationGiB: { en: 'activation peak', zh: '激活峰值' },
  nonTorchGiB: { en: 'non-torch', zh: '非 torch' },
  graphsGiB: { en: 'CUDA graphs', zh: 'CUDA 图' },
  kvCacheGiB: { en: 'KV cache', zh: 'KV 缓存' },
  outsideGiB: { en: 'outside the budget', zh: '预算之外' },
  free: { en: 'free', zh: '空闲' },
};

const ORDER = [
  'otherProcessesGiB',
  'weightsGiB',
  'activationGiB',
  'nonTorchGiB',
  'graphsGiB',
  'kvCacheGiB',
  'outsideGiB',
] as const;

/** The stacked bar's data: parts in the order in which they lie, the budget's line, and by how much they are too many. */
export const pictureOf = (budget: Pick<Budget, 'perGpu' | 'graphsCounted'>): Picture => {
  const { perGpu } = budget;
  const outside = new Set<string>([
    'outsideGiB',
    'otherProcessesGiB',
    ...(budget.graphsCounted === false ? ['graphsGiB'] : []),
  ]);
  const segments: Segment[] = [];
  const unknown: Text[] = [];
  // What counts against the budget comes first, so that its line falls between the two.
  const order = [...ORDER.filter(key => !outside.has(key)), ...ORDER.filter(key => outside.has(key))];
  for (const key of order) {
    const part = perGpu[key];
    if (!part) {
      if (key !== 'otherProcessesGiB' && key !== 'outsideGiB') unknown.push(LABELS[key]);
      continue;
    }
    // A pool below nothing is what is missing, not a stretch.
    if (part.gib <= 0) continue;
    segments.push({ key, label: LABELS[key], ...part, inBudget: !outside.has(key) });
  }
  const total = perGpu.totalGiB?.gib ?? null;
  const sum = segments.reduce((all, segment) => all + segment.gib, 0);
  const missing = Math.max(0, -(perGpu.kvCacheGiB?.gib ?? 0));
  const over = Math.max(missing, total === null ? 0 : sum - total);
  if (total !== null && sum < total && unknown.length === 0)
    segments.push({
      key: 'free',
      label: LABELS.free,
      gib: total - sum,
      low: 0,
      high: total - sum,
      from: 'formula',
      inBudget: false,
    });
  return {
    segments,
    totalGiB: total,
    budgetLineGiB: perGpu.budgetGiB?.gib ?? null,
    askedGiB: over > 0 ? sum : null,
    overGiB: over,
    unknown,
  };
};
