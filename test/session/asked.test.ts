import { describe, expect, it } from 'vitest';
import { answerAsked } from '../../src/session/asked.js';
import type { AskedQuestion } from '../../src/session/record.js';

const on = (gpuName: string) => ({
  gpuName: { value: gpuName, from: 'user' as const },
  vllmVersion: { value: '0.10.2', from: 'user' as const },
});
const ask = (question: AskedQuestion, command: string | null, userFacts = {}) =>
  answerAsked(question, { command, userFacts, probeFacts: {}, modelConfig: null });

describe('somebody for whom nothing crashed', () => {
  it('is told that it fits, with what could still be asked for', () => {
    const answer = ask('will-it-fit', 'vllm serve Qwen/Qwen2.5-7B-Instruct --max-model-len 8192', on('H100 80GB'));
    expect(answer.verdict).toBe('healthy');
    expect(answer.summary.en).toMatch(/^It fits/);
    expect(answer.proof.map(({ says }) => says.en).join()).toMatch(/max-num-seqs that fits: [\d,]+/);
    expect(answer.budget!.kvTokens).toBeGreaterThan(8192);
  });

  it('is told what it would fail at, with fixes for just that', () => {
    const answer = ask('will-it-fit', 'vllm serve Qwen/Qwen2.5-72B-Instruct', on('RTX 4090'));
    expect(answer.verdict).toBe('oom');
    expect(answer.causes[0]!.id).toBe('weights-exceed-gpu');
    expect(answer.fixes.map(({ id }) => id)).toContain('use-quantized-weights');
  });

  it('learns why so much is taken, in figures of the own card', () => {
    const answer = ask('why-so-much', 'vllm serve Qwen/Qwen2.5-7B-Instruct', on('H100 80GB'));
    expect(answer.summary.en).toMatch(/reserves 90 % of the card on purpose: 7\d\.\d\d GiB/);
    expect(answer.summary.zh).toContain('90 %');
  });

  it('gets ways to save memory, none of them selected', () => {
    const answer = ask('save-memory', 'vllm serve Qwen/Qwen2.5-7B-Instruct', on('H100 80GB'));
    expect(answer.fixes.length).toBeGreaterThan(3);
    expect(answer.selected).toEqual([]);
  });

  it('sees the defaults of the release as defaults, never over what was said', () => {
    const { facts } = ask('will-it-fit', 'vllm serve Qwen/Qwen2.5-7B-Instruct --max-num-seqs 7', on('H100 80GB'));
    expect(facts.gpuMemoryUtilization).toMatchObject({ value: 0.9, from: 'default' });
    expect(facts.maxNumSeqs).toMatchObject({ value: 7, from: 'command' });
  });

  it('is asked for what is missing, and nothing is guessed', () => {
    const answer = ask('will-it-fit', null);
    expect(answer.verdict).toBe('insufficient-log');
    expect(answer.budget).toBeNull();
    expect(answer.questions.map(({ ask: question }) => question.en)).toContain('Which model is it?');
    expect(answer.causes).toEqual([]);
  });
});
