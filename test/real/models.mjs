// Writes tiny models that a real vLLM can serve with `--load-format dummy`: settings and a tokenizer, no weights.
//   node test/real/models.mjs FOLDER
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const CHAT =
  "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/** GPT-2's alphabet: every byte as a printable character. */
const byteAlphabet = () => {
  const printable = byte => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
};

/** A byte-level tokenizer without merges: one token a byte. */
const tokenizer = () => {
  const words = [...SPECIAL, ...byteAlphabet()];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges: [],
    },
  };
};

const COMMON = {
  vocab_size: 264,
  bos_token_id: 0,
  eos_token_id: 2,
  pad_token_id: 0,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
  hidden_act: 'silu',
  rms_norm_eps: 1e-6,
  initializer_range: 0.02,
  rope_theta: 10000.0,
};

export const MODELS = {
  /** 1 KiB of KV cache per token, 32k of context: fits anywhere. */
  text: {
    ...COMMON,
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    hidden_size: 128,
    intermediate_size: 256,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 32768,
  },
  /** 128 KiB of KV cache per token (2 x 16 heads x 128 x 2 bytes x 16 layers): 16 GiB for its 131072 tokens. */
  fatkv: {
    ...COMMON,
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 64,
    intermediate_size: 128,
    num_hidden_layers: 16,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    head_dim: 128,
    max_position_embeddings: 131072,
  },
};

/** Writes a file at once, and only when it is new: another run of these tests may be reading it. */
export const writeWhole = (path, text, options) => {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, text, options);
  renameSync(partial, path);
};

/** Writes all models below `folder`. */
export const writeModels = folder => {
  for (const [name, config] of Object.entries(MODELS)) {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    const write = (file, value) => writeWhole(join(path, file), JSON.stringify(value, null, 1));
    write('config.json', config);
    write('generation_config.json', { eos_token_id: 2, pad_token_id: 0, bos_token_id: 0 });
    write('tokenizer.json', tokenizer());
    write('tokenizer_config.json', {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: SPECIAL[0],
      eos_token: SPECIAL[2],
      pad_token: SPECIAL[0],
      model_max_length: 1 << 20,
      chat_template: CHAT,
      clean_up_tokenization_spaces: false,
    });
  }
};

if (process.argv[1] === fileURLToPath(import.meta.url)) writeModels(process.argv[2]);
