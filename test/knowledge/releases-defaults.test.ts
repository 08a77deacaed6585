import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { releases } from '../../src/knowledge/releases.js';

const known = releases();
const values = (inputs: Parameters<typeof known.defaults>[0]) =>
  Object.fromEntries(
    Object.entries(known.defaults(inputs)).map(([name, entry]) => [
      name,
      (entry as { value: unknown } | null)?.value ?? null,
    ]),
  );

const h100 = {
  platform: 'cuda',
  gpuName: 'NVIDIA H100 80GB HBM3',
  gpuTotalGiB: 79.1,
  computeCapability: '9.0',
} as const;
const a100 = {
  platform: 'cuda',
  gpuName: 'NVIDIA A100-SXM4-80GB',
  gpuTotalGiB: 79.25,
  computeCapability: '8.0',
} as const;
const rtx = {
  platform: 'cuda',
  gpuName: 'NVIDIA GeForce RTX 4090',
  gpuTotalGiB: 23.5,
  computeCapability: '8.9',
} as const;
const b200 = { platform: 'cuda', gpuName: 'NVIDIA B200', gpuTotalGiB: 178, computeCapability: '10.0' } as const;

describe('batch defaults by release, GPU and usage', () => {
  it.each([
    ['0.33.0', h100, 'server', 8192, 1024],
    ['0.33.0', h100, 'llm', 16384, 1024],
    ['0.33.0', b200, 'server', 16384, 1024],
    ['0.27.1', b200, 'server', 8192, 1024],
    ['0.30.0', a100, 'server', 2048, 256],
    ['0.9.0', a100, 'server', 2048, 256],
    ['0.8.5', a100, 'server', 8192, 1024],
    ['0.8.4', a100, 'server', 2048, 256],
    ['0.8.4', h100, 'llm', 16384, 1024],
    ['0.8.3', rtx, 'server', 2048, 1024],
    ['0.20.0', rtx, 'llm', 8192, 256],
  ] as const)('%s %o %s', (release, gpu, usage, tokens, seqs) => {
    expect(values({ release, ...gpu, usage, maxModelLen: 32768 })).toMatchObject({
      maxNumBatchedTokens: tokens,
      maxNumSeqs: seqs,
    });
  });

  it('follows max_model_len on V0 without chunked prefill', () => {
    const v0 = { release: '0.6.6', usage: 'server', ...rtx, isMultimodal: false } as const;
    expect(values({ ...v0, maxModelLen: 8192 })).toMatchObject({
      engine: 'V0',
      chunkedPrefill: false,
      maxNumBatchedTokens: 8192,
      maxNumSeqs: 256,
    });
    expect(values({ ...v0, maxModelLen: 65536 })).toMatchObject({ chunkedPrefill: true, maxNumBatchedTokens: 2048 });
    expect(values({ ...v0, release: '0.6.4', maxModelLen: 65536 })).toMatchObject({ maxNumBatchedTokens: 512 });
  });

  it('is limited by the lengths that can occur', () => {
    expect(
      values({ release: '0.20.0', usage: 'server', ...rtx, maxModelLen: 4096, maxNumSeqs: 0.25 * 4 }),
    ).toMatchObject({ maxNumBatchedTokens: 2048 });
    expect(values({ release: '0.20.0', usage: 'server', ...rtx, maxModelLen: 512, maxNumSeqs: 2 })).toMatchObject({
      maxNumBatchedTokens: 1024,
    });
    expect(
      values({ release: '0.20.0', usage: 'server', ...rtx, maxModelLen: 4096, maxNumBatchedTokens: 64 }),
    ).toMatchObject({ maxNumSeqs: 64 });
    expect(
      values({ release: '0.20.0', usage: 'server', ...rtx, maxModelLen: 40960, chunkedPrefill: false }),
    ).toMatchObject({ maxNumBatchedTokens: 40960 });
  });

  it('is unknown where an input that decides is unknown, and known where it does not matter', () => {
    expect(values({ release: '0.20.0', gpuTotalGiB: 79.25, usage: 'server' })).toMatchObject({
      maxNumBatchedTokens: null,
      maxNumSeqs: null,
    });
    expect(values({ release: '0.20.0', gpuTotalGiB: 23.5 })).toMatchObject({
      maxNumBatchedTokens: null,
      maxNumSeqs: 256,
    });
    expect(values({ release: '0.20.0', gpuTotalGiB: 23.5, usage: 'server' })).toMatchObject({
      maxNumBatchedTokens: 2048,
    });
    expect(values({ release: '0.8.2', gpuTotalGiB: 23.5 })).toMatchObject({ maxNumSeqs: 1024 });
    expect(Object.values(values({ release: 'latest', ...h100 })).every(value => value === null)).toBe(true);
  });

  it('knows CPU by the number of workers', () => {
    expect(
      values({ release: '0.32.0', platform: 'cpu', usage: 'server', tensorParallelSize: 2, maxModelLen: 4096 }),
    ).toMatchObject({ maxNumBatchedTokens: 4096, maxNumSeqs: 256 });
  });
});

