import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, shared with the script
import { addRelease, compareRelease, formatEnvironment, formatFlags } from '../../scripts/release-merge.mjs';

const root = join(import.meta.dirname, '..', '..');
const python = (() => {
  for (const name of [process.env.PYTHON, 'python3', 'python'])
    try {
      if (name) return execFileSync(name, ['-c', 'import sys; assert sys.version_info >= (3, 9)']) && name;
    } catch {
      // Not this one.
    }
  return null;
})();

const knowledge = {
  flags: {
    releases: ['98.0.0', '99.0.0'],
    arguments: {},
    flags: {
      'max-model-len': { group: 'engine', spans: { '98.0.0-': { type: 'int(human|auto)' } } },
      'gpu-memory-utilization': { group: 'engine', spans: { '98.0.0-': { type: 'float', default: 0.9 } } },
      'kv-cache-dtype': {
        group: 'engine',
        values: { auto: '98.0.0-', fp4: '99.0.0-', fp8: '98.0.0-98.0.0' },
        spans: { '98.0.0-': { type: 'str', default: 'auto', restricted: true } },
      },
      'swap-space': { group: 'engine', spans: { '98.0.0-': { type: 'float', default: 4 } } },
      gone: { group: 'engine', spans: { '98.0.0-98.0.0': { type: 'flag' } } },
    },
  },
  env: { VLLM_OLD: { '98.0.0-': 1 }, VLLM_BUFFER_BYTES: { '98.0.0-': 1024 } },
  watched: { release: '99.0.0', digests: {} },
};

describe.runIf(python)('a release read from its source', () => {
  const source = JSON.parse(
    execFileSync(python!, [join(root, 'scripts/release_sources.py'), join(root, 'fixtures/release-sources')], {
      encoding: 'utf8',
    }),
  );
  it('finds flags, types, defaults, values, aliases, without importing', () => {
    expect(source.version).toBe('99.1.0');
    expect(source.flags).toMatchObject({
      'max-model-len': { type: 'int(human|auto)' },
      'max-logprobs': { type: 'int', default: 4096 },
      runner: { values: ['auto', 'generate', 'pooling'], restricted: true },
      quantization: { aliases: ['-q'], suggested: true, values: ['awq', 'fp8'] },
      'skip-tokenizer-init': { type: 'flag', no: true, deprecated: true },
      'enable-prefix-caching': { inverse: 'disable-prefix-caching' },
      'kv-cache-memory-bytes': { type: 'int(human)' },
      'kv-cache-skip-layers': { type: 'str', nargs: '+', default: [] },
      'allowed-origins': { group: 'server', type: 'json', default: ['*'] },
      'enable-log-requests': { group: 'async', default: false },
      headless: { group: 'server', type: 'flag' },
    });
    expect(source.flags['allowed-origins']).not.toHaveProperty('nargs');
    expect(source.env).toEqual({ VLLM_BUFFER_BYTES: 2048, VLLM_ONLY_READ: 'x', VLLM_USE_NEW_THING: true });
  });

  it('extends, closes and opens spans', () => {
    const { lines, changed } = addRelease(knowledge, source);
    const { flags, releases } = changed.flags;
    expect(releases.at(-1)).toBe('99.1.0');
    expect(flags['max-model-len'].spans).toEqual({ '98.0.0-': { type: 'int(human|auto)' } });
    expect(flags['gpu-memory-utilization'].spans).toEqual({
      '98.0.0-99.0.0': { type: 'float', default: 0.9 },
      '99.1.0-': { type: 'float', default: 0.92 },
    });
    expect(flags['gpu-memory-utilization'].aliases).toEqual({ 'device-memory-utilization': '99.1.0-' });
    expect(flags['kv-cache-dtype'].values).toEqual({
      auto: '98.0.0-',
      fp4: '99.0.0-99.0.0',
      fp8: '98.0.0-98.0.0,99.1.0-',
    });
    expect(flags['swap-space'].spans).toEqual({ '98.0.0-99.0.0': { type: 'float', default: 4 } });
    expect(flags.gone.spans).toEqual(knowledge.flags.flags.gone.spans);
    expect(changed.env).toMatchObject({
      VLLM_OLD: { '98.0.0-99.0.0': 1 },
      VLLM_BUFFER_BYTES: { '98.0.0-99.0.0': 1024, '99.1.0-': 2048 },
    });
    expect(lines.join('\n')).toMatch(/- --swap-space[\s\S]*get_batch_defaults changed/);
    expect(lines.join('\n')).toContain('was not found');
    // What was added is what the source says.
    expect(compareRelease(changed, source).lines).toHaveLength(2);
    expect(addRelease(changed, { ...source, version: '99.2.0' }).changed.flags.flags).toEqual(changed.flags.flags);
  });

  it('refuses a release that is not the next one', () => {
    expect(addRelease(knowledge, { ...source, version: '98.5.0' }).refused).toBe(true);
    expect(addRelease(knowledge, { ...source, version: '99.2.0rc1' }).refused).toBe(true);
  });
});

it('the files are written as they are formatted', () => {
  const text = (name: string) => readFileSync(join(root, 'knowledge/releases', name), 'utf8');
  expect(formatFlags(JSON.parse(text('flags.json')))).toBe(text('flags.json'));
  expect(formatEnvironment(JSON.parse(text('env.json')))).toBe(text('env.json'));
});
