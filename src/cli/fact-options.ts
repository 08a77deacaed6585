import { readFileSync } from 'node:fs';
import { isVersion } from '../common/version.js';
import type { Facts } from '../facts/types.js';
import { parseConfigJson } from '../probe/parsers/model-config.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/** Options by which a user states facts; the same for diagnose, plan and the wizard. */
export const FACT_OPTIONS = {
  vllm: { type: 'string' },
  gpu: { type: 'string' },
  'gpu-total-gib': { type: 'string' },
  'model-config': { type: 'string' },
} as const;

export interface FactOptions {
  vllm?: string;
  gpu?: string;
  'gpu-total-gib'?: string;
  'model-config'?: string;
}

/** Facts from the options. `--gpu "2x A100 80GB"` states a count and a name. @throws UserError 64, 65 */
export const factsFromOptions = (options: FactOptions): { facts: Facts; modelConfig: unknown } => {
  const facts: Facts = {};
  if (options.vllm !== undefined) {
    const version = options.vllm.replace(/^v/, '');
    if (!isVersion(version))
      throw new UserError(
        EXIT.usage,
        { en: `--vllm "${options.vllm}" is no version.`, zh: `--vllm "${options.vllm}" 不是版本号。` },
        {
          en: 'Write it as in `vllm --version`, e.g. --vllm 0.8.3',
          zh: '写法同 `vllm --version` 的输出，例如：--vllm 0.8.3',
        },
      );
    facts.vllmVersion = { value: version, from: 'user' };
  }
  if (options.gpu !== undefined) {
    const match = /^\s*(?:(\d{1,4})\s*[x×*]\s*)?(.*?)(?:\s+x\s*(\d{1,4}))?\s*$/i.exec(options.gpu);
    const count = match?.[1] ?? match?.[3];
    if (!match?.[2])
      throw new UserError(
        EXIT.usage,
        { en: `--gpu "${options.gpu}" names no GPU.`, zh: `--gpu "${options.gpu}" 没有写出 GPU。` },
        {
          en: 'Write it as count and name, e.g. --gpu "2x A100 80GB"',
          zh: '写作数量和名称，例如：--gpu "2x A100 80GB"',
        },
      );
    facts.gpuName = { value: match[2], from: 'user' };
    if (count) facts.gpuCount = { value: Number(count), from: 'user' };
  }
  if (options['gpu-total-gib'] !== undefined) {
    const total = Number(options['gpu-total-gib']);
    if (!(total > 0))
      throw new UserError(
        EXIT.usage,
        {
          en: `--gpu-total-gib "${options['gpu-total-gib']}" is no size.`,
          zh: `--gpu-total-gib "${options['gpu-total-gib']}" 不是有效的大小。`,
        },
        {
          en: 'Write GiB as a number, e.g. --gpu-total-gib 79.25',
          zh: '以数字写出 GiB，例如：--gpu-total-gib 79.25',
        },
      );
    facts.gpuTotalGiB = { value: total, from: 'user' };
  }
  return { facts, modelConfig: options['model-config'] === undefined ? null : readJson(options['model-config']) };
};

const readJson = (path: string): unknown => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(
      EXIT.badInput,
      {
        en: `"${path}" cannot be read (${(error as NodeJS.ErrnoException).code}).`,
        zh: `无法读取 "${path}"（${(error as NodeJS.ErrnoException).code}）。`,
      },
      { en: "Give the path of the model's config.json.", zh: '请给出模型 config.json 的路径。' },
    );
  }
  try {
    return parseConfigJson(text);
  } catch (error) {
    throw new UserError(
      EXIT.badInput,
      {
        en: `"${path}" is no JSON: ${(error as Error).message}`,
        zh: `"${path}" 不是 JSON：${(error as Error).message}`,
      },
      {
        en: "Give the config.json that lies beside the model's weights.",
        zh: '请给出与模型权重放在一起的 config.json。',
      },
    );
  }
};
