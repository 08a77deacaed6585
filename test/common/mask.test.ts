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
  "non-default args: {'api_key': ['SECRET'], 'model': 'm'}",
  "Namespace(api_key=['SECRET'], seed=0)",
  '- name: HF_TOKEN\n  value: SECRET\n- name: A',
  '{"name":"HF_TOKEN","value":"SECRET"}',
  'args: ["--api-key", "SECRET", "--port", "1"]',
  '    - --api-key\n    - SECRET\n    - --port',
  'ENV HF_TOKEN SECRET',
  'os.environ["HF_TOKEN"] = "SECRET"',
  '--api-key 123SECRET',
  '--api-key K1,SECRET',
  '--api-key "MY SECRET"',
  "--api-key 'my;SECRET'",
  'Authorization: Token SECRET',
  'https://SECRETSECRETSECRET@host/',
  'redis://:SECRET@host/',
  'http://user:p@SECRET@host/',
  'tokenizer_api_key=SECRET',
  '- HF_TOKEN=SECRET',
  'PASSPHRASE=SECRET OPENAI_KEY=SECRET',
])('no secret is left of: %j', text => expect(maskSecrets(text)).not.toContain('SECRET'));

test('numbers are keys where keys are expected, counts elsewhere', () => {
  expect(maskSecrets('--api-key 123456789')).toBe('--api-key ***');
  expect(maskSecrets('VLLM_API_KEY=987654321')).toBe('VLLM_API_KEY=***');
  expect(maskSecrets('num_token=5')).toBe('num_token=5');
});

test('what follows a masked value stays', () => {
  expect(maskSecrets('vllm serve m --api-key abc --max-model-len 4096')).toBe(
    'vllm serve m --api-key *** --max-model-len 4096',
  );
  expect(maskSecrets('--api-key --port 8000')).toBe('--api-key --port 8000');
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
