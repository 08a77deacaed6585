import { describe, expect, it } from 'vitest';
import { answerTo } from './support.js';

/** The first cause of a failure in a release: its id and since when the same settings fail. */
const regression = async (version: string, ...lines: string[]) => {
  const banner = `INFO 10-20 10:00:01 [api_server.py:1839] vLLM API server version ${version}`;
  const [first] = (await answerTo([banner, ...lines].join('\n'))).causes;
  return [first?.id, first?.regressedIn, first?.fixedIn];
};

const SAMPLER =
  'ERROR 04-10 12:00:44 [core.py:386] RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests.';
const V1 = (version: string) =>
  `INFO 10-20 10:00:20 [core.py:77] Initializing a V1 LLM engine (v${version}) with config: model='acme/Text-7B', dtype=torch.bfloat16`;
const NO_KV =
  'ERROR 05-10 12:00:44 [core.py:396] ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.';

describe('known regressions', () => {
  it('are told in their releases only', async () => {
    expect(await regression('0.8.2', SAMPLER)).toEqual(['max-num-seqs-default', '0.8.0', '0.8.4']);
    expect(await regression('0.8.5', SAMPLER)).toEqual(['max-num-seqs-default', null, null]);
    expect(
      await regression('0.8.5', V1('0.8.5'), '$ vllm serve acme/Text-7B --gpu-memory-utilization 0.3', NO_KV),
    ).toEqual(['two-instances-one-gpu', '0.8.0', '0.9.1']);
    expect((await regression('0.10.0', V1('0.10.0'), NO_KV)).slice(1)).toEqual([null, null]);
  });

  it('0.20.0: graphs are taken from the budget', async () => {
    const lines = [
      '(EngineCore pid=9) INFO 08-20 10:01:20 [gpu_model_runner.py:6000] Estimated CUDA graph memory: 1.20 GiB total',
      "(EngineCore pid=9) ERROR 08-20 10:01:21 [core.py:1200] ValueError: To serve at least one request with the model's max seq len (131072), (16.00 GiB KV cache is needed, which is larger than the available KV cache memory (15.10 GiB).",
    ];
    expect(await regression('0.21.0', ...lines)).toEqual(['kv-cache-too-small', '0.20.0', null]);
    expect((await regression('0.19.1', ...lines)).slice(1)).toEqual([null, null]);
  });

  it('need a known release', async () => {
    const [first] = (await answerTo(SAMPLER)).causes;
    expect(first!.regressedIn).toBeNull();
  });
});
