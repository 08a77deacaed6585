import type { Diagnosis } from '../diagnosis/types.js';
import { fixes as knownFixes } from '../knowledge/fixes.js';
import { finish } from './finish.js';
import { notHelpful } from './not-helpful.js';
import { weighFixes } from './order.js';
import type { Draft } from './propose.js';
import { remaining } from './remaining.js';
import { assess, figure, type PlanInput, type Situation } from './situation.js';
import { solve } from './solver.js';
import type { Plan } from './types.js';
import { saving } from './values/types.js';

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

const SHARE = '--gpu-memory-utilization';

/** The share that leaves `gib` GiB of the card free, in place of the careful value. */
const leaving = (s: Situation, draft: Draft, gib: number): Draft => {
  const to = solve.utilisationThatLeaves(s, gib);
  const total = figure(s, 'gpuTotalGiB');
  const change = draft.changes.find(one => one.flag === SHARE);
  if (to === null || !change || !total || to >= Number(change.from ?? 1)) return draft;
  const basis = {
    en: `${to} leaves about ${gib} GiB of ${total.toFixed(2)} GiB free`,
    zh: `设为 ${to} 可在 ${total.toFixed(2)} GiB 中留出约 ${gib} GiB`,
  };
  return {
    ...draft,
    changes: [{ ...change, to }],
    values: [{ to, basis }],
    savesGiB: saving(gib, gib * 0.9, gib * 1.1),
    clearedBy: 'prediction',
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
  const options = weighFixes(s, all.values()).filter(draft => draft.candidate.cause.id === CONSERVE);
  return {
    fixes: options.map(draft => finish(leaveFreeGiB === undefined ? draft : leaving(s, draft, leaveFreeGiB), s)),
    selected: [],
    notHelpful: notHelpful(s, all.values(), new Set()),
    command: null,
    diff: null,
    remaining: remaining(s, []),
  };
};