describe('engines', () => {
  it.each([
    ['0.6.3', {}, 'V0'],
    ['0.7.3', {}, 'V0'],
    ['0.7.3', { VLLM_USE_V1: '1' }, 'V1'],
    ['0.8.0', {}, 'V1'],
    ['0.10.2', { VLLM_USE_V1: '0' }, 'V0'],
    ['0.11.0', { VLLM_USE_V1: '0' }, 'V1'],
  ] as const)('%s %o', (release, env, engine) => expect(values({ release, env: { ...env } }).engine).toBe(engine));

  it('model runner V2 by list, by kind of model, then for all', () => {
    expect(values({ release: '0.21.0' }).modelRunner).toBe('V1');
    expect(values({ release: '0.21.0', env: { VLLM_USE_V2_MODEL_RUNNER: '1' } }).modelRunner).toBe('V2');
    expect(values({ release: '0.23.0', architecture: 'LlamaForCausalLM', quantization: null }).modelRunner).toBe('V2');
    expect(values({ release: '0.23.0', architecture: 'LlamaForCausalLM', quantization: 'fp8' }).modelRunner).toBe('V1');
    expect(values({ release: '0.23.0', architecture: 'LlamaForCausalLM' }).modelRunner).toBeNull();
    expect(values({ release: '0.26.0', isMoe: false, isHybrid: false }).modelRunner).toBe('V2');
    expect(values({ release: '0.26.0', isMoe: true, isHybrid: false }).modelRunner).toBeNull();
    expect(values({ release: '0.33.0' }).modelRunner).toBe('V2');
  });

  it('counts graphs in the budget only where vLLM does', () => {
    const graphs = (release: string, more = {}) => values({ release, ...h100, ...more }).graphsInBudget;
    expect(graphs('0.17.1')).toBe(false);
    expect(graphs('0.19.0')).toBe(false);
    expect(graphs('0.19.0', { env: { VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS: '1' } })).toBe(true);
    expect(graphs('0.20.0')).toBe(true);
    expect(graphs('0.26.0', { isMoe: false, isHybrid: false })).toBe(false);
    expect(graphs('0.29.0')).toBe(true);
    expect(graphs('0.29.0', { env: { VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS: '0' } })).toBe(false);
    expect(graphs('0.20.0', { platform: 'rocm' })).toBe(false);
  });
});

describe('captured batch sizes', () => {
  const sizes = (inputs: Parameters<typeof known.defaults>[0]) => known.defaults(inputs).captureSizes?.value ?? null;
  it('67 up to 512 in early V1, whatever max_num_seqs', () =>
    expect(sizes({ release: '0.8.5', usage: 'server', ...rtx, maxModelLen: 4096 })).toHaveLength(67));
  it('51 up to 512 from 0.11.1', () => {
    const list = sizes({ release: '0.13.0', usage: 'server', ...rtx, maxModelLen: 4096 })!;
    expect(list).toHaveLength(51);
    expect(list.at(-1)).toBe(512);
  });
  it('follows max_num_seqs', () =>
    expect(sizes({ release: '0.13.0', usage: 'server', ...rtx, maxModelLen: 4096, maxNumSeqs: 8 })).toEqual([
      1, 2, 4, 8, 16,
    ]));
  it('goes to 1024 on B200 from 0.28.0', () => {
    expect(sizes({ release: '0.28.0', usage: 'server', ...b200, maxModelLen: 4096 })!.at(-1)).toBe(1024);
    expect(sizes({ release: '0.27.1', usage: 'server', ...b200, maxModelLen: 4096 })!.at(-1)).toBe(512);
  });
  it('adds whole decode batches of speculative decoding from 0.29.0, max_num_seqs from 0.31.0', () => {
    const inputs = { usage: 'server', ...rtx, maxModelLen: 4096, maxNumSeqs: 10 } as const;
    expect(sizes({ release: '0.30.0', ...inputs })).toEqual([1, 2, 4, 8, 16]);
    expect(sizes({ release: '0.31.0', ...inputs })).toEqual([1, 2, 4, 8, 10, 16]);
    expect(sizes({ release: '0.28.0', ...inputs, numSpeculativeTokens: 2 })).toEqual([
      1, 2, 4, 8, 16, 24, 32, 40, 48, 56,
    ]);
    expect(sizes({ release: '0.29.0', ...inputs, numSpeculativeTokens: 2 })).toEqual([
      1, 2, 3, 4, 6, 8, 12, 16, 24, 30, 32, 40, 48, 56,
    ]);
  });
  it('V0: the next multiple of 8', () =>
    expect(sizes({ release: '0.6.6', engine: 'V0', maxNumSeqs: 20 })!.at(-1)).toBe(24));
  it('none in eager mode', () => expect(sizes({ release: '0.20.0', enforceEager: true })).toEqual([]));

  it('are sorted, distinct, positive and never above twice the sequences, for any input', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...known.all),
        fc.integer({ min: 1, max: 4096 }),
        fc.integer({ min: 1, max: 131072 }),
        fc.constantFrom(h100, a100, rtx, b200),
        (release, maxNumSeqs, maxModelLen, gpu) => {
          const list = sizes({ release, usage: 'server', ...gpu, maxNumSeqs, maxModelLen, isMultimodal: false });
          if (!list) return;
          expect(list).toEqual([...new Set(list)].sort((a, b) => a - b));
          expect(list.every(size => size > 0 && size <= Math.max(8192, 2 * maxNumSeqs))).toBe(true);
        },
      ),
    );
  });
});
