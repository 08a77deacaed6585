import { describe, expect, it } from 'vitest';
import { planLaunch } from '../../src/cli/commands/plan.js';
import { planText } from '../../src/cli/commands/plan-text.js';
import { readLaunch } from '../../src/launch/index.js';
import { factsOf } from './helpers.js';

const plan = (text: string, values: object, questions: { flag: string; values: (string | number)[] }[] = []) =>
  planLaunch(readLaunch(text)!, factsOf(values), null, questions);

describe('plan', () => {
  it('answers for the user own command', async () => {
    const answer = await plan('vllm serve Qwen/Qwen3-14B --max-model-len 8192 --gpu-memory-utilization 0.95', {
      vllmVersion: '0.17.0',
      gpuName: 'H100 80GB',
    });
    expect(answer.fits).toBe(true);
    expect(answer.budget!.perGpu.kvCacheGiB!.gib).toBeCloseTo(45.34, 0);
    expect(answer.model).toMatchObject({ name: 'Qwen/Qwen3-14B', layers: 40, kvBytesPerToken16bit: 163_840 });
    expect(answer.facts.maxNumSeqs).toEqual({ value: 1024, from: 'default' });
    expect(answer.facts.maxModelLen).toEqual({ value: 8192, from: 'command' });
    expect(answer.maxModelLenThatFits).toBe(40_960);
    expect(answer.smallestTensorParallel).toBe(1);
    expect(answer.fixes).toEqual([]);
    expect(answer.missing).toEqual([]);
  });

  it('compares values of a flag', async () => {
    const answer = await plan('vllm serve Qwen/Qwen3-8B', { vllmVersion: '0.16.0', gpuName: 'RTX 4090' }, [
      { flag: 'max-num-seqs', values: [16, 1024] },
      { flag: 'kv-cache-dtype', values: ['fp8'] },
    ]);
    const [few, many, fp8] = answer.whatIf;
    expect(few!.flag).toBe('--max-num-seqs');
    expect(few!.budget!.perGpu.kvCacheGiB!.gib).toBeGreaterThan(many!.budget!.perGpu.kvCacheGiB!.gib);
    expect(many!.fits).toBe(false);
    expect(fp8!.budget!.kvTokens!).toBeGreaterThan(1.9 * answer.budget!.kvTokens!);
  });

  it('says what helps when it does not fit', async () => {
    const answer = await plan('vllm serve Qwen/Qwen2.5-32B-Instruct --max-model-len 8192', {
      vllmVersion: '0.19.0',
      gpuName: 'RTX 4090',
    });
    expect(answer).toMatchObject({ fits: false, because: 'weights', maxModelLenThatFits: 0, maxNumSeqsThatFits: 0 });
    expect(answer.fixes.length).toBeGreaterThan(0);
    expect(answer.smallestTensorParallel).toBe(4);
  });

  it('cannot tell for a model that nobody knows, and asks for its config', async () => {
    const answer = await plan('vllm serve my-org/my-model', { vllmVersion: '0.19.0', gpuName: 'L4' });
    expect(answer).toMatchObject({ fits: null, model: null, maxNumSeqsThatFits: null, smallestTensorParallel: null });
    expect(answer.missing[0]).toBe('modelConfig');
    const blank = await plan('vllm serve my-org/my-model', {});
    expect(blank.missing).toEqual(['modelConfig', 'gpuTotalGiB', 'vllmVersion']);
  });

  it('writes both languages, with the bar and the limits', async () => {
    const answer = await plan('vllm serve Qwen/Qwen3-8B --max-model-len 8192', { gpuName: 'RTX 4090' }, [
      { flag: 'max-num-seqs', values: [16] },
    ]);
    const en = planText(answer, 'en', 80);
    expect(en).toContain('█');
    expect(en).toContain('--max-num-seqs 16');
    expect(en).toContain('the vLLM version (--vllm');
    const zh = planText(answer, 'zh-CN', 80);
    expect(zh).toContain('KV 缓存');
    expect(zh).not.toContain('undefined');
  });
});

describe('comparing', () => {
  it('releases: the sampler of 0.17 leaves gigabytes more than that of 0.16', async () => {
    const answer = await plan('vllm serve Qwen/Qwen3-14B', { vllmVersion: '0.16.0', gpuName: 'H100 80GB' }, [
      { flag: 'vllm', values: ['0.16.0', '0.17.0'] },
    ]);
    const [old, young] = answer.whatIf.map(({ budget }) => budget!.perGpu.kvCacheGiB!.gib);
    expect(young! - old!).toBeCloseTo(3.4, 0);
  });

  it('an automatic length is what fits', async () => {
    const answer = await plan('vllm serve Qwen/Qwen3-8B --max-model-len -1', {
      vllmVersion: '0.19.0',
      gpuName: 'RTX 4090',
    });
    expect(answer.fits).toBe(true);
    expect(answer.budget!.maxConcurrency).toBeGreaterThanOrEqual(1);
  });

  it('more ranks than cards cannot start', async () => {
    const answer = await plan('vllm serve Qwen/Qwen3-8B -tp 4', {
      vllmVersion: '0.19.0',
      gpuName: 'L40S',
      gpuCount: 2,
    });
    expect(answer).toMatchObject({ fits: false, because: 'gpus' });
  });

  it('computes the fixes of a model that only its config tells', async () => {
    const config = {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_size: 4096,
      intermediate_size: 14336,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      vocab_size: 128256,
      max_position_embeddings: 131072,
    };
    const facts = factsOf({ vllmVersion: '0.19.0', gpuName: 'RTX 4090' });
    const answer = await planLaunch(readLaunch('vllm serve ./my-own')!, facts, config, []);
    expect(answer).toMatchObject({ fits: false, because: 'length' });
    expect(answer.fixes[0]!.command).toContain(`--max-model-len ${answer.maxModelLenThatFits}`);
  });
});
