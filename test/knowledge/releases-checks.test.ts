import { describe, expect, it } from 'vitest';
import { checkLaunch } from '../../src/launch/checks.js';
import { editLaunch, readLaunch } from '../../src/launch/index.js';
import { placeOf } from '../../src/launch/place.js';
import type { Launch } from '../../src/launch/types.js';
import { upgradeLaunch } from '../../src/launch/upgrade.js';

const launch = (over: Partial<Launch>): Launch => ({
  shape: 'vllm-serve',
  program: 'serve',
  model: 'org/model',
  args: {},
  env: {},
  image: null,
  gpus: null,
  shmSize: null,
  port: null,
  problems: [],
  text: '',
  ...over,
});
const codes = (over: Partial<Launch>, version: string | null, context = {}) =>
  checkLaunch(launch(over), version, context).map(check => check.code);

describe('a launch against a release', () => {
  it('names the place, the release and the flag', () => {
    const text = 'vllm serve org/model \\\n  --swap-space 4 \\\n  --async-scheduling';
    const checks = checkLaunch(launch({ text, args: { 'swap-space': 4, 'async-scheduling': true } }), 'v0.18.0+cu129');
    expect(checks).toEqual([
      expect.objectContaining({ code: 'flag-removed', line: 2, column: 3, release: '0.18.0', fatal: true }),
    ]);
    expect(checks[0]!.message).toContain('0.17.1');
  });
  it.each<[string, Partial<Launch>, string | null, string[]]>([
    [
      'pairs where JSON is wanted',
      { text: 'vllm serve m --limit-mm-per-prompt image=2', args: { 'limit-mm-per-prompt': { image: 2 } } },
      '0.10.0',
      ['json-wanted'],
    ],
    [
      'pairs where pairs are right',
      { text: 'vllm serve m --limit-mm-per-prompt image=2', args: { 'limit-mm-per-prompt': { image: 2 } } },
      '0.8.4',
      [],
    ],
    [
      'JSON where pairs are wanted',
      { text: `vllm serve m --limit-mm-per-prompt '{"image":2}'`, args: { 'limit-mm-per-prompt': { image: 2 } } },
      '0.7.3',
      ['pairs-wanted'],
    ],
    [
      'a value for a switch',
      { text: 'vllm serve m --enable-chunked-prefill=False', args: { 'enable-chunked-prefill': false } },
      '0.9.0',
      ['switch-takes-no-value'],
    ],
    [
      'the same when it was allowed',
      { text: 'vllm serve m --enable-chunked-prefill=False', args: { 'enable-chunked-prefill': false } },
      '0.8.4',
      [],
    ],
    [
      '32K before it was read',
      { text: 'vllm serve m --max-model-len 32K', args: { 'max-model-len': 32768 } },
      '0.8.3',
      ['value-type'],
    ],
    ['32K', { text: 'vllm serve m --max-model-len 32K', args: { 'max-model-len': 32768 } }, '0.8.4', []],
    [
      'an alias too early',
      { text: 'vllm serve m -cc.cudagraph_mode=NONE', args: { 'compilation-config': { cudagraph_mode: 'NONE' } } },
      '0.11.2',
      ['alias-unknown'],
    ],
    [
      '-O.x after its meaning changed',
      { text: 'vllm serve m -O.cudagraph_mode=NONE', args: { 'compilation-config': { cudagraph_mode: 'NONE' } } },
      '0.13.0',
      ['dash-o'],
    ],
    [
      'underscores in an early release',
      { text: 'api_server --max_num_seqs 4', args: { 'max-num-seqs': 4 } },
      '0.4.3',
      ['underscores'],
    ],
    [
      'a server flag in Python',
      { program: 'llm', text: 'LLM(m, api_key="x")', args: { 'api-key': 'x' } },
      '0.10.0',
      ['not-for-python'],
    ],
    [
      'a variable that is not read',
      { text: 'VLLM_USE_V1=0 vllm serve m', env: { VLLM_USE_V1: '0' } },
      '0.12.0',
      ['env-ignored'],
    ],
    ['the user’s own variable', { text: 'VLLM_HOST=x vllm serve m', env: { VLLM_HOST: 'x' } }, '0.12.0', []],
    ['a plug-in’s flag', { text: 'vllm serve m --omni', args: { omni: true } }, '0.12.0', []],
    [
      'more sequences than tokens',
      { args: { 'max-num-seqs': 512, 'max-num-batched-tokens': 256 } },
      null,
      ['tokens-below-seqs'],
    ],
    [
      'tokens below the default of V0',
      { args: { 'max-num-batched-tokens': 128, 'max-model-len': 64 } },
      '0.6.6',
      ['tokens-below-seqs'],
    ],
    [
      'fewer tokens than the length on V0',
      { args: { 'max-num-batched-tokens': 2048, 'max-model-len': 4096 } },
      '0.6.6',
      ['tokens-below-length'],
    ],
    [
      'the same with chunked prefill',
      { args: { 'max-num-batched-tokens': 2048, 'max-model-len': 4096, 'enable-chunked-prefill': true } },
      '0.6.6',
      [],
    ],
    [
      'V1 forces chunked prefill',
      { args: { 'max-num-batched-tokens': 2048, 'max-model-len': 4096, 'enable-chunked-prefill': false } },
      '0.9.2',
      [],
    ],
    [
      'later it is honoured',
      { args: { 'max-num-batched-tokens': 2048, 'max-model-len': 4096, 'enable-chunked-prefill': false } },
      '0.20.0',
      ['tokens-below-length'],
    ],
    ['utilisation above 1, any release', { args: { 'gpu-memory-utilization': 95 } }, null, ['value-range']],
    [
      'more GPUs than handed out',
      { args: { 'tensor-parallel-size': 4 }, env: { CUDA_VISIBLE_DEVICES: '0,1' } },
      null,
      ['more-gpus-than-present'],
    ],
    [
      'GPUs of other machines',
      {
        args: { 'tensor-parallel-size': 4, 'distributed-executor-backend': 'ray' },
        env: { CUDA_VISIBLE_DEVICES: '0,1' },
      },
      null,
      [],
    ],
    [
      'stages on other nodes of a cluster',
      { shape: 'kubernetes', gpus: 8, args: { 'tensor-parallel-size': 8, 'pipeline-parallel-size': 2 } },
      null,
      [],
    ],
    ['a wrapper’s own value', { program: 'lmi', args: { 'tensor-parallel-size': 'max' } }, '0.20.0', []],
    ['nothing wrong', { text: 'vllm serve m --max-num-seqs 8', args: { 'max-num-seqs': 8 } }, '0.33.0', []],
    ['an unknown release', { args: { 'swap-space': 8 } }, 'nightly', []],
  ])('%s', (_what, over, version, expected) => expect(codes(over, version)).toEqual(expected));

  it('believes the installed vLLM more than what it knows of the release', () => {
    const args = { 'swap-space': 4, 'max-num-seqs': 8 };
    expect(codes({ args }, '0.20.0')).toEqual(['flag-removed']);
    expect(codes({ args }, '0.20.0', { installedFlags: ['swap-space', 'max-num-seqs'] })).toEqual([]);
    expect(codes({ args }, '0.10.0', { installedFlags: ['swap-space'] })).toEqual(['flag-not-installed']);
  });
  it('uses what is known of model and machine', () => {
    expect(codes({ args: { 'tensor-parallel-size': 3 } }, '0.20.0', { attentionHeads: 32 })).toEqual([
      'heads-not-divisible',
    ]);
    expect(codes({ args: { 'tensor-parallel-size': 4 } }, '0.20.0', { attentionHeads: 32, gpuCount: 2 })).toEqual([
      'more-gpus-than-present',
    ]);
    expect(codes({ args: { 'tensor-parallel-size': 4 } }, '0.20.0')).toEqual([]);
  });
});

