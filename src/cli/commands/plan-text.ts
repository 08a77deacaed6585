import { type Lang, say, type Text } from '../../common/text.js';
import { thousands as count, gib } from '../../common/units.js';
import { budgetLines } from '../../report/budget-lines.js';
import { fitSentence } from '../../session/fit.js';
import type { PlanAnswer } from './plan.js';

/** How a user states a missing fact. */
const ASK: Record<string, Text> = {
  model: {
    en: 'the model (in the command, or --model-config config.json)',
    zh: '模型（写在命令中，或 --model-config config.json）',
  },
  modelConfig: {
    en: "the model's config.json (--model-config): the doctor does not know this model",
    zh: '模型的 config.json（--model-config）：本工具不认识该模型',
  },
  gpuTotalGiB: {
    en: 'the GPU (--gpu "1x A100 80GB") or its total (--gpu-total-gib)',
    zh: 'GPU 型号（--gpu "1x A100 80GB"）或显存总量（--gpu-total-gib）',
  },
  gpuName: { en: "the GPU's name (--gpu): defaults depend on it", zh: 'GPU 名称（--gpu）：默认值取决于它' },
  vllmVersion: { en: 'the vLLM version (--vllm 0.19.0)', zh: 'vLLM 版本（--vllm 0.19.0）' },
  quantization: {
    en: 'how the weights are quantised (--quantization, or --model-config)',
    zh: '权重的量化方式（--quantization 或 --model-config）',
  },
  limitMmPerPrompt: {
    en: 'the size and number of images (--limit-mm-per-prompt)',
    zh: '图像的大小与数量（--limit-mm-per-prompt）',
  },
};

/** The answer for a terminal. */
export const planText = (answer: PlanAnswer, lang: Lang, columns: number): string => {
  const en = lang === 'en';
  const { budget } = answer;
  const lines: string[] = [];
  lines.push(say(fitSentence(answer), lang));
  const settings = (
    ['maxModelLen', 'maxNumSeqs', 'maxNumBatchedTokens', 'gpuMemoryUtilization', 'tensorParallelSize'] as const
  )
    .flatMap(name => {
      const known = answer.facts[name];
      return known ? [`${name} ${known.value}${known.from === 'default' ? (en ? ' (default)' : '（默认）') : ''}`] : [];
    })
    .join(', ');
  if (answer.model)
    lines.push(
      `${answer.model.name}: ${(answer.model.params / 1e9).toFixed(answer.model.params < 1e10 ? 2 : 1)} B, ${answer.model.layers} ${en ? 'layers' : '层'}` +
        (answer.model.kvBytesPerToken16bit === null
          ? ''
          : `, KV ${(answer.model.kvBytesPerToken16bit / 1024).toFixed(0)} KiB/${en ? 'token (16 bit)' : 'token（16 位）'}`),
    );
  if (settings) lines.push(settings);
  if (budget) {
    lines.push('', en ? 'On each GPU' : '每张 GPU', ...budgetLines(budget.perGpu, null, lang, columns), '');
    if (budget.kvTokens !== null)
      lines.push(
        en
          ? `KV cache: about ${count(budget.kvTokens)} tokens, ${budget.maxConcurrency ?? '?'} requests of max_model_len at once`
          : `KV 缓存：约 ${count(budget.kvTokens)} 个 token，可同时容纳 ${budget.maxConcurrency ?? '?'} 个 max_model_len 长度的请求`,
      );
    if (budget.shortGiB !== null && budget.shortGiB > 0)
      lines.push(en ? `Short of ${gib(budget.shortGiB)} GiB` : `还差 ${gib(budget.shortGiB)} GiB`);
  }
  const limits: [string, number | null][] = [
    ['--max-model-len', answer.maxModelLenThatFits],
    ['--max-num-seqs', answer.maxNumSeqsThatFits],
  ];
  for (const [flag, value] of limits)
    if (value !== null)
      lines.push(
        value === 0
          ? en
            ? `no ${flag} fits`
            : `没有放得下的 ${flag}`
          : en
            ? `largest ${flag} that fits: ${count(value)}`
            : `放得下的最大 ${flag}：${count(value)}`,
      );
  if (answer.smallestTensorParallel !== null)
    lines.push(
      answer.smallestTensorParallel === 0
        ? en
          ? 'no --tensor-parallel-size up to 64 fits'
          : '64 以内没有放得下的 --tensor-parallel-size'
        : en
          ? `smallest --tensor-parallel-size that fits: ${answer.smallestTensorParallel}`
          : `放得下的最小 --tensor-parallel-size：${answer.smallestTensorParallel}`,
    );
  if (answer.whatIf.length > 0) {
    lines.push('', en ? 'What if' : '如果');
    for (const { flag, value, fits, budget: other } of answer.whatIf) {
      const kv = other?.perGpu.kvCacheGiB;
      const sign = fits === null ? '?' : fits ? (en ? 'fits' : '放得下') : en ? 'does not fit' : '放不下';
      lines.push(
        `  ${flag} ${String(value)}: ${sign}${kv ? `, KV ${gib(kv.gib)} GiB (${gib(kv.low)}–${gib(kv.high)})` : ''}${other?.kvTokens ? `, ${count(other.kvTokens)} tokens` : ''}`,
      );
    }
  }
  if (answer.fixes.length > 0) {
    lines.push('', en ? 'What helps' : '解决办法');
    for (const fix of answer.fixes.slice(0, 3)) {
      lines.push(`  ${say(fix.title, lang)}`);
      if (fix.command) lines.push(...fix.command.split('\n').map(line => `    ${line}`));
    }
  }
  if (answer.missing.length > 0) {
    lines.push('', en ? 'Would narrow the range, most useful first' : '补充以下信息可缩小范围（按作用排序）');
    lines.push(...answer.missing.map(name => `  ${say(ASK[name] ?? { en: name, zh: name }, lang)}`));
  }
  return `${lines.join('\n')}\n`;
};
