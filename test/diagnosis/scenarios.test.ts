import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerTo, told } from './support.js';

const read = (name: string) =>
  readFileSync(new URL(`../../fixtures/logs/scenario-${name}.log`, import.meta.url), 'utf8');

describe('the five situations', () => {
  it('1: a vision model that ran in 0.7.x dies in 0.8.3', async () => {
    const answer = await answerTo(read('1-vlm-0.8.3'));
    const [first] = answer.causes;
    expect(told(answer)).toBe('vlm-083-regression');
    expect(first!.regressedIn).toBe('0.8.0');
    expect(first!.fixedIn).toBe('0.8.4');
    expect(first!.summary.en).toContain('1024');
    expect(first!.because[0]!.text).toContain('warming up sampler with 1024 dummy requests');
    expect(first!.fixes.slice(0, 2)).toEqual(['lower-max-num-seqs', 'limit-mm-pixels']);
  });

  it('2: lm-eval whose prompt logprobs lie outside the budget', async () => {
    const answer = await answerTo(read('2-lm-eval'));
    const [first] = answer.causes;
    expect(told(answer)).toBe('serving-peak');
    expect(answer.phase).toBe('serving');
    expect(first!.because.some(item => /[Ll]ogprobs/.test(item.says.en))).toBe(true);
    expect(first!.fixes).toContain('disable-prompt-logprobs');
    expect(answer.causes.map(cause => cause.id)).not.toContain('fragmentation');
  });

  it('3: nothing crashed, it only takes 60 GB', async () => {
    const answer = await answerTo(read('3-why-60-gb'));
    expect(answer.verdict).toBe('healthy');
    expect(answer.causes).toEqual([]);
    expect(answer.facts.kvCacheGiB?.value).toBe(52.64);
  });

  it('4: "Cannot re-initialize CUDA in forked subprocess" is no memory failure', async () => {
    const answer = await answerTo(read('4-forked-cuda'));
    expect(answer.verdict).toBe('not-oom');
    expect(answer.proof[0]!.text).toContain('Cannot re-initialize CUDA in forked subprocess');
    expect(answer.proof[0]!.says.en).toContain('spawn');
  });

  it('5: MiniCPM-V in Docker, GPU 0 inside is the card that was handed in', async () => {
    const answer = await answerTo(read('5-minicpm-v'));
    const ids = answer.causes.map(cause => cause.id);
    expect(['vlm-encoder-profile', 'max-num-seqs-default']).toContain(ids[0]);
    expect(ids).toContain('max-num-seqs-default');
    expect(ids).not.toContain('fragmentation');
    expect(ids).not.toContain('gpu0-allocation');
  });
});
