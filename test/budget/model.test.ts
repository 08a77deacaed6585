import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shapeFromConfig } from '../../src/budget/model/read-config.js';
import { isHybrid, isMla, isMoe, kvBytesPerToken16bit, textParams } from '../../src/budget/model/shape.js';
import { parseConfigJson } from '../../src/probe/parsers/model-config.js';
import { shapeOf } from './helpers.js';

describe('architectures from config.json', () => {
  // Published parameter counts and cache bytes (2 bytes an element, whole model).
  it.each([
    ['meta-llama/Llama-3.1-8B-Instruct', 8_030_261_248, 131_072],
    ['Qwen/Qwen2.5-0.5B', 494_032_768, 12_288],
    ['Qwen/Qwen3-30B-A3B', 30_532_122_624, 98_304],
    ['deepseek-ai/DeepSeek-V3', 671_026_419_200, 70_272],
    ['openai/gpt-oss-20b', 20_914_757_184, 49_152],
    ['google/gemma-3-4b-it', 3_880_263_168, 139_264],
    ['Qwen/Qwen3-Next-80B-A3B-Thinking', 79_674_391_296, 24_576],
    ['meta-llama/Llama-4-Scout-17B-16E', 107_769_861_120, 196_608],
    ['zai-org/GLM-5.1', 743_911_218_432, 89_856],
    ['microsoft/phi-2', 2_779_683_840, 327_680],
  ])('%s', (name, params, bytes) => {
    const shape = shapeOf(name);
    expect(Math.abs(textParams(shape) / params - 1)).toBeLessThan(0.01);
    expect(kvBytesPerToken16bit(shape)).toBe(bytes);
  });

  it('tells kinds apart', () => {
    expect(isMoe(shapeOf('Qwen/Qwen3-30B-A3B'))).toBe(true);
    expect(isMla(shapeOf('deepseek-ai/DeepSeek-V3'))).toBe(true);
    expect(isHybrid(shapeOf('Qwen/Qwen3.5-27B'))).toBe(true);
    expect(isHybrid(shapeOf('Qwen/Qwen3-8B'))).toBe(false);
  });

  it('takes the language model of a nested config, never the talker', () => {
    const config = {
      model_type: 'qwen2_5_omni',
      talker_config: { hidden_size: 896, num_hidden_layers: 24, num_attention_heads: 12, vocab_size: 8448 },
      thinker_config: {
        text_config: {
          model_type: 'qwen2_5_omni_text',
          hidden_size: 3584,
          num_hidden_layers: 28,
          num_attention_heads: 28,
          num_key_value_heads: 4,
          intermediate_size: 18944,
          vocab_size: 152064,
        },
      },
    };
    expect(kvBytesPerToken16bit(shapeFromConfig(config)!)).toBe(57_344);
  });

  it('fills the class defaults of nested text parts', () => {
    const shape = shapeFromConfig({
      model_type: 'gemma3',
      text_config: { model_type: 'gemma3_text', hidden_size: 2560, intermediate_size: 10240, num_hidden_layers: 34 },
    })!;
    expect(shape.vocab).toBe(262_208);
    expect(shape.layers.filter(({ mixer }) => mixer.kind === 'attention' && mixer.window === null)).toHaveLength(5);
  });

  it('counts a sliding window that is switched off as full attention', () => {
    const base = {
      hidden_size: 64,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      vocab_size: 100,
      sliding_window: 4096,
    };
    const windows = (config: object) =>
      shapeFromConfig(config)!.layers.map(({ mixer }) => (mixer.kind === 'attention' ? mixer.window : 'none'));
    expect(windows({ ...base, use_sliding_window: false })).toEqual([null, null]);
    expect(windows(base)).toEqual([4096, 4096]);
  });

  it('knows nothing rather than something wrong', () => {
    expect(shapeFromConfig(null)).toBeNull();
    expect(shapeFromConfig({ hidden_size: 4096 })).toBeNull();
    expect(
      shapeFromConfig({ hidden_size: 64, vocab_size: 10, num_hidden_layers: 1e9, num_attention_heads: 4 }),
    ).toBeNull();
  });

  it('survives any file', () => {
    const keys = [
      'hidden_size',
      'num_hidden_layers',
      'vocab_size',
      'num_attention_heads',
      'layer_types',
      'text_config',
      'quantization_config',
      'vision_config',
      'block_configs',
      'linear_attn_config',
      'rope_scaling',
      'hybrid_override_pattern',
      'num_experts',
    ];
    const value = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.anything(), { maxLength: 5 }),
      fc.dictionary(fc.string(), fc.anything(), { maxKeys: 4 }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value), config => {
        const shape = shapeFromConfig(config);
        if (shape) expect(Number.isFinite(textParams(shape))).toBe(true);
      }),
      { seed: 7, numRuns: 400 },
    );
  });

  it('reads the Infinity that Python writes', () => {
    expect(parseConfigJson('{"time_step_limit": [0.0, Infinity], "name": "Infinity, NaN"}')).toEqual({
      time_step_limit: [0, null],
      name: 'Infinity, NaN',
    });
    expect(() => parseConfigJson('{nope')).toThrow(SyntaxError);
  });
});
