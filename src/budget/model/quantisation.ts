import { Fields, isRecord } from './fields.js';
import type { ModelShape, Role } from './shape.js';

/** How the weights are stored: bits per weight by part of the model, scales and zero points included. */
export interface Quantisation {
  /** vLLM's name of the method, or null for none. */
  method: string | null;
  bits(role: Role): number;
  /** Bits of the output head: 16 in nearly all checkpoints. */
  headBits: number;
  /** How sure the bits are, as a fraction of the weights. */
  doubt: number;
}

const LINEAR_ROLES: Role[] = ['attention', 'state', 'mlp', 'shared', 'expert'];

/** A module name as checkpoints write it, one for each role, to hold against the patterns of what stays unquantised. */
const SAMPLES: Record<string, string[]> = {
  attention: ['self_attn', 'attn', 'attention', 'mixer.q_proj', 'mixer.k_proj', 'mixer.v_proj', 'mixer.o_proj'],
  state: ['linear_attn', 'mamba', 'mixer.in_proj', 'mixer.out_proj'],
  mlp: ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj', 'mlp.(gate', 'mlp.gate_up_proj', 'feed_forward'],
  shared: ['shared_expert'],
  expert: ['experts.', 'mlp.experts', 'block_sparse_moe.experts'],
};

/** Which roles a pattern such as `model.layers.3.self_attn*`, `re:.*mlp\\.(gate|up)_proj.*` or `lm_head` names. */
const rolesNamed = (pattern: string): Role[] => {
  const plain = pattern.slice(0, 300).replace(/^re:/, '').replace(/\\/g, '').replace(/\.\*/g, '*');
  const tail = plain.replace(/^.{0,120}layers\.(?:\d+|\*)\.?/, '');
  // "model.layers.0*" or "model.layers.1.*": the whole layer.
  if (/layers\.\d+\.?\**$/.test(plain)) return LINEAR_ROLES;
  const named = LINEAR_ROLES.filter(role => SAMPLES[role]!.some(sample => tail.includes(sample)));
  // "mlp.shared_experts.up_proj" is the shared expert's, "mlp.experts" the experts'; a bare "mlp" is the dense one's.
  if (named.includes('shared')) return ['shared'];
  if (tail.includes('linear_attn')) return ['state'];
  if (/(?:^|\.)mlp\*?$/.test(tail)) return ['mlp', 'shared', 'expert'];
  // One projection of the attention (kv_b_proj) or the indexer alone is not the attention.
  if (/self_attn\.(?:indexer|kv_b|kv_a|q_norm|k_norm)/.test(tail)) return [];
  return named;
};

/** The layers that have weights of a role. */
const holdersOf = (shape: ModelShape): Map<Role, Set<number>> => {
  const holders = new Map<Role, Set<number>>(LINEAR_ROLES.map(role => [role, new Set()]));
  shape.layers.forEach((layer, i) => {
    for (const { role } of layer.tensors) holders.get(role)?.add(i);
  });
  return holders;
};

/** Fraction of a role's layers that stays in 16 bit, from the config's list of spared modules. */
const sparedShares = (patterns: unknown[], shape: ModelShape): Record<string, number> => {
  const holders = holdersOf(shape);
  const everywhere = new Set<Role>();
  const spared = new Map<Role, Set<number>>(LINEAR_ROLES.map(role => [role, new Set()]));
  for (const pattern of patterns.slice(0, 20_000)) {
    if (typeof pattern !== 'string') continue;
    const layer = /layers\.(\d{1,4})/.exec(pattern)?.[1];
    for (const role of rolesNamed(pattern)) {
      if (layer === undefined) everywhere.add(role);
      else if (holders.get(role)!.has(Number(layer))) spared.get(role)!.add(Number(layer));
    }
  }
  const share = (role: Role) => spared.get(role)!.size / Math.max(1, holders.get(role)!.size);
  return Object.fromEntries(LINEAR_ROLES.map(role => [role, everywhere.has(role) ? 1 : share(role)]));
};

/** Bits per weight with scales: facts of each format (group size 128 for 4-bit integers unless the config says otherwise). */
const INT4 = (group: number, symmetric: boolean) => 4 + 16 / group + (symmetric ? 0 : 4 / group);
const FP8_TENSOR = 8.004;
const FP8_BLOCK = 8 + 32 / 16384;
const NVFP4 = 4.5;
const MXFP4 = 4.25;
const NF4 = 4.127;

const GGUF_BITS: Record<string, number> = {
  Q2_K: 3.2,
  Q3_K_M: 3.9,
  Q4_0: 4.55,
  Q4_K_S: 4.6,
  Q4_K_M: 4.85,
  Q5_K_M: 5.7,
  Q6_K: 6.56,
  Q8_0: 8.5,
  IQ4_XS: 4.3,
  F16: 16,
  BF16: 16,
};

interface Scheme {
  method: string;
  bits: number;
  /** Only these roles are quantised; null: all linear layers. */
  only: Role[] | null;
  doubt: number;
}

const bitsOfAlgorithm = (algorithm: string): number | null => {
  if (/NVFP4|FP4/.test(algorithm)) return NVFP4;
  if (/FP8/.test(algorithm)) return FP8_TENSOR;
  if (/W4A16|INT4/.test(algorithm)) return INT4(128, true);
  return /INT8|W8A8/.test(algorithm) ? 8.004 : null;
};

interface Mixed {
  roles: Map<Role, number>;
  headBits: number;
}

/** ModelOpt's MIXED_PRECISION: an algorithm for every module; layers that it does not name stay in 16 bit. */
const mixedBits = (layers: Record<string, unknown>, shape: ModelShape): Mixed => {
  const holders = holdersOf(shape);
  const named = new Map<Role, Map<number | '*', number>>();
  let headBits = 16;
  for (const [module, entry] of Object.entries(layers).slice(0, 200_000)) {
    const bits = bitsOfAlgorithm(String((entry as { quant_algo?: unknown } | null)?.quant_algo ?? '').toUpperCase());
    if (bits === null) continue;
    if (/(?:^|\.)lm_head$/.test(module.slice(0, 200))) headBits = bits;
    const layer = /layers\.(\d{1,4}|\*)/.exec(module.slice(0, 200))?.[1];
    if (layer === undefined) continue;
    for (const role of rolesNamed(module)) {
      const known = named.get(role) ?? new Map();
      named.set(role, known.set(layer === '*' ? '*' : Number(layer), bits));
    }
  }
  const average = (role: Role): number => {
    const known = named.get(role);
    const all = [...(holders.get(role) ?? [])];
    if (!known || all.length === 0) return 16;
    return all.reduce((sum, i) => sum + (known.get(i) ?? known.get('*') ?? 16), 0) / all.length;
  };
  return { roles: new Map(LINEAR_ROLES.map(role => [role, average(role)])), headBits };
};

/** The scheme that a name tells (`Qwen3-8B-AWQ`, `...-w8a8`, `Q4_K_M.gguf`); null when it tells none. */
export const schemeInName = (name: string): Scheme | null => {
  const plain = name.slice(-200);
  const gguf = /(?:^|[-_.:])(I?Q\d(?:_[A-Z0-9]+){0,2}|BF16|F16)\.?(?:gguf)?$/i.exec(plain)?.[1]?.toUpperCase();
  const all = (method: string, bits: number, doubt = 0.01): Scheme => ({ method, bits, only: null, doubt });
  if (gguf && /gguf/i.test(plain) && GGUF_BITS[gguf]) return all('gguf', GGUF_BITS[gguf]!, 0.04);
  if (/nvfp4/i.test(plain)) return all('modelopt_fp4', NVFP4, 0.15);
  if (/mxfp4/i.test(plain)) return { method: 'mxfp4', bits: MXFP4, only: ['expert'], doubt: 0.03 };
  if (/bnb|bitsandbytes|nf4/i.test(plain)) return all('bitsandbytes', /8.?bit/i.test(plain) ? 8.1 : NF4, 0.04);
  if (/awq/i.test(plain)) return all('awq', /int8|8.?bit/i.test(plain) ? 8.16 : INT4(128, false));
  if (/gptq|autoround|auto-round|auto_round/i.test(plain))
    return all('gptq', /int8|8.?bit/i.test(plain) ? 8.16 : INT4(128, true), 0.02);
  if (/exl3/i.test(plain)) return null;
  // "4 bit" without a format: embeddings, head and vision tower may be quantised as well.
  if (/w4a16|int4|4.?bit/i.test(plain)) return all('compressed-tensors', INT4(128, true), 0.12);
  if (/w8a8|w8a16|int8|8.?bit/i.test(plain)) return all('compressed-tensors', 8.004, 0.003);
  if (/fp8/i.test(plain)) return all('fp8', FP8_TENSOR, 0.004);
  return null;
};

/** The scheme that a --quantization value means for a checkpoint that does not say (online, or told by the log only). */
const schemeOfMethod = (method: string): Scheme | null => {
  const plain = method.toLowerCase();
  if (/nvfp4|modelopt_fp4/.test(plain)) return { method, bits: NVFP4, only: null, doubt: 0.15 };
  if (/mxfp4/.test(plain)) return { method, bits: MXFP4, only: ['expert'], doubt: 0.03 };
  if (/awq|gptq|auto.?round|marlin|inc/.test(plain))
    return { method, bits: INT4(128, !/awq/.test(plain)), only: null, doubt: 0.02 };
  if (/bitsandbytes|bnb/.test(plain)) return { method, bits: NF4, only: null, doubt: 0.04 };
  if (/fp8|modelopt|fbgemm/.test(plain)) return { method, bits: FP8_TENSOR, only: null, doubt: 0.004 };
  if (/int8|w8a8|experts_int8/.test(plain)) return { method, bits: 8.004, only: null, doubt: 0.01 };
  return null;
};

/** The scheme of a `quantization_config` (or ModelOpt's hf_quant_config.json under `quantization`). */
const schemeOfConfig = (raw: unknown): { scheme: Scheme; spared: unknown[] } | null => {
  if (!isRecord(raw)) return null;
  const outer = new Fields(raw);
  const config = outer.part('quantization') ?? outer;
  const method = config.text('quant_method')?.toLowerCase() ?? (config.has('quant_algo') ? 'modelopt' : '');
  const spared = ['ignore', 'modules_to_not_convert', 'exclude_modules', 'llm_int8_skip_modules'].flatMap(key => {
    const value = config.raw(key);
    return Array.isArray(value) ? value : [];
  });
  const make = (bits: number, doubt = 0.01, only: Role[] | null = null) => ({
    scheme: { method, bits, only, doubt },
    spared,
  });
  const group = config.number('group_size') || 128;
  const bits = config.number('bits', 'weight_bits');
  if (method === 'mxfp4') return make(MXFP4, 0.01, ['expert']);
  if (method === 'bitsandbytes')
    return make(
      config.flag('load_in_8bit', '_load_in_8bit')
        ? 8.1
        : config.flag('bnb_4bit_use_double_quant') === false
          ? 4.5
          : NF4,
      0.03,
    );
  if (method === 'awq' && bits) return make(INT4(group, config.flag('zero_point') === false) - 4 + bits);
  if ((method === 'gptq' || method.startsWith('auto')) && bits)
    return make(INT4(group, config.flag('sym') !== false) - 4 + bits, 0.02);
  if (method === 'exl3' && bits) return make(bits, 0.08);
  const algorithm = config.text('quant_algo')?.toUpperCase() ?? '';
  if (config.text('moe_quant_algo') === 'NVFP4') return make(NVFP4, 0.05, ['expert']);
  const width = bitsOfAlgorithm(algorithm);
  if (width !== null) return make(width, width === NVFP4 ? 0.03 : 0.005);
  const groups = config.raw('config_groups');
  const first = isRecord(groups) ? Object.values(groups)[0] : null;
  const weights = isRecord(first) ? new Fields(first).part('weights') : null;
  if (weights?.number('num_bits')) {
    const storedBits = weights.number('num_bits')!;
    const size = weights.number('group_size') || 128;
    const float = weights.text('type') === 'float';
    if (storedBits === 8) return make(8.004, 0.003);
    if (storedBits === 4 && float)
      return make(/mxfp4/.test(config.text('format') ?? '') ? MXFP4 : 4 + 8 / (weights.number('group_size') || 16));
    return make(storedBits + 16 / size + (weights.flag('symmetric') === false ? 4 / size : 0));
  }
  if (method === 'fp8' || method === 'fbgemm_fp8')
    return make(Array.isArray(config.raw('weight_block_size')) ? FP8_BLOCK : FP8_TENSOR, 0.005);
  return null;
};

const UNQUANTISED: Quantisation = { method: null, bits: () => 16, headBits: 16, doubt: 0 };

/**
 * How the model's weights are stored. Believed in this order: the checkpoint's own quantization_config, then what the
 * command or the log says (--quantization), then what the name says. Null: quantised in a way whose bits are unknown.
 */
export const quantisationOf = (shape: ModelShape, method: string | null, name: string | null): Quantisation | null => {
  const stored = new Fields(isRecord(shape.quantization) ? shape.quantization : {});
  const modules = (stored.part('quantization') ?? stored).raw('quantized_layers');
  if (isRecord(modules) && (stored.part('quantization') ?? stored).text('moe_quant_algo') === null) {
    const mixed = mixedBits(modules, shape);
    return {
      method: 'modelopt_mixed',
      doubt: 0.02,
      headBits: mixed.headBits,
      bits: role => mixed.roles.get(role) ?? 16,
    };
  }
  const fromConfig = schemeOfConfig(shape.quantization);
  const asked = method && !/^(?:auto|none)$/i.test(method) ? method : null;
  const named = name ? schemeInName(name) : null;
  const scheme =
    fromConfig?.scheme ??
    (named && (!asked || !/^(?:fp8)$/i.test(asked)) ? named : asked ? schemeOfMethod(asked) : null);
  if (!scheme) {
    const odd =
      asked !== null || shape.quantization !== null || /gguf|exl3|exl2|hqq|aqlm|quip|2bit|3bit/i.test(name ?? '');
    return odd ? null : UNQUANTISED;
  }
  const spared = sparedShares(fromConfig?.spared ?? [], shape);
  return {
    method: scheme.method,
    doubt: scheme.doubt,
    headBits: 16,
    bits: role => {
      if (!LINEAR_ROLES.includes(role) || (scheme.only && !scheme.only.includes(role))) return 16;
      if (role === 'expert' && shape.expertDtype === 'fp4') return scheme.method === 'fp8' ? MXFP4 : scheme.bits;
      const share = spared[role] ?? 0;
      return share * 16 + (1 - share) * scheme.bits;
    },
  };
};
