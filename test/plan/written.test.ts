import { describe, expect, it } from 'vitest';
import { writtenChange } from '../../src/plan/written.js';
import { launchOf, planOf } from './build.js';

describe('a change as one would type it', () => {
  it.each([
    ['vllm', '--enforce-eager', true, '--enforce-eager'],
    ['vllm', '--enable-chunked-prefill', false, '--no-enable-chunked-prefill'],
    ['vllm', '--max-num-seqs', 64, '--max-num-seqs 64'],
    ['vllm', '--limit-mm-per-prompt', { video: 0 }, `--limit-mm-per-prompt '{"video":0}'`],
    ['vllm', '--limit-mm-per-prompt', 'image=1,video=0', '--limit-mm-per-prompt image=1,video=0'],
    ['vllm', '--override', "it's", `--override 'it'\\''s'`],
    ['env', 'VLLM_USE_V1', '0', 'VLLM_USE_V1=0'],
    ['vllm', '--cpu-offload-gb', null, '--cpu-offload-gb'],
  ] as const)('%s %s %j', (where, flag, to, text) => {
    expect(writtenChange({ where, flag, to })).toBe(text);
  });

  it('steps read so as well', () => {
    const facts = { vllmVersion: '0.11.0', gpuTotalGiB: 79.25, gpuMemoryUtilization: 0.9 };
    const steps = planOf({ causes: ['cuda-graph-memory'], phase: 'graph-capture', facts }).fixes.flatMap(fix =>
      fix.steps.map(step => step.en),
    );
    expect(steps).toContain('Add --enforce-eager');
    expect(steps.join('\n')).not.toMatch(/ true\b/);
  });
});

describe('sentences', () => {
  it('names keep their letters', () => {
    for (const cause of ['gpu-util-too-low', 'neighbour-changed-memory', 'kv-cache-too-small'])
      for (const { why } of planOf({ causes: [cause], phase: 'kv-cache', launch: launchOf({}) }).fixes) {
        expect(why.en).not.toMatch(/VLLM(?!_)/);
        expect(why.en).not.toMatch(/[.!?] [a-z](?!LLM)/);
      }
  });
  it('counts of known threads only where one side outweighs the other', () => {
    const plan = planOf({
      causes: ['kv-cache-too-small'],
      phase: 'kv-cache',
      facts: { maxModelLen: 32768, kvNeededGiB: 4, kvAvailableGiB: 3 },
      launch: launchOf({}),
    });
    expect(plan.fixes.find(fix => fix.id === 'lower-max-model-len')!.threads).toBeUndefined();
  });
});
