import { describe, expect, it } from 'vitest';
import { previewFixes } from '../../src/session/preview.js';
import { answer } from '../ui/fixtures.js';

const { fixes } = answer;
const enoughOf = (ids: string[], over = answer) => previewFixes(over, ids, null).enough;

describe('a selected set', () => {
  it('changes the command by all of its fixes at once, and nothing else of it', () => {
    const { command, diff } = previewFixes(answer, ['lower-max-num-seqs', 'lower-gpu-memory-utilization'], null);
    expect(command).toBe(
      'vllm serve Qwen/Qwen2.5-VL-7B-Instruct --gpu-memory-utilization 0.88 --max-model-len 32768 --max-num-seqs 64',
    );
    expect(diff).toContain('+');
    expect(previewFixes(answer, ['upgrade-vllm'], null).command).toBeNull();
  });

  it('is enough when one of it is, or when together they free what was missing', () => {
    expect(enoughOf(['lower-max-num-seqs'])).toBe(true);
    const partial = fixes.map(fix => ({ ...fix, sufficient: false, savesGiB: { gib: 0.7, low: 0.6, high: 0.8 } }));
    const both = ['lower-max-num-seqs', 'lower-gpu-memory-utilization'];
    expect(enoughOf(both, { ...answer, fixes: partial })).toBe(true);
    expect(enoughOf(both.slice(0, 1), { ...answer, fixes: partial })).toBe(false);
  });

  it('is not called enough where nobody can tell, or nothing is selected', () => {
    const open = fixes.map(fix => ({ ...fix, sufficient: null, savesGiB: null }));
    expect(enoughOf(['lower-max-num-seqs'], { ...answer, fixes: open })).toBeNull();
    expect(enoughOf([])).toBeNull();
  });

  it('adds up what its fixes free', () => {
    const { savesGiB } = previewFixes(answer, ['lower-max-num-seqs', 'lower-gpu-memory-utilization'], null);
    expect(savesGiB!.gib).toBeCloseTo(1.63 + 1.59);
    expect(previewFixes(answer, ['upgrade-vllm'], null).savesGiB).toBeNull();
  });
});
