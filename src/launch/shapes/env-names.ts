/** Variables and options that name the model. */
export const MODEL_NAMES = /^(?:HF_MODEL_ID|SM_VLLM_MODEL|OPTION_MODEL_ID|option\.model_id|MODEL_NAME)$/;

/** `MAX_MODEL_LEN` as `max-model-len`. */
export const kebabName = (name: string): string => name.toLowerCase().replaceAll('_', '-');

/** `max-model-len` as `MAX_MODEL_LEN`. */
export const upperName = (name: string): string => name.toUpperCase().replaceAll('-', '_');
