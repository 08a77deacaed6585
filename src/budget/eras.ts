import { compareVersions } from '../common/version.js';

const compared = new Map<string, Map<string, boolean>>();

/** True when `version` is `from` or later. Remembered: a budget asks some hundred times about the same few releases. */
export const since = (version: string, from: string): boolean => {
  let known = compared.get(version);
  if (!known) {
    if (compared.size > 100) compared.clear();
    known = new Map();
    compared.set(version, known);
  }
  let result = known.get(from);
  if (result === undefined) {
    result = (compareVersions(version, from) ?? -1) >= 0;
    known.set(from, result);
  }
  return result;
};

/** How a release charges memory to the budget (total x utilisation). */
export interface Accounting {
  /**
   * The whole device's use is charged to this instance: other processes, CUDA context and NCCL too. V0 0.6.4
   * (vllm/worker/worker.py@0.6.4.post1), V1 up to 0.9.0 (vllm/v1/worker/gpu_worker.py@0.9.0.1, changed by PR #18974).
   */
  deviceWide: boolean;
  /** NCCL's buffers lie inside the budget: up to 0.10.2 (snapshot moved behind the distributed start by PR #25359). */
  ncclInside: boolean;
  /** From 0.27.0 one figure, "consumed", replaces weights + non-torch; persistent workspaces fall into it (PR #49208). */
  consumed: boolean;
}

export const accountingOf = (version: string, engine: 'V0' | 'V1'): Accounting => ({
  deviceWide: engine === 'V0' ? since(version, '0.6.4') && !since(version, '0.6.5') : !since(version, '0.9.1'),
  ncclInside: !since(version, '0.11.0'),
  consumed: since(version, '0.27.0'),
});

/** Releases that stand for their eras when the user's release is unknown, the likeliest (newest) first. */
const REPRESENTATIVES = ['0.33.0', '0.29.0', '0.27.1', '0.26.0', '0.19.1', '0.16.0', '0.10.2', '0.8.5', '0.7.3'];

/** First (and last) releases that can run a model type: vllm/model_executor/models/registry.py. */
const SUPPORT: [RegExp, string, string?][] = [
  [/^mllama/, '0.6.1', '0.10.2'],
  [/^qwen2_5_vl/, '0.7.2'],
  [/^qwen3_vl/, '0.11.0'],
  [/^qwen3_5/, '0.17.0'],
  [/^qwen3_next/, '0.10.2'],
  [/^qwen4_exp/, '0.29.0'],
  [/^qwen3/, '0.8.4'],
  [/^gpt_oss/, '0.10.1'],
  [/^gemma3/, '0.8.0'],
  [/^gemma4/, '0.19.0'],
  [/^llama4/, '0.8.3'],
  [/^mistral3|^ministral3/, '0.8.0'],
  [/^glm_moe_dsa/, '0.15.0'],
  [/^glm5_next/, '0.28.0'],
  [/^glm4_moe/, '0.10.0'],
  [/^deepseek_v32/, '0.11.0'],
  [/^deepseek_v4/, '0.20.0'],
  [/^kimi_k3|^kimi_linear/, '0.11.1'],
];

/** The releases that may run a model when the user's is unknown, the likeliest first. */
export const possibleReleases = (modelType: string, engine?: 'V0' | 'V1', runner?: 'V1' | 'V2'): string[] => {
  const [, from, to] = SUPPORT.find(([pattern]) => pattern.test(modelType)) ?? [];
  const possible = REPRESENTATIVES.filter(version => (!from || since(version, from)) && (!to || since(to, version)));
  // V0 ended with 0.10.2, V1 was the default from 0.8.0 on, runner V2 exists from 0.12.0.
  const told = possible.filter(
    version =>
      (engine !== 'V0' || !since(version, '0.11.0')) &&
      (engine !== 'V1' || since(version, '0.8.0')) &&
      (runner !== 'V2' || since(version, '0.22.0')),
  );
  return told.length > 0 ? told : possible.length > 0 ? possible : [to ?? REPRESENTATIVES[0]!];
};