describe('a launch for another release', () => {
  const upgrade = (over: Partial<Launch>, to: string, from?: string) => upgradeLaunch(launch(over), to, { from })!;
  it('renames, moves and leaves out', () => {
    const { changes, notes } = upgrade(
      {
        args: {
          'disable-mm-preprocessor-cache': true,
          'swap-space': 8,
          'guided-decoding-backend': 'xgrammar',
          'max-num-seqs': 8,
        },
        env: { VLLM_ATTENTION_BACKEND: 'FLASHINFER', HF_TOKEN: '' },
        image: 'vllm/vllm-openai:v0.10.2',
      },
      '0.31.0',
    );
    expect(changes).toEqual([
      { where: 'vllm', flag: '--disable-mm-preprocessor-cache', to: null },
      { where: 'vllm', flag: '--swap-space', to: null },
      { where: 'vllm', flag: '--guided-decoding-backend', to: null },
      { where: 'env', flag: 'VLLM_ATTENTION_BACKEND', to: null },
      { where: 'vllm', flag: '--mm-processor-cache-gb', to: 0 },
      { where: 'vllm', flag: '--structured-outputs-config', to: { backend: 'xgrammar' } },
      { where: 'vllm', flag: '--attention-backend', to: 'FLASHINFER' },
      { where: 'container', flag: 'image', to: 'vllm/vllm-openai:v0.31.0' },
    ]);
    expect(notes).toHaveLength(5);
  });
  it('joins several old flags in one JSON flag and keeps what stands there', () =>
    expect(
      upgrade(
        { args: { 'speculative-model': 'd', 'num-speculative-tokens': 3, 'speculative-config': { method: 'eagle' } } },
        '0.9.0',
      ).changes.at(-1),
    ).toEqual({
      where: 'vllm',
      flag: '--speculative-config',
      to: { method: 'eagle', model: 'd', num_speculative_tokens: 3 },
    }));
  it('goes back', () =>
    expect(
      upgrade({ args: { 'async-scheduling': true, 'limit-mm-per-prompt': { image: 2 } } }, '0.8.4').changes,
    ).toEqual([
      { where: 'vllm', flag: '--async-scheduling', to: null },
      { where: 'vllm', flag: '--limit-mm-per-prompt', to: 'image=2' },
    ]));
  it('gives a mapping the form that the command line of the release reads, and only there', () => {
    const args = { 'limit-mm-per-prompt': { image: 2 } };
    expect(upgrade({ args, text: 'vllm serve m --limit-mm-per-prompt image=2' }, '0.10.0').changes).toEqual([
      { where: 'vllm', flag: '--limit-mm-per-prompt', to: '{"image":2}' },
    ]);
    expect(upgrade({ args, text: `vllm serve m --limit-mm-per-prompt '{"image":2}'` }, '0.10.0').changes).toEqual([]);
    expect(upgrade({ args, program: 'llm', text: 'LLM(limit_mm_per_prompt={"image": 2})' }, '0.8.4').changes).toEqual(
      [],
    );
  });
  it('tells which defaults change', () => {
    const told = upgrade({}, '0.31.0', '0.17.1')
      .notes.map(note => note.message)
      .join('\n');
    expect(told).toContain('0.9 (0.17.1) to 0.92 (0.31.0)');
    expect(told).toContain('CUDA graphs');
    expect(
      upgrade({ args: { 'gpu-memory-utilization': 0.9, 'enforce-eager': true } }, '0.31.0', '0.17.1').notes,
    ).toEqual([]);
  });
  it('keeps foreign images and is null for an unknown version', () => {
    expect(upgrade({ image: 'registry.example/vllm:0.10.2' }, '0.31.0').changes).toEqual([]);
    expect(upgradeLaunch(launch({}), 'nightly')).toBeNull();
  });
});

