// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables
import { describe, expect, it } from 'vitest';
import { editLaunch, type LaunchChange, readLaunch } from '../../src/launch/index.js';

const set = (flag: string, to: LaunchChange['to']): LaunchChange => ({ where: 'vllm', flag, to });
const remove = (flag: string): LaunchChange => ({ where: 'vllm', flag, to: null });

/** Each case: what it shows, the text, the change, the text afterwards. */
const cases: [string, string, LaunchChange, string][] = [
  // In place
  [
    'an alias and its space stay',
    'vllm serve m -tp 2 --dtype half',
    set('tensor-parallel-size', 4),
    'vllm serve m -tp 4 --dtype half',
  ],
  [
    'underscores and = stay',
    'vllm serve m --max_model_len=32K',
    set('--max-model-len', 8192),
    'vllm serve m --max_model_len=8192',
  ],
  ['quotes stay', `vllm serve m --dtype "half"`, set('dtype', 'auto'), `vllm serve m --dtype "auto"`],
  [
    'the last of a repeated flag',
    'vllm serve m -tp 1 -tp 2',
    set('tensor-parallel-size', 4),
    'vllm serve m -tp 1 -tp 4',
  ],
  [
    'only the member of the JSON that differs',
    `vllm serve m --hf-overrides '{"a": {"b": 1.0}, "c": "x"}'`,
    set('hf-overrides', { a: { b: 2 }, c: 'x' }),
    `vllm serve m --hf-overrides '{"a": {"b": 2}, "c": "x"}'`,
  ],
  [
    'escaped JSON inside double quotes',
    String.raw`vllm serve m --limit-mm-per-prompt "{\"image\":2}"`,
    set('limit-mm-per-prompt', { image: 1, video: 0 }),
    String.raw`vllm serve m --limit-mm-per-prompt "{\"image\":1,\"video\":0}"`,
  ],
  [
    'pairs keep their form',
    'vllm serve m --limit-mm-per-prompt image=2,video=1',
    set('limit-mm-per-prompt', { image: 1, video: 0 }),
    'vllm serve m --limit-mm-per-prompt image=1,video=0',
  ],
  [
    'dotted members keep their form, a new one is spelled like them',
    'vllm serve m -cc.level 3',
    set('compilation-config', { level: 2, backend: 'x' }),
    'vllm serve m -cc.level 2 -cc.backend x',
  ],
  [
    'what is no JSON is replaced whole',
    `vllm serve m --mm-processor-kwargs {'max_pixels': 1920*1080}`,
    set('mm-processor-kwargs', { max_pixels: 1003520 }),
    `vllm serve m --mm-processor-kwargs '{"max_pixels": 1003520}'`,
  ],
  ['a dash that is none stays', 'vllm serve m –dtype half', set('dtype', 'auto'), 'vllm serve m –dtype auto'],
  // Variables
  [
    'where the variable is assigned',
    'LEN=8192\nvllm serve m --max-model-len $LEN',
    set('max-model-len', 4096),
    'LEN=4096\nvllm serve m --max-model-len $LEN',
  ],
  [
    'the innermost default',
    'vllm serve m -tp "${A:-${B:-2}}"',
    set('tensor-parallel-size', 4),
    'vllm serve m -tp "${A:-${B:-4}}"',
  ],
  [
    'in place of a variable from outside',
    'vllm serve m -tp "$TP"',
    set('tensor-parallel-size', 4),
    'vllm serve m -tp "4"',
  ],
  [
    'an assignment that only passes something on',
    'TP=$(nproc)\nvllm serve m -tp $TP',
    set('tensor-parallel-size', 4),
    'TP=$(nproc)\nvllm serve m -tp 4',
  ],
  [
    'a default behind a conversion',
    'LEN = int(os.environ.get("L", "8192"))\nllm = LLM("m", max_model_len=LEN)',
    set('max-model-len', 1),
    'LEN = int(os.environ.get("L", "1"))\nllm = LLM("m", max_model_len=LEN)',
  ],
  // New on a command line
  [
    'before redirection and background',
    'vllm serve m > log 2>&1 &',
    set('dtype', 'half'),
    'vllm serve m --dtype half > log 2>&1 &',
  ],
  [
    'before a pipe',
    'vllm serve m 2>&1 | tee log',
    set('enforce-eager', true),
    'vllm serve m --enforce-eager 2>&1 | tee log',
  ],
  ['before a comment', 'vllm serve m # note', set('dtype', 'half'), 'vllm serve m --dtype half # note'],
  [
    'inside the closing quote',
    `ssh h bash -c 'vllm serve m'`,
    set('dtype', 'half'),
    `ssh h bash -c 'vllm serve m --dtype half'`,
  ],
  [
    'a line of its own',
    'vllm serve m \\\n  -tp 2\n',
    set('dtype', 'half'),
    'vllm serve m \\\n  -tp 2 \\\n  --dtype half\n',
  ],
  [
    'behind a trailing continuation',
    'vllm serve m \\\n  -tp 2 \\\n\necho',
    set('dtype', 'half'),
    'vllm serve m \\\n  -tp 2 \\\n  --dtype half \\\n\necho',
  ],
  [
    'the redirection moves along',
    'vllm serve m \\\n  -tp 2 > log\n',
    set('dtype', 'half'),
    'vllm serve m \\\n  -tp 2 \\\n  --dtype half > log\n',
  ],
  [
    'underscored when all are',
    'vllm serve m --max_num_seqs 2',
    set('max-model-len', 1),
    'vllm serve m --max_num_seqs 2 --max_model_len 1',
  ],
  [
    'joined like the last with a value',
    'vllm serve m -tp 2 --dtype=half --enforce-eager',
    set('seed', 1),
    'vllm serve m -tp 2 --dtype=half --enforce-eager --seed=1',
  ],
  [
    'JSON in single quotes',
    'vllm serve m -tp 2',
    set('limit-mm-per-prompt', { image: 1 }),
    `vllm serve m -tp 2 --limit-mm-per-prompt '{"image":1}'`,
  ],
  [
    'JSON inside a double-quoted script',
    'docker run img bash -c "vllm serve m"',
    set('limit-mm-per-prompt', { image: 1 }),
    String.raw`docker run img bash -c "vllm serve m --limit-mm-per-prompt '{\"image\":1}'"`,
  ],
  [
    'one more appended string',
    'args="-tp 2"\nargs+=" --seed 1"\nvllm serve m $args',
    set('dtype', 'half'),
    'args="-tp 2"\nargs+=" --seed 1"\nargs+=" --dtype half"\nvllm serve m $args',
  ],
  [
    'an array',
    'A=(\n  --seed 1\n)\nvllm serve m "${A[@]}"',
    set('dtype', 'half'),
    'A=(\n  --seed 1\n  --dtype half\n)\nvllm serve m "${A[@]}"',
  ],
  [
    'PowerShell',
    'docker run `\n  vllm/vllm-openai `\n  --model m',
    set('seed', 1),
    'docker run `\n  vllm/vllm-openai `\n  --model m `\n  --seed 1',
  ],
  [
    'cmd',
    'docker run ^\n  vllm/vllm-openai ^\n  --model m',
    set('limit-mm-per-prompt', { image: 1 }),
    'docker run ^\n  vllm/vllm-openai ^\n  --model m ^\n  --limit-mm-per-prompt "{\\"image\\":1}"',
  ],
  [
    'PowerShell with quotes escaped for the program',
    'docker run `\n  vllm/vllm-openai `\n  --model m `\n  --limit-mm-per-prompt \'{\\"image\\": 2}\'',
    set('limit-mm-per-prompt', { image: 1 }),
    'docker run `\n  vllm/vllm-openai `\n  --model m `\n  --limit-mm-per-prompt \'{\\"image\\": 1}\'',
  ],
  ['another model', 'vllm serve a/b --seed 1', set('model', 'c/d'), 'vllm serve c/d --seed 1'],
  ['what stood for nothing', 'LLM("m", quantization=None)', set('quantization', 'awq'), 'LLM("m", quantization="awq")'],
  // Switches
  [
    'off',
    'vllm serve m --enable-prefix-caching',
    set('enable-prefix-caching', false),
    'vllm serve m --no-enable-prefix-caching',
  ],
  [
    'on',
    'vllm serve m --no-enable-prefix-caching',
    set('enable-prefix-caching', true),
    'vllm serve m --enable-prefix-caching',
  ],
  [
    'a value',
    'vllm serve m --enable-chunked-prefill False',
    set('enable-chunked-prefill', true),
    'vllm serve m --enable-chunked-prefill True',
  ],
  // Removing
  [
    'a flag with its values',
    'vllm serve m --served-model-name a b --seed 1',
    remove('served-model-name'),
    'vllm serve m --seed 1',
  ],
  ['its line', 'vllm serve m \\\n  --seed 1 \\\n  -tp 2\n', remove('seed'), 'vllm serve m \\\n  -tp 2\n'],
  [
    'the last line and the continuation before it',
    'vllm serve m \\\n  --seed 1 \\\n  -tp 2  # two\n',
    remove('tensor-parallel-size'),
    'vllm serve m \\\n  --seed 1\n',
  ],
  ['what is not there', 'vllm serve m', remove('seed'), 'vllm serve m'],
  // Python and JSON
  [
    'a keyword on a line of its own',
    'LLM(\n    model="m",\n    seed=1\n)',
    set('enforce-eager', true),
    'LLM(\n    model="m",\n    seed=1,\n    enforce_eager=True\n)',
  ],
  [
    'a trailing comma stays one',
    "LLM(\n    model='m',\n)",
    set('dtype', 'half'),
    "LLM(\n    model='m',\n    dtype='half',\n)",
  ],
  ['on the same line', 'LLM("m", seed=1)', set('dtype', 'half'), 'LLM("m", seed=1, dtype="half")'],
  ['keyword removed', 'LLM("m", seed=1, dtype="half")', remove('seed'), 'LLM("m", dtype="half")'],
  [
    'dictionary',
    'A = {\n    "model": "m",\n    "seed": 1,\n}\nllm = LLM(**A)',
    set('max-num-seqs', 8),
    'A = {\n    "model": "m",\n    "seed": 1,\n    "max_num_seqs": 8,\n}\nllm = LLM(**A)',
  ],
  [
    'JSON member',
    '{\n  "model": "m",\n  "max_model_len": 1,\n  "seed": 1\n}',
    remove('seed'),
    '{\n  "model": "m",\n  "max_model_len": 1\n}',
  ],
  [
    'strings for switches',
    '{"model": "m", "enforce_eager": "true", "seed": 1}',
    set('enforce-eager', false),
    '{"model": "m", "enforce_eager": "false", "seed": 1}',
  ],
  // Lists
  [
    'items joined',
    'services:\n  v:\n    image: vllm/vllm-openai\n    command:\n      - --model=m\n      - --seed=1\n',
    set('max-num-seqs', 8),
    'services:\n  v:\n    image: vllm/vllm-openai\n    command:\n      - --model=m\n      - --seed=1\n      - --max-num-seqs=8\n',
  ],
  [
    'items apart, numbers quoted',
    'services:\n  v:\n    image: vllm/vllm-openai\n    command:\n      - --model\n      - m\n    ipc: host\n',
    set('max-num-seqs', 8),
    'services:\n  v:\n    image: vllm/vllm-openai\n    command:\n      - --model\n      - m\n      - --max-num-seqs\n      - "8"\n    ipc: host\n',
  ],
  [
    'both items removed',
    'containers:\n- image: vllm/vllm-openai\n  args:\n  - "--model"\n  - "m"\n  - "--seed"\n  - "1"\n',
    remove('seed'),
    'containers:\n- image: vllm/vllm-openai\n  args:\n  - "--model"\n  - "m"\n',
  ],
  [
    'one item with flag and value keeps its fault',
    'services:\n  v:\n    image: vllm/vllm-openai\n    command:\n      - --model m\n      - --seed 1\n',
    set('seed', 2),
    'services:\n  v:\n    image: vllm/vllm-openai\n    command:\n      - --model m\n      - --seed 2\n',
  ],
  [
    'a JSON-form CMD over several lines',
    'FROM vllm/vllm-openai\nCMD ["--model", "m", \\\n     "--seed", "1"]\n',
    set('max-num-seqs', 8),
    'FROM vllm/vllm-openai\nCMD ["--model", "m", \\\n     "--seed", "1", \\\n     "--max-num-seqs", "8"]\n',
  ],
  [
    'compact JSON stays compact',
    '[{"Config":{"Image":"vllm/vllm-openai","Cmd":["--model","m"]}}]',
    set('seed', 1),
    '[{"Config":{"Image":"vllm/vllm-openai","Cmd":["--model","m","--seed","1"]}}]',
  ],
  // Mappings
  [
    'configuration file',
    'model: m\nmax-model-len: 1  # c\nseed: 1\n',
    set('max-model-len', 2),
    'model: m\nmax-model-len: 2  # c\nseed: 1\n',
  ],
  [
    'a new key in the style of the others',
    'model: m\nmax_model_len: 1\n',
    set('max-num-seqs', 8),
    'model: m\nmax_model_len: 1\nmax_num_seqs: 8\n',
  ],
  [
    'a string is quoted where strings are',
    'model: "m"\nmax-model-len: 1\nseed: 1\n',
    set('dtype', 'half'),
    'model: "m"\nmax-model-len: 1\nseed: 1\ndtype: "half"\n',
  ],
  [
    'production-stack: known keys to the mapping',
    'servingEngineSpec:\n  modelSpec:\n  - modelURL: "m"\n    vllmConfig:\n      maxModelLen: 1\n      extraArgs: ["--seed", "1"]\n',
    set('max-num-seqs', 8),
    'servingEngineSpec:\n  modelSpec:\n  - modelURL: "m"\n    vllmConfig:\n      maxModelLen: 1\n      extraArgs: ["--seed", "1"]\n      maxNumSeqs: 8\n',
  ],
  [
    'production-stack: all others to extraArgs',
    'servingEngineSpec:\n  modelSpec:\n  - modelURL: "m"\n    vllmConfig:\n      maxModelLen: 1\n      extraArgs: ["--seed", "1"]\n',
    set('block-size', 8),
    'servingEngineSpec:\n  modelSpec:\n  - modelURL: "m"\n    vllmConfig:\n      maxModelLen: 1\n      extraArgs: ["--seed", "1", "--block-size", "8"]\n',
  ],
  // Wrappers
  [
    'lm-eval',
    'lm_eval --model vllm --model_args pretrained=m,dtype=auto --tasks x',
    set('enforce-eager', true),
    'lm_eval --model vllm --model_args pretrained=m,dtype=auto,enforce_eager=True --tasks x',
  ],
  [
    'verl',
    'python -m verl.x \\\n  actor_rollout_ref.rollout.gpu_memory_utilization=0.6 \\\n  trainer.x=1',
    set('enforce-eager', true),
    'python -m verl.x \\\n  actor_rollout_ref.rollout.gpu_memory_utilization=0.6 \\\n  actor_rollout_ref.rollout.enforce_eager=True \\\n  trainer.x=1',
  ],
  [
    'ms-swift writes true',
    'swift infer --model m --infer_backend vllm --vllm_max_model_len 1 --x 2',
    set('enforce-eager', true),
    'swift infer --model m --infer_backend vllm --vllm_max_model_len 1 --vllm_enforce_eager true --x 2',
  ],
  [
    'TRL',
    'c = GRPOConfig(use_vllm=True, vllm_gpu_memory_utilization=0.3)',
    set('tensor-parallel-size', 2),
    'c = GRPOConfig(use_vllm=True, vllm_gpu_memory_utilization=0.3, vllm_tensor_parallel_size=2)',
  ],
  [
    'properties',
    'option.model_id=m\noption.max_rolling_batch_size=64\noption.rolling_batch=vllm\n',
    set('max-num-seqs', 8),
    'option.model_id=m\noption.max_rolling_batch_size=8\noption.rolling_batch=vllm\n',
  ],
  // Surroundings
  [
    'a variable before the command',
    'A=1 vllm serve m',
    { where: 'env', flag: 'VLLM_USE_V1', to: '0' },
    'A=1 VLLM_USE_V1=0 vllm serve m',
  ],
  [
    'a variable of the container',
    'docker run -e A=1 vllm/vllm-openai --model m',
    { where: 'env', flag: 'VLLM_USE_V1', to: '0' },
    'docker run -e A=1 -e VLLM_USE_V1=0 vllm/vllm-openai --model m',
  ],
  [
    'shared memory',
    'docker run --gpus all vllm/vllm-openai --model m',
    { where: 'container', flag: '--shm-size', to: '8g' },
    'docker run --gpus all --shm-size 8g vllm/vllm-openai --model m',
  ],
  [
    'which GPUs',
    `docker run --gpus '"device=0,1"' vllm/vllm-openai --model m`,
    { where: 'container', flag: 'gpus', to: '1' },
    `docker run --gpus '"device=1"' vllm/vllm-openai --model m`,
  ],
];

describe('an edit', () => {
  it.each(cases)('%s', (_name, text, change, expected) => {
    const { text: edited, notApplied } = editLaunch(text, [change]);
    expect(notApplied).toEqual([]);
    expect(edited).toBe(expected);
  });

  it('keeps CRLF line ends', () => {
    const { text } = editLaunch('vllm serve m ^\r\n  --seed 1\r\n', [set('dtype', 'half')]);
    expect(text).toBe('vllm serve m ^\r\n  --seed 1 ^\r\n  --dtype half\r\n');
  });

  it('makes several changes', () => {
    const { text } = editLaunch('vllm serve m --seed 1 --dtype half', [
      set('seed', 2),
      remove('dtype'),
      set('enforce-eager', true),
    ]);
    expect(text).toBe('vllm serve m --seed 2 --enforce-eager');
  });

  it('says so where a shape has no place for it', () => {
    const text = "args: Namespace(model='m', max_model_len=1)";
    const change = set('max-model-len', 2);
    expect(editLaunch(text, [change])).toEqual({ text, notApplied: [change] });
    expect(readLaunch(text)?.args['max-model-len']).toBe(1);
  });
});
