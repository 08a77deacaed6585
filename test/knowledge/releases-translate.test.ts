import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { releases } from '../../src/knowledge/releases.js';

const known = releases();
const settings = (name: string, value: never, to: string) => known.translate(name, value, to)?.settings ?? null;
const becomes = (name: string, value: unknown, to: string) => settings(name, value as never, to);

describe('what becomes of a setting in another release', () => {
  it.each([
    ['disable-mm-preprocessor-cache', true, '0.13.0', [{ where: 'vllm', name: 'mm-processor-cache-gb', value: 0 }]],
    ['mm-processor-cache-gb', 0, '0.9.0', [{ where: 'vllm', name: 'disable-mm-preprocessor-cache', value: true }]],
    ['mm-processor-cache-gb', 2, '0.9.0', [{ where: 'env', name: 'VLLM_MM_INPUT_CACHE_GIB', value: '2' }]],
    ['cuda-graph-sizes', [1, 2, 8], '0.13.0', [{ where: 'vllm', name: 'cudagraph-capture-sizes', value: [1, 2, 8] }]],
    ['cuda-graph-sizes', 64, '0.13.0', [{ where: 'vllm', name: 'max-cudagraph-capture-size', value: 64 }]],
    ['max-cudagraph-capture-size', 64, '0.10.0', [{ where: 'vllm', name: 'cuda-graph-sizes', value: 64 }]],
    [
      'VLLM_ATTENTION_BACKEND',
      'FLASHINFER',
      '0.20.0',
      [{ where: 'vllm', name: 'attention-backend', value: 'FLASHINFER' }],
    ],
    [
      'attention-backend',
      'FLASHINFER',
      '0.11.0',
      [{ where: 'env', name: 'VLLM_ATTENTION_BACKEND', value: 'FLASHINFER' }],
    ],
    [
      'limit-mm-per-prompt',
      { image: 2, video: 0 },
      '0.8.4',
      [{ where: 'vllm', name: 'limit-mm-per-prompt', value: 'image=2,video=0' }],
    ],
    [
      'guided-decoding-backend',
      'xgrammar',
      '0.12.0',
      [{ where: 'vllm', name: 'structured-outputs-config', value: { backend: 'xgrammar' }, merge: true }],
    ],
    ['worker-use-ray', true, '0.8.0', [{ where: 'vllm', name: 'distributed-executor-backend', value: 'ray' }]],
    [
      'task',
      'embed',
      '0.13.0',
      [
        { where: 'vllm', name: 'runner', value: 'pooling' },
        { where: 'vllm', name: 'convert', value: 'embed' },
      ],
    ],
    ['compilation-config', 3, '0.8.0', null],
    ['optimization-level', 1, '0.11.0', [{ where: 'vllm', name: 'compilation-config', value: 1 }]],
    ['swap-space', 4, '0.18.0', []],
    ['swap-space', 4, '0.17.1', null],
    ['max-num-seqs', 4, '0.33.0', null],
    ['calculate-kv-scales', true, '0.28.0', []],
    ['VLLM_USE_V1', '0', '0.12.0', []],
    ['async-scheduling', true, '0.8.0', null],
    ['no-such-flag', true, '0.8.0', null],
  ])('%s %j for %s', (name, value, to, expected) => expect(becomes(name, value, to)).toEqual(expected));

  it('spreads one JSON flag over several old ones', () =>
    expect(becomes('speculative-config', { model: 'm', num_speculative_tokens: 3 }, '0.8.1')).toEqual([
      { where: 'vllm', name: 'speculative-model', value: 'm' },
      { where: 'vllm', name: 'num-speculative-tokens', value: 3 },
    ]));

  it('says it in both languages', () => {
    const { note } = known.translate('swap-space', 4, '0.20.0')!;
    expect(note.en).toContain('--swap-space does not exist in 0.20.0');
    expect(note.zh).toContain('--swap-space');
  });

  it('never proposes what the release does not have, for any flag and release', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...known.allFlagNames()),
        fc.constantFrom(...known.all),
        fc.constantFrom<unknown>(true, false, 1, 'x', 'ray', { backend: 'x', model: 'y' }, [1, 2]),
        (name, to, value) => {
          for (const item of becomes(name, value, to) ?? [])
            expect(item.where === 'env' ? known.envVariable(to, item.name) : known.flag(to, item.name)).not.toBeNull();
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('objections of a release', () => {
  const code = (version: string, name: string, value: unknown) =>
    known.validate(version, name, value as never)?.code ?? null;
  it.each([
    ['0.8.0', 'async-scheduling', true, 'flag-not-yet'],
    ['0.18.0', 'swap-space', 4, 'flag-removed'],
    ['0.17.1', 'swap-space', 4, null],
    ['0.18.0', 'no-such-flag', 4, 'unknown-flag'],
    ['0.16.0', 'disable-log-requests', true, 'flag-deprecated'],
    ['0.9.0', 'kv-cache-dtype', 'nvfp4', 'value-not-yet'],
    ['0.9.0', 'kv-cache-dtype', 'fp99', 'value-unknown'],
    ['0.33.0', 'kv-cache-dtype', 'my_plugin', null],
    ['0.28.0', 'quantization', 'bitsandbytes', 'value-removed'],
    ['0.27.1', 'quantization', 'bitsandbytes', null],
    ['0.20.0', 'gpu-memory-utilization', 1.2, 'value-range'],
    ['0.20.0', 'gpu-memory-utilization', 0.95, null],
    ['0.20.0', 'max-num-seqs', 'many', 'value-type'],
    ['0.20.0', 'max-num-seqs', '$SEQS', null],
    ['0.13.0', 'max-model-len', 'auto', 'value-type'],
    ['0.14.0', 'max-model-len', 'auto', null],
    ['0.10.0', 'limit-mm-per-prompt', { image: 1 }, null],
    ['latest', 'max-num-seqs', 'many', null],
  ])('%s --%s %j: %s', (version, name, value, expected) => expect(code(version, name, value)).toBe(expected));
  it('has nothing against any default of any flag', () => {
    for (const release of known.all)
      for (const name of known.flagNames(release)) {
        const info = known.flag(release, name)!;
        if (info.default === null || info.deprecated) continue;
        expect([release, name, known.validate(release, name, info.default)]).toEqual([release, name, null]);
      }
  });
});