describe('from text to text', () => {
  const text = `# start
VLLM_ATTENTION_BACKEND=FLASHINFER docker run --gpus all -p 8000:8000 \\
  vllm/vllm-openai:v0.10.2 --model org/model \\
  --swap-space 8 \\
  --disable-mm-preprocessor-cache \\
  --max-num-seqs 8
`;
  it('the launch for another release has nothing that the release objects to, and keeps its shape', () => {
    const { changes } = upgradeLaunch(readLaunch(text)!, '0.31.0', { from: '0.10.2' })!;
    const edited = editLaunch(text, changes);
    expect(edited.notApplied).toEqual([]);
    expect(edited.text).toBe(`# start
docker run --gpus all -p 8000:8000 \\
  vllm/vllm-openai:v0.31.0 --model org/model \\
  --max-num-seqs 8 \\
  --mm-processor-cache-gb 0 \\
  --attention-backend FLASHINFER
`);
    expect(checkLaunch(readLaunch(edited.text)!, '0.31.0')).toEqual([]);
  });
});

describe('place of a flag', () => {
  it.each([
    ['vllm serve m --max-num-seqs 4', 'max-num-seqs', 1, 14],
    ['a\n  maxNumSeqs: 4', 'max-num-seqs', 2, 3],
    ['LLM(max_num_seqs=4)', 'max-num-seqs', 1, 5],
    ['--max-num-seqs 1\n--max-num-seqs 2', 'max-num-seqs', 2, 1],
    ['--max-num-seqs-other 1', 'max-num-seqs', 1, 1],
    ['FOO=1 VLLM_USE_V1=0 vllm', 'VLLM_USE_V1', 1, 7],
    ['', 'x', 1, 1],
  ])('%j %s', (text, name, line, column) => expect(placeOf(text, name)).toEqual({ line, column }));
});
