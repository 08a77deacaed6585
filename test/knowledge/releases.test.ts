import { describe, expect, it } from 'vitest';
import { loadReleases } from '../../src/knowledge/load-releases.js';
import { releases } from '../../src/knowledge/releases.js';

const known = releases();

describe('which release a version stands for', () => {
  it.each([
    ['0.8.3', '0.8.3', true],
    ['v0.11.0', '0.11.0', true],
    ['0.10.1.1', '0.10.1.1', true],
    ['0.8.5+cu121', '0.8.5', true],
    ['0.8.5.post1', '0.8.5', false],
    ['0.11.1rc2.dev5+g1a2b3c', '0.11.0', false],
    ['0.34.0', '0.33.0', false],
  ])('%s', (version, release, exact) => {
    const match = known.match(version)!;
    expect(match).toMatchObject({ release, exact });
    expect(match.note === null).toBe(exact);
    if (match.note) expect(match.note.zh).toContain(release);
  });
  it('gives nothing for what is unknown or too old', () => {
    for (const version of [null, undefined, '', 'latest', '0.1.dev1+g12', 'nightly'])
      expect(known.match(version)).toBeNull();
  });
  it('is the same object when loaded lazily', async () => expect(await loadReleases()).toBe(known));
});

describe('flags', () => {
  it('knows the flag, its type and its default in a release', () => {
    expect(known.flag('0.19.1', '--gpu-memory-utilization')).toMatchObject({ type: 'float', default: 0.9 });
    expect(known.flag('0.20.0', 'gpu_memory_utilization')).toMatchObject({ default: 0.92 });
    expect(known.flag('0.13.0', 'max-model-len')!.type).toBe('int(human)');
    expect(known.flag('0.14.0', 'max-model-len')!.type).toBe('int(human|auto)');
  });
  it('resolves aliases only where they exist', () => {
    expect(known.flag('0.9.0', '-tp')!.name).toBe('tensor-parallel-size');
    expect(known.flag('0.11.2', '-cc')).toBeNull();
    expect(known.flag('0.12.0', '-cc')!.name).toBe('compilation-config');
    expect(known.flag('0.30.0', '--device-memory-utilization')).toBeNull();
    expect(known.flag('0.31.0', '--device-memory-utilization')!.name).toBe('gpu-memory-utilization');
  });
  it('tells negated and reversed switches', () => {
    expect(known.flag('0.8.5', '--no-enable-chunked-prefill')).toMatchObject({
      name: 'enable-chunked-prefill',
      reversed: true,
    });
    expect(known.flag('0.8.4', '--no-enable-chunked-prefill')).toBeNull();
    expect(known.flag('0.33.0', '--disable-log-requests')).toMatchObject({
      name: 'enable-log-requests',
      reversed: true,
    });
    expect(known.flag('0.20.0', '--disable-log-requests')).toBeNull();
    expect(known.flag('0.10.0', '--disable-log-requests')).toMatchObject({
      name: 'disable-log-requests',
      reversed: false,
    });
  });
  it('knows values with gaps', () => {
    expect(known.flag('0.4.0', 'kv-cache-dtype')!.choices).toContain('fp8_e5m2');
    expect(known.flag('0.4.2', 'kv-cache-dtype')!.choices).not.toContain('fp8_e5m2');
    expect(known.flag('0.9.0', 'kv-cache-dtype')!.choices).toContain('fp8_e5m2');
    expect(known.flag('0.32.0', 'kv-cache-dtype')!.restricted).toBe(true);
    expect(known.flag('0.33.0', 'kv-cache-dtype')!.restricted).toBe(false);
  });
  it('tells when a flag came and went', () => {
    expect(known.flagHistory('swap-space')).toEqual({ name: 'swap-space', since: '0.2.0', until: '0.17.1' });
    expect(known.flagHistory('--async-scheduling')).toMatchObject({ since: '0.10.0', until: null });
    expect(known.flagHistory('max-sequences')).toBeNull();
    expect(known.flagHistory('toString')).toBeNull();
  });
  it('is null for an unknown version', () => expect(known.flag('latest', 'max-model-len')).toBeNull());
});

describe('environment variables', () => {
  it('exist in a span of releases', () => {
    expect(known.envVariable('0.10.0', 'VLLM_USE_V1')).toMatchObject({ default: true });
    expect(known.envVariable('0.12.0', 'VLLM_USE_V1')).toBeNull();
    expect(known.envHistory('VLLM_ATTENTION_BACKEND')).toMatchObject({ until: '0.14.1' });
  });
});
