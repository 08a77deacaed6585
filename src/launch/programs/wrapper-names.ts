/**
 * What other programs call vLLM's arguments, and which of their options are their own. Each function takes the
 * kebab-case name without the wrapper's prefix and gives vLLM's name; null: not vLLM's.
 */
type Rename = (name: string) => string | null;

const TRL_OWN =
  /^(?:mode|device|server(?:-[\w-]+)?|guided-decoding-regex|structured-outputs-regex|importance-sampling-[\w-]+)$/;

/** vLLM's name as a wrapper writes it, where it has one of its own. */
const ownName =
  (names: Record<string, string>) =>
  (name: string): string =>
    Object.keys(names).find(own => names[own] === name) ?? name;

/** TRL and ms-swift: `vllm_mode`, `vllm_device`, `vllm_server_*` say where vLLM runs. */
export const trlName: Rename = name =>
  TRL_OWN.test(name) ? null : name === 'max-model-length' ? 'max-model-len' : name;

const UNSLOTH: Record<string, string> = {
  'max-seq-length': 'max-model-len',
  'gpu-memory-utilization': 'gpu-memory-utilization',
  'max-lora-rank': 'max-lora-rank',
};
/** Unsloth's `from_pretrained(fast_inference=True)` hands these to vLLM; all else it decides itself. */
export const unslothName: Rename = name => UNSLOTH[name] ?? null;

/** The keyword for one of vLLM's arguments; null for those that cannot be given. */
export const unslothOwn: Rename = name => Object.keys(UNSLOTH).find(own => UNSLOTH[own] === name) ?? null;

const LLAMAFACTORY: Record<string, string> = { maxlen: 'max-model-len', 'gpu-util': 'gpu-memory-utilization' };
/** LLaMA-Factory: `vllm_maxlen`, `vllm_gpu_util`; `vllm_config` holds what else goes to vLLM. */
export const llamafactoryName: Rename = name => (name === 'config' ? null : (LLAMAFACTORY[name] ?? name));

/** LLaMA-Factory's name for one of vLLM's. */
export const llamafactoryOwn = ownName(LLAMAFACTORY);

/** OpenRLHF: how many engines there are and how they are kept in step is its own matter. */
export const openrlhfName: Rename = name =>
  /^(?:num-engines|sync-backend|enable-sleep|sync-with-ray|generate-batch-size)$/.test(name) ? null : name;

const VERL: Record<string, string> = {
  'tensor-model-parallel-size': 'tensor-parallel-size',
  'pipeline-model-parallel-size': 'pipeline-parallel-size',
  'expert-parallel-size': 'expert-parallel-size',
};
const VERL_OWN =
  /^(?:n|name|mode|log-prob-[\w-]+|free-cache-engine|prompt-length|response-length|temperature|top-p|top-k|ignore-eos|do-sample|val-kwargs.*|multi-turn.*|agent.*|layered-summon|update-weights-bucket-megabytes|calculate-log-probs|trace.*|enable-rollout-routing-replay|checkpoint-engine.*|engine-kwargs|over-sample-rate|use-fire-sampling|nnodes|n-gpus-per-node|profiler.*|skip-(?!mm-)[\w-]+|prometheus.*|quantization-config-file|rollout-is.*)$/;
/** verl: sampling, logging and the trainer's own switches stand beside vLLM's arguments. */
export const verlName: Rename = name => (VERL_OWN.test(name) ? null : (VERL[name] ?? name));

const LMI: Record<string, string> = {
  'tensor-parallel-degree': 'tensor-parallel-size',
  'pipeline-parallel-degree': 'pipeline-parallel-size',
  'max-rolling-batch-size': 'max-num-seqs',
  quantize: 'quantization',
};
const LMI_OWN =
  /^(?:rolling-batch|async-mode|entry-?point|engine|model-id|model-loading-timeout|predict-timeout|mpi-mode|task|output-formatter|batch-size|max-batch-delay|model-dir|load-format-own|[\w-]*timeout|enable-streaming|s3url|job-queue-size|parallel-loading)$/i;
/** DJL-LMI: `option.tensor_parallel_degree` and its like, beside the server's own options. */
export const lmiName: Rename = name => (LMI_OWN.test(name) ? null : (LMI[name] ?? name));

/** DJL-LMI's name for one of vLLM's. */
export const lmiOwn = ownName(LMI);

const LM_EVAL_OWN =
  /^(?:add-bos-token|enable-thinking|max-images|max-gen-toks|max-length|batch-size|max-batch-size|prefix-token-id|think-end-token|chat-template-args|lora-local-path|truncation-side|interleave|image-width|image-height|image-max-side)$/;
/** lm-evaluation-harness: the prompts and the batches are its own matter. */
export const lmEvalName: Rename = name => (LM_EVAL_OWN.test(name) ? null : name);

const FASTCHAT: Record<string, string> = { 'num-gpus': 'tensor-parallel-size' };
const FASTCHAT_OWN =
  /^(?:controller(?:-address)?|worker-address|model-names?|limit-worker-concurrency|no-register|conv-template|conv-system-msg|embed-in-truncate|gpus|stream-interval|awq-[\w-]+|gptq-[\w-]+|debug|ssl)$/;
/** FastChat's vllm_worker: what concerns its controller and its conversations is its own. */
export const fastchatName: Rename = name => (FASTCHAT_OWN.test(name) ? null : (FASTCHAT[name] ?? name));

/** FastChat's name for one of vLLM's. */
export const fastchatOwn = ownName(FASTCHAT);

const XINFERENCE_OWN =
  /^(?:model-name|model-type|model-engine|model-format|model-uid|model-path|size-in-billions|quantization|n|u|s|f|t|e|en|q|p|endpoint|replica|n-gpu|gpu-idx|worker-ip|lora-modules-own|image-lora-[\w-]+|peft-[\w-]+|trust-remote-code-own|api-key|enable-virtual-env|download-hub)$/;
/** Xinference: how a model is found and where it runs is its own matter. */
export const xinferenceName: Rename = name => (XINFERENCE_OWN.test(name) ? null : name);
