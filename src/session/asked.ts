import type { Verdict as Fit } from '../budget/fits.js';
import { type Solver, solver } from '../budget/solve.js';
import type { Text } from '../common/text.js';
import { gib } from '../common/units.js';
import type { Evidence, Question, RankedCause } from '../diagnosis/types.js';
import { factsFromLaunch } from '../facts/from-launch.js';
import { mergeFacts } from '../facts/merge.js';
import type { FactName, Facts } from '../facts/types.js';
import { causes } from '../knowledge/causes.js';
import { readLaunch } from '../launch/index.js';
import type { Launch } from '../launch/types.js';
import type { Phase } from '../log/types.js';
import { conserveMemory, type Plan, planFixes } from '../plan/index.js';
import type { AskedQuestion } from './record.js';
import type { Answer } from './types.js';

/** What a start that does not fit would fail at. */
const HURDLES: Partial<Record<Fit['because'], { cause: string; phase: Phase }>> = {
  weights: { cause: 'weights-exceed-gpu', phase: 'load' },
  budget: { cause: 'gpu-util-too-low', phase: 'kv-cache' },
  length: { cause: 'kv-cache-too-small', phase: 'kv-cache' },
  card: { cause: 'gpu-util-too-high', phase: 'graph-capture' },
};

const FITS: Record<Fit['because'], Text> = {
  fits: { en: 'It fits, as far as can be computed.', zh: '按计算放得下。' },
  weights: {
    en: 'It does not fit: the weights alone are larger than the GPU.',
    zh: '放不下：仅模型权重就大于显存。',
  },
  budget: {
    en: 'It does not fit: weights and peak leave nothing for the KV cache.',
    zh: '放不下：模型权重与激活峰值没有给 KV 缓存留下空间。',
  },
  length: {
    en: 'It does not fit: the KV cache does not hold one request of max-model-len.',
    zh: '放不下：KV 缓存容不下一个 max-model-len 长度的请求。',
  },
  card: {
    en: 'It comes close to all of the GPU: the budget and what lies outside it are about what the card has.',
    zh: '几乎占满显存：预算加上预算之外的开销接近显存总量。',
  },
  open: {
    en: 'It cannot be told for certain: the limit lies inside the range of the computation.',
    zh: '无法确定：界限落在计算的误差范围之内。',
  },
  unknown: { en: 'It cannot be told yet: something is not known.', zh: '还无法判断：缺少信息。' },
};

const ASK: Record<string, Text> = {
  model: { en: 'Which model is it?', zh: '是哪个模型？' },
  modelConfig: {
    en: 'The doctor does not know this model: start it with --model-config config.json.',
    zh: '本工具不认识该模型：请用 --model-config config.json 启动。',
  },
  gpuTotalGiB: { en: 'Which GPU is it, and how many are there?', zh: '是什么 GPU，有几张？' },
  gpuName: { en: 'Which GPU is it? Defaults depend on it.', zh: '是什么 GPU？默认值取决于它。' },
  vllmVersion: { en: 'Which release of vLLM is it?', zh: 'vLLM 是哪个版本？' },
  quantization: { en: 'How are the weights quantised?', zh: '权重是怎么量化的？' },
};

/** Why a server takes what it takes, with this case's figures; null while they are not known. */
const whySoMuch = (solve: Solver): Text | null => {
  const { budget } = solve.base;
  const { budgetGiB, weightsGiB, kvCacheGiB, totalGiB } = budget?.perGpu ?? {};
  if (!budget || !budgetGiB || !weightsGiB || !kvCacheGiB || !totalGiB || kvCacheGiB.gib <= 0) return null;
  const share = Math.round((budgetGiB.gib / totalGiB.gib) * 100);
  const tokens = budget.kvTokens ? Math.round(budget.kvTokens).toLocaleString('en-US') : null;
  return {
    en: `vLLM reserves ${share} % of the card on purpose: ${gib(budgetGiB.gib)} GiB. The weights take ${gib(weightsGiB.gib)}; what weights and peaks leave, about ${gib(kvCacheGiB.gib)} GiB, it keeps as KV cache${tokens ? ` for ${tokens} tokens` : ''}.`,
    zh: `vLLM 有意预留显存的 ${share} %：${gib(budgetGiB.gib)} GiB。模型权重占 ${gib(weightsGiB.gib)} GiB；权重和峰值之外的约 ${gib(kvCacheGiB.gib)} GiB 全部作为 KV 缓存${tokens ? `（${tokens} 个 token）` : ''}。`,
  };
};

