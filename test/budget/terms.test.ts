import { describe, expect, it } from 'vitest';
import { gpuOf } from '../../src/budget/gpu.js';
import { quantisationOf, schemeInName } from '../../src/budget/model/quantisation.js';
import { activationOf } from '../../src/budget/terms/activation.js';
import { encoderProfile } from '../../src/budget/terms/encoder.js';
import { graphCount, graphsOf } from '../../src/budget/terms/graphs.js';
import { kvLayout, longestIn, needFor, poolFigures } from '../../src/budget/terms/kv-pool.js';
import { stagesOf } from '../../src/budget/terms/stages.js';
import { weightsOf } from '../../src/budget/terms/weights.js';
import { GIB } from '../../src/common/units.js';
import { factsOf, settingsFor, shapeOf } from './helpers.js';

const gpu = gpuOf(factsOf({ gpuName: 'H100 80GB' }));

const weights = (name: string, values: Record<string, unknown> = {}, asked = name) => {
  const { shape, settings } = settingsFor(name, '0.19.0', values);
  const quantisation = quantisationOf(shape, (values.quantization as string) ?? null, asked)!;
  return weightsOf(shape, quantisation, settings, stagesOf(shape, settings.pipelineParallel)[0]!);
};

describe('weights', () => {
  // "Model loading took" of public start-up logs.
  it.each([
    ['meta-llama/Llama-3.1-8B-Instruct', {}, undefined, 14.99],
    ['meta-llama/Llama-3.1-8B-Instruct', { tensorParallelSize: 4 }, undefined, 3.77],
    ['meta-llama/Llama-3.1-8B-Instruct', { pipelineParallelSize: 4 }, undefined, 4.26],
    ['meta-llama/Llama-3.1-8B-Instruct', { quantization: 'fp8' }, undefined, 8.49],
    [
      'meta-llama/Llama-3.3-70B-Instruct',
      { tensorParallelSize: 2 },
      'RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic',
      33.88,
    ],
    ['Qwen/Qwen1.5-MoE-A2.7B', {}, undefined, 26.67],
    ['google/gemma-2-27b-it', {}, undefined, 50.72],
    ['openai/gpt-oss-20b', { tensorParallelSize: 2 }, undefined, 7.01],
    ['meta-llama/Llama-4-Scout-17B-16E', { tensorParallelSize: 4 }, undefined, 53.12],
  ])('%s %o', (name, values, asked, logged) => {
    const told = weights(name, values, asked);
    expect(Math.abs(told.gib / logged - 1)).toBeLessThan(0.01);
    expect(told.low).toBeLessThanOrEqual(logged);
    expect(told.high).toBeGreaterThanOrEqual(logged);
  });

  it('replicates KV heads beyond one a rank', () => {
    const at = (tp: number) => weights('Qwen/Qwen2.5-0.5B', { tensorParallelSize: tp }).gib * tp;
    expect(at(14)).toBeGreaterThan(at(2));
  });

  it('adds the buffers of LoRA', () => {
    const { shape, settings } = settingsFor('Qwen/Qwen3-8B', '0.19.0');
    const [stage] = stagesOf(shape, 1);
    const quantisation = quantisationOf(shape, null, null)!;
    const plain = weightsOf(shape, quantisation, settings, stage!).gib;
    const adapted = weightsOf(shape, quantisation, { ...settings, loraRank: 64, maxLoras: 4 }, stage!).gib;
    // 4 x 64 x 2 bytes x (inputs + outputs) of seven projections in 36 layers.
    expect(adapted - plain).toBeCloseTo((36 * (4096 * 2 + 2 * 5120 + 4096 + 4096 + 3 * 16384) * 64 * 4 * 2) / GIB, 1);
  });
});

describe('quantisation', () => {
  it.each([
    ['Qwen3-8B-AWQ', 4.156],
    ['Phi-4-AutoRound-GPTQ-4bit', 4.125],
    ['x-quantized.w8a8', 8.004],
    ['Llama-bnb-4bit', 4.127],
    ['Qwen3-NVFP4', 4.5],
    ['model-Q4_K_M.gguf', 4.85],
  ])('the name %s means %f bits', (name, bits) => {
    expect(schemeInName(name)!.bits).toBeCloseTo(bits, 3);
  });

  it('reads what a checkpoint leaves in 16 bit', () => {
    const shape = {
      ...shapeOf('Qwen/Qwen3-30B-A3B'),
      quantization: {
        quant_method: 'compressed-tensors',
        format: 'pack-quantized',
        config_groups: { group_0: { weights: { num_bits: 4, type: 'int', group_size: 32, symmetric: true } } },
        ignore: ['lm_head', 're:.*self_attn.*'],
      },
    };
    const scheme = quantisationOf(shape, null, null)!;
    expect(scheme.bits('expert')).toBe(4.5);
    expect(scheme.bits('attention')).toBe(16);
  });

  it('does not know the bits of a format that it does not know', () => {
    expect(quantisationOf(shapeOf('Qwen/Qwen3-8B'), 'exl3', 'Qwen3-8B-EXL3')).toBeNull();
    expect(
      quantisationOf({ ...shapeOf('Qwen/Qwen3-8B'), quantization: { quant_method: 'new', ignore: 7 } }, null, 'x'),
    ).toBeNull();
  });
});

