import { Fields, isRecord } from './fields.js';

/**
 * Values that the configuration classes of transformers fill in where a published file leaves them out (nested text parts
 * are written without their defaults). Source: transformers, models/<type>/configuration_<type>.py.
 */
const CLASS_DEFAULTS: Record<string, Record<string, unknown>> = {
  gemma3_text: {
    vocab_size: 262208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    sliding_window: 4096,
    sliding_window_pattern: 6,
    max_position_embeddings: 131072,
  },
  llama: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 11008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    max_position_embeddings: 2048,
  },
  mistral: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
  },
};

/** Where composite models keep their language model, outermost first. A talker or an audio part is never the one. */
const TEXT_PARTS = ['thinker_config', 'text_config', 'llm_config', 'language_config'];

/** The language model's part of a config.json, with the class's defaults under it; the whole file when it is not nested. */
export const textConfigOf = (root: Record<string, unknown>): Record<string, unknown> => {
  let part = root;
  for (let depth = 0; depth < 3; depth++) {
    const name = TEXT_PARTS.find(key => isRecord(part[key]));
    if (!name) break;
    part = part[name] as Record<string, unknown>;
  }
  if (part === root) return root;
  const type = new Fields(part).text('model_type');
  return { ...(type && Object.hasOwn(CLASS_DEFAULTS, type) ? CLASS_DEFAULTS[type] : {}), ...part };
};
