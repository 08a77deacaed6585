import files from 'knowledge:models';
import { describe, expect, it } from 'vitest';
import { shapeFromConfig } from '../../src/budget/model/read-config.js';
import { findGpu, gpusWithTotal } from '../../src/knowledge/gpus.js';
import { findModel, knownModels, type ModelEntry } from '../../src/knowledge/models.js';

describe('catalogue of models', () => {
  const entries = (Object.values(files) as ModelEntry[][]).flat();

  it.each(entries.map(entry => [entry.model, entry] as const))(
    '%s can be read and says where it is from',
    (name, entry) => {
      expect(entry.source.length).toBeGreaterThan(3);
      expect(entry.like === undefined || knownModels().includes(entry.like)).toBe(true);
      expect(shapeFromConfig(findModel(name)?.config)).not.toBeNull();
    },
  );

  it('names every model once', () => {
    const names = entries.flatMap(entry => [entry.model, ...(entry.also ?? [])]).map(name => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    ['Qwen/Qwen2.5-7B-Instruct-AWQ', 'Qwen/Qwen2.5-7B'],
    ['/models/Qwen2.5-7B-Instruct-AWQ/', 'Qwen/Qwen2.5-7B'],
    ['C:\\models\\Qwen3-8B', 'Qwen/Qwen3-8B'],
    ['/root/.cache/huggingface/hub/models--Qwen--Qwen3-8B/snapshots/0a1b', 'Qwen/Qwen3-8B'],
    ['unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit', 'meta-llama/Llama-3.1-8B-Instruct'],
    ['RedHatAI/Llama-3.3-70B-Instruct-quantized.w4a16', 'meta-llama/Llama-3.3-70B-Instruct'],
    ['TheBloke/Mistral-7B-Instruct-v0.2-AWQ', 'mistralai/Mistral-7B-Instruct-v0.2'],
    ['bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M', 'meta-llama/Llama-3.2-3B'],
  ])('finds %s', (asked, name) => {
    expect(findModel(asked)?.name.startsWith(name)).toBe(true);
  });

  it.each(['my-org/my-model', '/mnt/model', '', 'Qwen/Qwen9-7B', 'meta-llama/Llama-3.1-9B'])(
    'does not know %s',
    name => {
      expect(findModel(name)).toBeNull();
    },
  );

  it('does not lend the quantisation of one stored form to another', () => {
    expect(findModel('someone/Qwen3-235B-A22B-AWQ')!.config.quantization_config).toBeUndefined();
    expect(findModel('Qwen/Qwen3-235B-A22B-FP8')!.config.quantization_config).toBeDefined();
  });
});

describe('catalogue of GPUs', () => {
  it.each([
    ['A100 80GB', 79.25, 8],
    ['NVIDIA A100-SXM4-40GB', 39.4, 8],
    ['rtx4090', 23.6, 8.9],
    ['NVIDIA GeForce RTX 4090', 23.6, 8.9],
    ['H100 80GB', 79.19, 9],
    ['L40S', 44.4, 8.9],
    ['A10G', 22.05, 8.6],
    ['DGX Spark', 121.6, 12.1],
    ['RTX 5070 Ti 16GB', 15.7, 12],
  ])('%s', (name, total, capability) => {
    const gpu = findGpu(name)!;
    expect(gpu.totalGiB!.gib).toBeCloseTo(total, 0);
    expect(Number(gpu.computeCapability)).toBe(capability);
    expect(gpu.totalGiB!.low).toBeLessThanOrEqual(gpu.totalGiB!.gib);
  });

  it('does not guess a size that the name leaves open', () => {
    expect(findGpu('A100')!.totalGiB).toBeNull();
    expect(findGpu('some card')).toBeNull();
    expect(findGpu('Somebody X9 24GB')!.totalGiB).toMatchObject({ seen: false, high: 24 });
  });

  it('knows unified memory and cards by their total', () => {
    expect(findGpu('NVIDIA GB10')!.unified).toBe(true);
    expect(gpusWithTotal(119.63)).toEqual(['NVIDIA GB10']);
    expect(gpusWithTotal(12.34)).toEqual([]);
  });
});
