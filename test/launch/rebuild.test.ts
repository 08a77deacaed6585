import { describe, expect, test } from 'vitest';
import { readLaunch } from '../../src/launch/index.js';
import { rebuildLaunch } from '../../src/launch/rebuild.js';

const rebuilt = (text: string, version: string | null) => {
  const launch = readLaunch(text);
  return launch && rebuildLaunch(launch, version);
};

const NAMESPACE =
  "args: Namespace(subparser='serve', model_tag='org/m', config='', host=None, port=8000, allowed_origins=['*'], model='org/m', task='auto', tokenizer=None, trust_remote_code=True, dtype='auto', max_model_len=8192, gpu_memory_utilization=0.97, tensor_parallel_size=1, served_model_name=['a', 'b c'], limit_mm_per_prompt={'image': 8}, enforce_eager=False, dispatch_function=<function ServeSubcommand.cmd at 0x7f2a1c2b8ca0>)";

describe('a command from the arguments that vLLM prints', () => {
  test('only what differs from the defaults of that release is in it', () => {
    expect(rebuilt(NAMESPACE, '0.8.5')?.text).toBe(
      `vllm serve org/m --trust-remote-code --max-model-len 8192 --gpu-memory-utilization 0.97 --served-model-name a 'b c' --limit-mm-per-prompt '{"image":8}'`,
    );
  });

  test('a mapping is written as that release takes it', () => {
    expect(rebuilt(NAMESPACE, '0.8.3')?.text).toContain('--limit-mm-per-prompt image=8');
  });

  test('before there was a vllm program the server is a module', () => {
    expect(rebuilt("args: Namespace(model='org/m', max_model_len=4096)", '0.4.3')?.text).toBe(
      'python -m vllm.entrypoints.openai.api_server --model org/m --max-model-len 4096',
    );
  });

  test('it reads back as the same arguments, and says that it was put together', () => {
    const launch = rebuilt("non-default args: {'model': 'org/m', 'max_num_seqs': 64, 'enforce_eager': True}", '0.11.0');
    expect(launch).toMatchObject({
      shape: 'vllm-serve',
      model: 'org/m',
      args: { 'max-num-seqs': 64, 'enforce-eager': true },
      rebuilt: true,
    });
  });

  test.each([
    ['the release is unknown', NAMESPACE, null],
    ['no model is named', 'non-default args: {"max_num_seqs": 64}', '0.11.0'],
    ['there is a command', 'vllm serve org/m', '0.11.0'],
    [
      'the engine speaks of resolved settings',
      "Initializing a V1 LLM engine (v0.8.3) with config: model='org/m', max_seq_len=8192",
      '0.8.3',
    ],
  ])('nothing where %s', (_name, text, version) => expect(rebuilt(text, version)).toBeNull());
});
