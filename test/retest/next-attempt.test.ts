import { describe, expect, it } from 'vitest';
import type { FixChange, ProposedFix } from '../../src/plan/types.js';
import { nextAttempt } from '../../src/retest/next-attempt.js';

const text = { en: '', zh: '' };

const fix = (id: string, flag: string, from: unknown, to: unknown, sufficient: boolean | null = null): ProposedFix => ({
  id,
  title: text,
  savesGiB: null,
  costs: text,
  changes: [{ where: 'vllm', flag, from, to } as FixChange],
  command: null,
  diff: null,
  validFor: null,
  clearedBy: null,
  sufficient,
  steps: [],
  why: text,
});

const LOWER = (from: number, to: number) => fix('lower-gpu-memory-utilization', '--gpu-memory-utilization', from, to);
const EAGER = fix('enforce-eager', '--enforce-eager', null, true);
const SIZES = fix('fewer-cudagraph-sizes', '--compilation-config', null, { cudagraph_capture_sizes: [1, 2, 4] });

const next = (launchText: string, fixes: ProposedFix[], selected: string[] = [], tried: string[] = []) =>
  nextAttempt({ launchText, fixes, selected }, new Set(tried))?.command ?? null;

describe('the next attempt', () => {
  it('takes the selected set, then the others one by one', () => {
    const launch = 'vllm serve X';
    const both = next(launch, [EAGER, LOWER(0.9, 0.8)], ['enforce-eager', 'lower-gpu-memory-utilization']);
    expect(both).toBe('vllm serve X --enforce-eager --gpu-memory-utilization 0.8');
    expect(next(launch, [EAGER, LOWER(0.9, 0.8)], ['enforce-eager'], ['vllm serve X --enforce-eager'])).toBe(
      'vllm serve X --gpu-memory-utilization 0.8',
    );
  });

  it('leaves out what is known to fall short', () => {
    expect(next('vllm serve X', [fix('enforce-eager', '--enforce-eager', null, true, false)])).toBeNull();
  });

  it('never moves a value against the sense of the fix', () => {
    const launch = 'vllm serve X --gpu-memory-utilization 0.89';
    expect(next(launch, [LOWER(0.97, 0.95)])).toBeNull();
    expect(next(launch, [LOWER(0.97, 0.89)])).toBeNull();
    expect(next(launch, [LOWER(0.97, 0.85)])).toBe('vllm serve X --gpu-memory-utilization 0.85');
    const raise = fix('raise-gpu-memory-utilization', '--gpu-memory-utilization', 0.8, 0.85);
    expect(next(launch, [raise])).toBeNull();
  });

  it('goes back to no command that was tried', () => {
    const tried = ['vllm serve X --gpu-memory-utilization 0.85'];
    expect(next('vllm serve X --gpu-memory-utilization 0.89', [LOWER(0.89, 0.85)], [], tried)).toBeNull();
  });

  it('has no use for fewer graphs where none are captured', () => {
    expect(next('vllm serve X --enforce-eager', [SIZES])).toBeNull();
    expect(next('vllm serve X', [SIZES])).toContain('--compilation-config');
  });
});