const peakOf = (name: string, version: string, values: Record<string, unknown> = {}) => {
  const { shape, settings } = settingsFor(name, version, values);
  return activationOf(shape, settings, gpu, stagesOf(shape, settings.pipelineParallel).at(-1)!);
};

describe('activation peak', () => {
  // "peak activation" of public start-up logs with the defaults of an H100.
  it.each([
    ['meta-llama/Llama-3.1-8B-Instruct', '0.11.0', {}, 4.76],
    ['meta-llama/Llama-3.1-8B-Instruct', '0.19.0', {}, 1.89],
    ['meta-llama/Llama-3.1-8B-Instruct', '0.19.0', { tensorParallelSize: 4 }, 1.89],
    ['Qwen/Qwen3-14B', '0.16.0', {}, 5.64],
    ['Qwen/Qwen3-14B', '0.17.0', {}, 2.23],
    ['openai/gpt-oss-20b', '0.11.0', {}, 7.38],
    ['Qwen/Qwen1.5-MoE-A2.7B', '0.19.0', {}, 2.47],
    ['google/gemma-2-27b-it', '0.19.0', {}, 3.66],
    ['Qwen/Qwen3-4B', '0.8.5', { engine: 'V0', maxNumSeqs: 1, maxModelLen: 10000 }, 0.74],
  ])('%s %s %o: %f GiB', (name, version, values, logged) => {
    const { peak } = peakOf(name, version, values);
    expect(Math.abs(peak.gib - logged)).toBeLessThan(Math.max(0.06, 0.05 * logged));
    expect(peak.low).toBeLessThanOrEqual(logged);
    expect(peak.high).toBeGreaterThanOrEqual(logged);
  });

  it('grows with max_num_seqs while the sampler decides, and only then', () => {
    const at = (maxNumSeqs: number) => peakOf('Qwen/Qwen3-8B', '0.16.0', { maxNumSeqs });
    expect(at(1024).decidedBy).toBe('sampler');
    expect(at(1024).peak.gib).toBeGreaterThan(at(256).peak.gib);
    expect(at(4).decidedBy).toBe('forward');
    expect(at(4).peak.gib).toBe(at(2).peak.gib);
  });

  it("V0's chunked prefill samples nothing", () => {
    const facts = { engine: 'V0', maxModelLen: 131072 };
    expect(peakOf('meta-llama/Llama-3.1-8B-Instruct', '0.7.3', facts).peak.gib).toBeCloseTo(0.22, 1);
  });

  it('profiles the vision tower by the largest item', () => {
    const { shape, settings } = settingsFor('Qwen/Qwen2.5-VL-7B-Instruct', '0.8.5', {
      engine: 'V0',
      maxModelLen: 4096,
      limitMmPerPrompt: { image: 1, video: 0 },
    });
    expect(encoderProfile(shape, settings)!.peak.gib).toBeCloseTo(2.47, 0);
    expect(encoderProfile(shape, { ...settings, skipMmProfiling: true })).toBeNull();
    const fewer = encoderProfile(shape, { ...settings, maxPixels: 1_003_520 })!;
    expect(fewer.peak.gib).toBeLessThan(0.3);
  });
});

describe('CUDA graphs', () => {
  it('counts both modes, and none when eager', () => {
    const { settings } = settingsFor('Qwen/Qwen3-8B', '0.19.0');
    expect(graphCount(settings)).toBe(102);
    expect(
      graphsOf(shapeOf('Qwen/Qwen3-8B'), settingsFor('Qwen/Qwen3-8B', '0.19.0', { enforceEager: true }).settings).gib,
    ).toBe(0);
    expect(graphCount(settingsFor('Qwen/Qwen3-8B', '0.10.0').settings)).toBe(67);
  });
});

const layoutOf = (name: string, version: string, values: Record<string, unknown> = {}) => {
  const { shape, settings } = settingsFor(name, version, values);
  return { settings, layout: kvLayout(shape, settings, stagesOf(shape, settings.pipelineParallel)[0]!)! };
};

