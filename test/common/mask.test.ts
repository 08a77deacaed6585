import { expect, test } from 'vitest';
import { maskSecrets } from '../../src/common/mask.js';
import { maskDeep } from '../../src/common/mask-deep.js';

test.each([
  ['HF_TOKEN=hf_abcdefghijklmnop vllm serve m', 'HF_TOKEN=*** vllm serve m'],
  ['--api-key sk-verysecretkey1234567890', '--api-key ***'],
  ['--api-key=letmein', '--api-key=***'],
  ['"api_key": "letmein-please"', '"api_key": "***"'],
  ["api_key='letmein-please', seed=0", "api_key='***', seed=0"],
  ['AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMIK7MDENG', 'AWS_SECRET_ACCESS_KEY: ***'],
  ['Authorization: Bearer abcdef0123456789', 'Authorization: ***'],
  ['https://user:hunter22@host/x', 'https://user:***@host/x'],
  ['AKIAABCDEFGHIJKLMNOP', '***'],
])('%s', (text, masked) => {
  const out = maskSecrets(text);
  expect(out.replace(/\*\*\* \*\*\*/g, '***')).toBe(masked);
});

test.each([
  'max_num_batched_tokens=2048',
  '--max-num-batched-tokens 8192',
  'tokenizer=Qwen/Qwen2.5-7B, tokenizer_mode=auto',
  'the token was refused',
  'GPU KV cache size: 123,456 tokens',
  'HF_TOKEN=$HF_TOKEN',
  'HUGGING_FACE_HUB_TOKEN=<your token>',
  'api_key=None',
  'skip_special_tokens=False',
])('leaves alone: %s', text => expect(maskSecrets(text)).toBe(text));

test('a value under a secret name is masked whole, whatever it looks like', () => {
  expect(
    maskDeep({
      env: { HF_TOKEN: 'plain', MODEL: 'Qwen/Qwen3-8B' },
      args: { seed: 'hf_abcdefghijklmnop', tokenizer: 'auto' },
    }),
  ).toEqual({
    env: { HF_TOKEN: '***', MODEL: 'Qwen/Qwen3-8B' },
    args: { seed: '***', tokenizer: 'auto' },
  });
});
