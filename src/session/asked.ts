import { type Solver, solver } from '../budget/solve.js';
import type { Text } from '../common/text.js';
import { gib, thousands } from '../common/units.js';
import type { Evidence, Question } from '../diagnosis/types.js';
import { factsFromLaunch } from '../facts/from-launch.js';
import { mergeFacts } from '../facts/merge.js';
import type { Facts } from '../facts/types.js';
import { readLaunch } from '../launch/index.js';
import { conserveMemory } from '../plan/index.js';
import { fitSentence, withDefaults } from './fit.js';
import { foreseen, planAgainst } from './foreseen.js';
import type { AskedQuestion } from './record.js';
import type { Answer } from './types.js';

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
  const tokens = budget.kvTokens ? thousands(budget.kvTokens) : null;
  return {
    en: `vLLM reserves ${share} % of the card on purpose: ${gib(budgetGiB.gib)} GiB. The weights take ${gib(weightsGiB.gib)}; what weights and peaks leave, about ${gib(kvCacheGiB.gib)} GiB, it keeps as KV cache${tokens ? ` for ${tokens} tokens` : ''}.`,
    zh: `vLLM 有意预留显存的 ${share} %：${gib(budgetGiB.gib)} GiB。模型权重占 ${gib(weightsGiB.gib)} GiB；权重和峰值之外的约 ${gib(kvCacheGiB.gib)} GiB 全部作为 KV 缓存${tokens ? `（${tokens} 个 token）` : ''}。`,
  };
};

/** What is said for and about the outlook, each a calculation and no line of a log. */
const outlook = (solve: Solver): Evidence[] => {
  const { budget } = solve.base;
  const lines: Text[] = [];
  if (budget?.maxModelLenThatFits)
    lines.push({
      en: `The longest max-model-len that fits: ${thousands(budget.maxModelLenThatFits)}`,
      zh: `放得下的最大 max-model-len：${thousands(budget.maxModelLenThatFits)}`,
    });
  const seqs = solve.largestMaxNumSeqs();
  if (seqs)
    lines.push({
      en: `The largest max-num-seqs that fits: ${thousands(seqs)}`,
      zh: `放得下的最大 max-num-seqs：${thousands(seqs)}`,
    });
  const tensorParallel = solve.smallestTensorParallel();
  if (tensorParallel)
    lines.push({
      en: `The smallest tensor-parallel size that fits: ${tensorParallel}`,
      zh: `放得下的最小张量并行数：${tensorParallel}`,
    });
  return lines.map(says => ({ line: null, text: '', says }));
};

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
  const { fits } = solve.verdict;
  const ahead = foreseen(solve, outlook(solve));
  const plan = ahead
    ? planAgainst(ahead, { facts, solve, launch, modelConfig: input.modelConfig })
    : conserveMemory({ facts, budget, launch, modelConfig: input.modelConfig });
  const missing = budget?.missing ?? ['model', 'gpuTotalGiB', 'vllmVersion'];
  const questions: Question[] = missing.flatMap(name => (ASK[name] ? [{ ask: ASK[name], tells: [] }] : []));
  const summary =
    (question === 'why-so-much' && fits !== false ? whySoMuch(solve) : null) ?? fitSentence(solve.verdict);
  return {
    schemaVersion: 1,
    input: { file: '', bytes: 0, lines: 0, runs: 0 },
    verdict: ahead ? 'oom' : fits === true ? 'healthy' : 'insufficient-log',
    phase: ahead?.phase ?? 'none',
    summary,
    facts,
    causes: ahead ? [ahead.cause] : [],
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
