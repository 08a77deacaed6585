import files from 'knowledge:models';

/** A model of the catalogue: its published config.json, cut down to what memory depends on, or another model's with changes. */
export interface ModelEntry {
  model: string;
  /** Where the config was read. */
  source: string;
  config?: Record<string, unknown>;
  like?: string;
  also?: string[];
}

export interface FoundModel {
  /** The catalogue's name. */
  name: string;
  config: Record<string, unknown>;
  /** `exact`: this very repository; `variant`: another format, fine-tune or revision of the same architecture. */
  match: 'exact' | 'variant';
}

const entries = (Object.values(files) as ModelEntry[][]).flat();
const byName = new Map<string, ModelEntry>();
for (const entry of entries)
  for (const name of [entry.model, ...(entry.also ?? [])]) byName.set(name.toLowerCase(), entry);

const configOf = (entry: ModelEntry, depth = 0): Record<string, unknown> => {
  const base = entry.like && depth < 4 ? byName.get(entry.like.toLowerCase()) : undefined;
  const merged = { ...(base ? configOf(base, depth + 1) : {}), ...entry.config };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
};

/** Words of a repository's name that say how it is stored, tuned or dated, and not what it is. */
const STORAGE =
  /^(?:awq|gptq|fp8|fp4|nvfp4|mxfp4|mxfp8|int4|int8|w4a16|w8a8|w8a16|w4afp8|bnb|4bit|8bit|nf4|gguf|exl2|exl3|autoround|quantized|quant|dynamic|static|block|pertensor|marlin|unsloth|bf16|fp16|kv|128g|g128|group|hqq|mlx|ud|q[2-8]|k|m|s|l|xl|0)$/;
const TUNING =
  /^(?:instruct|it|chat|hf|base|meta|thinking|sft|dpo|rl|uncensored|abliterated|heretic|finetune|finetuned|merged|lora|preview|latest|v\d(?:\.\d)?|\d{4}|\d{6,8}|coder|model|text|only|bit|auto|round|dev|final|test|checkpoint|unit|copy)$/;

/** The last part of a name or path that names a model: `/models/Qwen2.5-7B-AWQ/`, `models--org--name/snapshots/x`, `org/name:Q4_K_M`. */
const baseName = (name: string): { full: string; base: string } => {
  const plain = name
    .trim()
    .slice(0, 500)
    .replace(/[\\/]+$/, '')
    .replace(/\s*[(+].*$/, '');
  const cached = /models--([\w.-]{1,96})--([\w.-]{1,96})/.exec(plain);
  if (cached) return { full: `${cached[1]}/${cached[2]}`.toLowerCase(), base: cached[2]!.toLowerCase() };
  const parts = plain.toLowerCase().split(/[\\/]/).filter(Boolean);
  const last = parts.at(-1) ?? '';
  return { full: parts.slice(-2).join('/'), base: last.replace(/:[\w.-]+$/, '').replace(/\.gguf$/, '') };
};

const wordsOf = (base: string): string[] =>
  base
    .replace(/[_\s]+/g, '-')
    .replace(/(\d)\.(\d)/g, '$1~$2')
    .split(/[-.]/)
    .map(word => word.replace(/~/g, '.'))
    .filter(Boolean);

/** What is left of a name without storage, tuning and dates, in any order: `qwen2.5 7b`. */
const coreOf = (base: string): string => {
  const words = wordsOf(base)
    .flatMap(word =>
      /^(?:llama|gemma|mistral|falcon|phi)(\d.*)$/.test(word)
        ? [word.replace(/\d.*$/, ''), word.replace(/^[a-z]+/, '')]
        : [word],
    )
    .filter(word => !STORAGE.test(word) && !TUNING.test(word));
  return [...new Set(words)].sort().join(' ');
};

const storageOf = (base: string): string =>
  wordsOf(base)
    .filter(word => STORAGE.test(word))
    .sort()
    .join(' ');

interface Index {
  byBase: Map<string, ModelEntry>;
  byCore: Map<string, { entry: ModelEntry; base: string; storage: string }[]>;
}

let built: Index | null = null;

/** Built when a name is not the catalogue's own. */
const index = (): Index => {
  if (built) return built;
  built = { byBase: new Map(), byCore: new Map() };
  for (const [name, entry] of byName) {
    const { base } = baseName(name);
    if (!built.byBase.has(base)) built.byBase.set(base, entry);
    const core = coreOf(base);
    if (core) built.byCore.set(core, [...(built.byCore.get(core) ?? []), { entry, base, storage: storageOf(base) }]);
  }
  return built;
};

/** How many words two names share: among equals the nearest revision is taken (v0.2 for v0.2-AWQ). */
const shared = (a: string, b: string): number => {
  const words = new Set(wordsOf(a));
  return wordsOf(b).filter(word => words.has(word)).length;
};

/** A config without its own quantisation: that of one stored form says nothing about another. */
const unquantised = (config: Record<string, unknown>): Record<string, unknown> => {
  const { quantization_config: _own, ...rest } = config;
  const inner = rest.text_config as Record<string, unknown> | undefined;
  if (!inner?.quantization_config) return rest;
  const { quantization_config: _inner, ...text } = inner;
  return { ...rest, text_config: text };
};

/**
 * The architecture of a model by its name: a repository, a local path, a name inside a Hugging Face cache. Quantised and
 * fine-tuned forms have the architecture of their base. Null when the catalogue does not know it: never the nearest guess.
 */
export const findModel = (name: string): FoundModel | null => {
  const { full, base } = baseName(name);
  if (!base) return null;
  const exact = byName.get(full) ?? index().byBase.get(base);
  if (exact) return { name: exact.model, config: configOf(exact), match: 'exact' };
  const candidates = index()
    .byCore.get(coreOf(base))
    ?.toSorted((a, b) => shared(base, b.base) - shared(base, a.base));
  if (!candidates) return null;
  const storage = storageOf(base);
  const same = storage ? candidates.find(candidate => candidate.storage === storage) : undefined;
  const chosen = same ?? candidates.find(candidate => candidate.storage === '') ?? candidates[0]!;
  const config = configOf(chosen.entry);
  return { name: chosen.entry.model, config: same ? config : unquantised(config), match: 'variant' };
};

/** Every model of the catalogue, for `explain`, tests and suggestions. */
export const knownModels = (): string[] => entries.map(entry => entry.model);
