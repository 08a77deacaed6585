import type { Diagnosis } from '../diagnosis/types.js';
import { fixes as knownFixes } from '../knowledge/fixes.js';
import { applyFixes } from './apply.js';
import { finish } from './finish.js';
import { notHelpful } from './not-helpful.js';
import { weighFixes } from './order.js';
import { remaining } from './remaining.js';
import { assess, figure, type PlanInput, type Situation } from './situation.js';
import { solve } from './solver.js';
import type { Plan, ProposedFix } from './types.js';

/** The pseudo-cause under which knowledge/fixes lists what saves memory when nothing failed. */
const CONSERVE = 'conserve';

const DIAGNOSIS: Diagnosis = {
  verdict: 'healthy',
  phase: 'none',
  summary: { en: 'Nothing failed.', zh: '没有故障。' },
  causes: [
    {
      id: CONSERVE,
      score: 1,
      title: { en: 'Save memory', zh: '节省显存' },
      summary: { en: 'Use less memory.', zh: '减少显存占用。' },
      regressedIn: null,
      fixedIn: null,
      because: [],
      against: [],
      fixes: [],
    },
  ],
  questions: [],
  proof: [],
};

/** The share that leaves `gib` GiB of the card free, in place of the careful value. */
const leaving = (s: Situation, fix: ProposedFix, gib: number): ProposedFix => {
  const to = solve.utilisationThatLeaves(s, gib);
  const total = figure(s, 'gpuTotalGiB');
  const change = fix.changes.find(one => one.flag === '--gpu-memory-utilization');
  if (to === null || !change || !total || to >= Number(change.from ?? 1)) return fix;
  const changes = fix.changes.map(one => (one === change ? { ...one, to } : one));
  const applied = s.launch ? applyFixes(s.launch.text, [{ changes }]) : null;
  const kept = remaining(s, [{ ...fix, changes }]);
  const cost =
    kept.kvTokens === null
      ? { en: '', zh: '' }
      : { en: ` ${kept.kvTokens} tokens of KV cache remain.`, zh: `KV 缓存剩 ${kept.kvTokens} 个 token。` };
  return {
    ...fix,
    changes,
    command: applied?.command ?? null,
    diff: applied?.diff ?? null,
    assumed: false,
    clearedBy: 'prediction',
    savesGiB: { gib, low: gib * 0.9, high: gib * 1.1 },
    why: {
      en: `${fix.why.en} ${to} leaves about ${gib} GiB of ${total.toFixed(2)} GiB free.${cost.en}`,
      zh: `${fix.why.zh}设为 ${to} 可在 ${total.toFixed(2)} GiB 中留出约 ${gib} GiB。${cost.zh}`,
    },
  };
};

/**
 * Ways to use less memory where nothing failed: every option of vLLM's page on conserving memory that its release, GPU
 * and model know, with the GiB that it saves. `leaveFreeGiB` asks for a share that leaves so much of the card free.
 */
export const conserveMemory = (
  input: Pick<PlanInput, 'facts' | 'budget' | 'launch' | 'modelConfig'> & { leaveFreeGiB?: number },
): Plan => {
  const { leaveFreeGiB, ...rest } = input;
  const s = assess({ ...rest, diagnosis: DIAGNOSIS, reading: null });
  const all = knownFixes();
  const options = weighFixes(s, all.values())
    .filter(draft => draft.candidate.cause.id === CONSERVE)
    .map(draft => finish(draft, s));
  return {
    fixes: options.map(fix =>
      leaveFreeGiB !== undefined && fix.changes.some(change => change.flag === '--gpu-memory-utilization')
        ? leaving(s, fix, leaveFreeGiB)
        : fix,
    ),
    selected: [],
    notHelpful: notHelpful(s, all.values(), new Set()),
    command: null,
    diff: null,
    remaining: remaining(s, []),
  };
};
