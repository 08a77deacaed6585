import { describe, expect, it } from 'vitest';
import { applyFixes, unifiedDiff } from '../../src/plan/apply.js';
import type { FixChange } from '../../src/plan/types.js';

const change = (where: FixChange['where'], flag: string, to: unknown): FixChange => ({ where, flag, from: null, to });

describe('the changed text', () => {
  it('carries all fixes at once, the later one where two set the same', () => {
    const applied = applyFixes('vllm serve m --max-num-seqs 256', [
      { changes: [change('vllm', '--max-num-seqs', 64)] },
      { changes: [change('vllm', '--max-num-seqs', 32), change('vllm', '--enforce-eager', true)] },
    ])!;
    expect(applied.command).toBe('vllm serve m --max-num-seqs 32 --enforce-eager');
    expect(applied.notApplied).toEqual([]);
  });

  it('is none where every change lies outside it', () => {
    expect(applyFixes('vllm serve m', [{ changes: [change('host', 'free the GPU', true)] }])).toBeNull();
  });

  it('keeps every other byte', () => {
    const text = 'export A=1   # note\nvllm serve m \\\n  --port 8000 \\\n  --max-model-len 32768\n';
    const { command } = applyFixes(text, [{ changes: [change('vllm', '--max-model-len', 8192)] }])!;
    expect(command).toBe(text.replace('32768', '8192'));
  });
});

describe('unifiedDiff', () => {
  it('marks what went and what came, with what stands around it', () => {
    expect(unifiedDiff('a\nb\nc', 'a\nx\nc')).toBe(' a\n-b\n+x\n c');
  });
});