describe('KV cache', () => {
  // Pool and tokens as vLLM printed them.
  it.each([
    ['meta-llama/Llama-3.1-8B-Instruct', '0.19.0', { maxModelLen: 16384 }, 58.11, 476_016],
    ['google/gemma-3-27b-it', '0.19.0', { maxModelLen: 8192 }, 19.53, 36_560],
    ['Qwen/Qwen1.5-MoE-A2.7B', '0.19.0', { maxModelLen: 8192 }, 45.83, 250_304],
    ['zai-org/GLM-5.1', '0.19.0', { maxModelLen: 202752, tensorParallelSize: 8 }, 32.11, 344_192],
    ['Qwen/Qwen3.8-27B', '0.27.1', { maxModelLen: 786432 }, 50.29, 820_013],
    ['Qwen/Qwen3-0.6B', '0.27.1', { maxModelLen: 40960 }, 69.4, 649_728],
  ])('%s %s: %o', (name, version, values, gib, tokens) => {
    const { layout, settings } = layoutOf(name, version, values);
    const told = poolFigures(layout, settings, gib * GIB).tokens;
    // The pool is printed with two decimals.
    expect(Math.abs(told / tokens - 1)).toBeLessThan(0.002);
  });

  it('one latent for all heads, whatever the tensor parallelism', () => {
    const at = (tp: number) => layoutOf('deepseek-ai/DeepSeek-V3', '0.19.0', { tensorParallelSize: tp }).layout;
    expect(at(1).blockBytes / at(1).blockTokens).toBe(61 * 576 * 2);
    expect(at(8).blockBytes).toBe(at(1).blockBytes);
  });

  it('fewer KV heads than ranks are replicated', () => {
    const at = (tp: number) => layoutOf('Qwen/Qwen2.5-7B', '0.19.0', { tensorParallelSize: tp }).layout.blockBytes;
    expect(at(2)).toBe(at(1) / 2);
    expect(at(28)).toBe(at(4));
  });

  it('an fp8 cache halves the page, an unknown dtype is not guessed', () => {
    const bytes = (kvCacheDtype: string) => layoutOf('Qwen/Qwen3-8B', '0.19.0', { kvCacheDtype }).layout?.blockBytes;
    expect(bytes('fp8')).toBe(bytes('auto')! / 2);
    expect(bytes('tomorrow')).toBeUndefined();
  });

  it('the longest length is accepted and the next is refused', () => {
    for (const name of ['Qwen/Qwen3-8B', 'google/gemma-3-27b-it', 'Qwen/Qwen3.8-27B', 'openai/gpt-oss-20b'])
      for (const gib of [0.3, 1, 3.7, 11]) {
        const { layout, settings } = layoutOf(name, '0.29.0', { maxModelLen: 8192 });
        const longest = longestIn(layout, settings, gib * GIB, 10_000_000);
        if (longest > 0) expect(needFor(layout, settings, longest)).toBeLessThanOrEqual(gib * GIB);
        expect(needFor(layout, settings, longest + 1)).toBeGreaterThan(longest === 10_000_000 ? 0 : gib * GIB);
      }
  });
});

describe('pipeline stages', () => {
  it('divide the layers, the remainder before the last', () => {
    const sizes = (pp: number) => stagesOf(shapeOf('deepseek-ai/DeepSeek-V3'), pp).map(stage => stage.layers.length);
    expect(sizes(1)).toEqual([61]);
    expect(sizes(4)).toEqual([15, 15, 16, 15]);
    expect(sizes(2)).toEqual([31, 30]);
  });
});

describe('mixed precision', () => {
  it('takes the algorithm of every module, and the head too', () => {
    const quantized_layers = Object.fromEntries([
      ...[0, 1].flatMap(i => [
        [`model.layers.${i}.self_attn.q_proj`, { quant_algo: 'FP8' }],
        [`model.layers.${i}.mlp.gate_proj`, { quant_algo: 'W4A16_NVFP4' }],
      ]),
      ['lm_head', { quant_algo: 'W4A16_NVFP4' }],
    ]);
    const shape = {
      ...shapeOf('Qwen/Qwen3-8B'),
      layers: shapeOf('Qwen/Qwen3-8B').layers.slice(0, 4),
      quantization: { quant_method: 'modelopt', quant_algo: 'MIXED_PRECISION', quantized_layers },
    };
    const scheme = quantisationOf(shape, null, null)!;
    expect(scheme.bits('mlp')).toBeCloseTo((4.5 + 16) / 2);
    expect(scheme.bits('attention')).toBeCloseTo((8.004 + 16) / 2);
    expect(scheme.headBits).toBe(4.5);
  });

  it('a spared layer counts where it has the part', () => {
    const shape = shapeOf('nvidia/GLM-5.2-NVFP4');
    const scheme = quantisationOf(shape, null, null)!;
    // The first three layers are dense and spared as a whole: no expert is among them.
    expect(scheme.bits('expert')).toBe(4.5);
    expect(scheme.bits('attention')).toBe(16);
  });
});