/** What is said for and about the outlook, each a calculation and no line of a log. */
const outlook = (solve: Solver): Evidence[] => {
  const { budget } = solve.base;
  const lines: Text[] = [];
  const number = (value: number) => value.toLocaleString('en-US');
  if (budget?.maxModelLenThatFits)
    lines.push({
      en: `The longest max-model-len that fits: ${number(budget.maxModelLenThatFits)}`,
      zh: `放得下的最大 max-model-len：${number(budget.maxModelLenThatFits)}`,
    });
  const seqs = solve.largestMaxNumSeqs();
  if (seqs)
    lines.push({
      en: `The largest max-num-seqs that fits: ${number(seqs)}`,
      zh: `放得下的最大 max-num-seqs：${number(seqs)}`,
    });
  const tensorParallel = solve.smallestTensorParallel();
  if (tensorParallel)
    lines.push({
      en: `The smallest tensor-parallel size that fits: ${tensorParallel}`,
      zh: `放得下的最小张量并行数：${tensorParallel}`,
    });
  return lines.map(says => ({ line: null, text: '', says }));
};

/** The settings that the release fills in, as defaults under what is known; only where the release is certain. */
const withDefaults = (facts: Facts, solve: Solver): Facts => {
  const [only, ...others] = solve.base.predictions;
  if (!only || others.length > 0) return facts;
  const { settings } = only;
  const filled: [FactName, unknown][] = [
    ['gpuMemoryUtilization', settings.utilisation],
    ['maxModelLen', settings.maxModelLen],
    ['maxNumSeqs', settings.maxNumSeqs],
    ['maxNumBatchedTokens', settings.maxNumBatchedTokens],
  ];
  const defaults = Object.fromEntries(filled.map(([name, value]) => [name, { value, from: 'default' }])) as Facts;
  return mergeFacts(defaults, facts);
};

/** The fixes of a start that would fail at this hurdle, as if it had failed there. */
const planAgainst = (cause: RankedCause, phase: Phase, facts: Facts, solve: Solver, launch: Launch | null): Plan =>
  planFixes({
    diagnosis: { verdict: 'oom', phase, summary: cause.summary, causes: [cause], questions: [], proof: [] },
    facts,
    budget: solve.base.budget,
    launch,
    reading: null,
  });

/**
 * The answer for somebody for whom nothing crashed: whether it fits, where the memory goes, what saves some. Computed
 * from the command and the facts alone; the same shape as the answer to a log. Pure.
 */
export const answerAsked = (
  question: AskedQuestion,
  input: { command: string | null; userFacts: Facts; probeFacts: Facts; modelConfig: unknown },
): Answer => {
  const launch = input.command === null ? null : readLaunch(input.command);
  const known = [input.probeFacts, launch ? factsFromLaunch(launch) : {}, input.userFacts].reduce(mergeFacts, {});
  const solve = solver({ facts: known, launch, modelConfig: input.modelConfig });
  const { budget } = solve.base;
  const facts = withDefaults(known, solve);
  const { fits, because } = solve.verdict;
  const hurdle = fits === false ? HURDLES[because] : undefined;
  const entry = hurdle && causes().find(({ id }) => id === hurdle.cause);
  const cause: RankedCause | null = entry
    ? {
        id: entry.id,
        score: 0.9,
        title: entry.title,
        summary: FITS[because],
        regressedIn: null,
        fixedIn: null,
        because: outlook(solve),
        against: [],
        fixes: entry.fixes,
      }
    : null;
  const plan =
    cause && hurdle
      ? planAgainst(cause, hurdle.phase, facts, solve, launch)
      : conserveMemory({ facts, budget, launch, modelConfig: input.modelConfig });
  const missing = budget?.missing ?? ['model', 'gpuTotalGiB', 'vllmVersion'];
  const questions: Question[] = missing.flatMap(name => (ASK[name] ? [{ ask: ASK[name], tells: [] }] : []));
  const summary = (question === 'why-so-much' && fits !== false ? whySoMuch(solve) : null) ?? FITS[because];
  return {
    schemaVersion: 1,
    input: { file: '', bytes: 0, lines: 0, runs: 0 },
    verdict: cause ? 'oom' : fits === true ? 'healthy' : 'insufficient-log',
    phase: hurdle?.phase ?? 'none',
    summary,
    facts,
    causes: cause ? [cause] : [],
    proof: outlook(solve),
    budget,
    fixes: plan.fixes,
    selected: plan.selected,
    notHelpful: plan.notHelpful,
    questions,
    launch,
    otherRuns: [],
    excerpts: [],
  };
};
