// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables
import { describe, expect, it } from 'vitest';
import { type Launch, readLaunch, toCommand } from '../../src/launch/index.js';

type Expected = Partial<Omit<Launch, 'problems' | 'text'>>;

const cases: [string, string, Expected][] = [
  ['nothing', 'pip install vllm && nvidia-smi', {}],
  [
    'a command',
    'VLLM_USE_V1=0 OMP_NUM_THREADS=1 vllm serve m -tp 2 --max-model-len 32K',
    {
      shape: 'vllm-serve',
      program: 'serve',
      model: 'm',
      args: { 'tensor-parallel-size': 2, 'max-model-len': 32768 },
      env: { VLLM_USE_V1: '0' },
    },
  ],
  [
    'a module',
    'python3 -O -u -m vllm.entrypoints.openai.api_server --model=m --port=81',
    { shape: 'api-server', program: 'api_server', model: 'm', args: { port: 81 }, port: 81 },
  ],
  [
    'wrappers',
    "srun -n1 bash -lc 'export HF_HOME=/x; nohup vllm serve m --seed 1'",
    { program: 'serve', model: 'm', args: { seed: 1 }, env: { HF_HOME: '/x' } },
  ],
  [
    'numbers',
    'vllm serve m --max-model-len 32k --gpu-memory-utilization .5 --max-num-batched-tokens 1M',
    { args: { 'max-model-len': 32000, 'gpu-memory-utilization': 0.5, 'max-num-batched-tokens': 1048576 } },
  ],
  [
    'switches',
    'vllm serve m --enforce-eager --no-enable-prefix-caching --enable-chunked-prefill=False',
    { args: { 'enforce-eager': true, 'enable-prefix-caching': false, 'enable-chunked-prefill': false } },
  ],
  [
    'objects',
    `vllm serve m --limit-mm-per-prompt image=2,video=0 -cc.pass_config.x=True -cc.level 3`,
    {
      args: {
        'limit-mm-per-prompt': { image: 2, video: 0 },
        'compilation-config': { pass_config: { x: true }, level: 3 },
      },
    },
  ],
  [
    'lists',
    'vllm serve m --served-model-name a b --lora-modules x=/y',
    { args: { 'served-model-name': ['a', 'b'], 'lora-modules': 'x=/y' } },
  ],
  [
    'variables',
    'M=Qwen/Q\nTP=${TP:-2}\nvllm serve $M -tp "$TP" --port ${PORT:-80} ${EAGER:+--enforce-eager}',
    { shape: 'shell-script', model: 'Qwen/Q', args: { 'tensor-parallel-size': 2, port: 80 } },
  ],
  [
    'docker',
    `docker run --gpus '"device=1"' --shm-size=8g -p 8100:8000 -e VLLM_X=1 -e HF_TOKEN img/vllm:v1 --model m`,
    {
      shape: 'docker-run',
      program: 'image',
      model: 'm',
      image: 'img/vllm:v1',
      gpus: 1,
      shmSize: '8g',
      port: 8100,
      env: { VLLM_X: '1' },
    },
  ],
  [
    'an entrypoint',
    'docker run --entrypoint bash img -c "cd / && vllm serve m --seed 1"',
    { program: 'serve', model: 'm', image: 'img', args: { seed: 1 } },
  ],
  [
    'podman',
    'podman run --device nvidia.com/gpu=all -p 127.0.0.1:80:8000 vllm/vllm-openai m --seed 1',
    { model: 'm', gpus: 'all', port: 80 },
  ],
  [
    'apptainer',
    'apptainer exec --nv --env VLLM_X=1,HF_HOME=/x vllm.sif vllm serve m',
    { image: 'vllm.sif', env: { VLLM_X: '1', HF_HOME: '/x' }, gpus: null },
  ],
  ['a container that is entered: its own entrypoint does not run', 'apptainer exec vllm/vllm-openai:v0.9.0', {}],
  ['the same in docker', 'docker exec vllm-openai --model m', {}],
  [
    'PowerShell',
    'param([string]$M = "m")\n$env:VLLM_X = "1"\n$L = if ($args[0]) { $args[0] } else { 81 }\ndocker run vllm/vllm-openai --model $M --max-model-len $L',
    { shape: 'powershell', model: 'm', args: { 'max-model-len': 81 }, env: { VLLM_X: '1' } },
  ],
  [
    'a PowerShell array',
    '$A = @(\n  "--model", "m",\n  "--seed", "1"\n)\n$env:X = "1"\ndocker run vllm/vllm-openai @A',
    { shape: 'powershell', model: 'm', args: { seed: 1 } },
  ],
  [
    'cmd',
    'set "L=81"\r\nREM vllm serve x\r\ndocker run ^\r\n vllm/vllm-openai --model m --max-model-len %L%',
    { shape: 'cmd-batch', model: 'm', args: { 'max-model-len': 81 } },
  ],
  [
    'Compose',
    'services:\n  v:\n    image: ${I:-vllm/vllm-openai:v1}\n    command: vllm serve $$M --seed ${S:-3}\n    environment:\n      M: m\n      HF_TOKEN:\n    ports: ["${P:-8001}:8000"]\n    deploy: {resources: {reservations: {devices: [{count: all}]}}}\n',
    {
      shape: 'compose',
      program: 'serve',
      model: 'm',
      args: { seed: 3 },
      image: 'vllm/vllm-openai:v1',
      port: 8001,
      gpus: 'all',
      env: {},
    },
  ],
  [
    'a pod',
    'containers:\n- name: v\n  image: vllm/vllm-openai\n  args: ["--model", "$(M)"]\n  env:\n  - {name: M, value: m}\n  - {name: VLLM_X, value: "1"}\n  resources: {limits: {nvidia.com/gpu: 2}}\n',
    { shape: 'kubernetes', program: 'image', model: 'm', gpus: 2, env: { VLLM_X: '1' } },
  ],
  [
    'KServe',
    'spec:\n  predictor:\n    model:\n      modelFormat: {name: huggingface}\n      args: [--model_id=m, --model_name=x, --max-model-len=8]\n',
    { program: 'huggingfaceserver', model: 'm', args: { 'max-model-len': 8 } },
  ],
  [
    'KServe parallelism',
    'kind: LLMInferenceService\nspec:\n  model: {uri: "hf://m"}\n  parallelism: {tensor: 2, expert: true}\n  template:\n    containers:\n    - image: vllm/vllm-openai\n      name: main\n      env:\n      - name: VLLM_ADDITIONAL_ARGS\n        value: "--max-model-len 8"\n',
    { model: 'm', args: { 'tensor-parallel-size': 2, 'enable-expert-parallel': true, 'max-model-len': 8 }, env: {} },
  ],
  [
    'a chart',
    'image: {repository: vllm/vllm-openai, tag: v1}\nmodel:\n  id: m\n  maxModelLen: 8\n  quantization: ""\ngpu: 1\n',
    {
      shape: 'helm',
      program: 'image',
      model: 'm',
      args: { 'max-model-len': 8 },
      image: 'vllm/vllm-openai:v1',
      gpus: 1,
    },
  ],
  [
    'systemd',
    '[Service]\nEnvironment="VLLM_X=1" M=m\nExecStart=/opt/bin/vllm serve $M \\\n  --seed 1\n',
    { shape: 'systemd', model: 'm', args: { seed: 1 }, env: { VLLM_X: '1' } },
  ],
  [
    'Quadlet',
    '[Container]\nImage=vllm/vllm-openai\nAddDevice=nvidia.com/gpu=all\nShmSize=8g\nPublishPort=81:8000\nExec=--model m --seed 1\n',
    { shape: 'systemd', program: 'image', model: 'm', gpus: 'all', shmSize: '8g', port: 81, args: { seed: 1 } },
  ],
  [
    'a Dockerfile',
    'FROM vllm/vllm-openai:v1\nENV L=8 \\\n    VLLM_X=1\nCMD python -m vllm.entrypoints.openai.api_server --model m \\\n  --max-model-len $L\n',
    {
      shape: 'dockerfile',
      program: 'api_server',
      model: 'm',
      args: { 'max-model-len': 8 },
      image: 'vllm/vllm-openai:v1',
      env: { VLLM_X: '1' },
    },
  ],
  [
    'Python',
    'os.environ["VLLM_X"] = "1"\nL = 4096*2\nllm = LLM("m", dtype=torch.bfloat16, max_model_len=L, seed=None)',
    {
      shape: 'python',
      program: 'llm',
      model: 'm',
      args: { dtype: 'bfloat16', 'max-model-len': 8192 },
      env: { VLLM_X: '1' },
    },
  ],
  [
    'a command for subprocess',
    'subprocess.run([\n  "vllm", "serve", "m",\n  "--seed", str(1),\n])',
    { shape: 'python', program: 'serve', model: 'm', args: { seed: 1 } },
  ],
  [
    'Ray Serve',
    'LLMConfig(model_loading_config=dict(model_id="x", model_source="m"), engine_kwargs=dict(max_model_len=8))',
    { shape: 'ray-serve', model: 'm', args: { 'max-model-len': 8 } },
  ],
  [
    'lm-eval',
    `lm_eval --model vllm --model_args 'pretrained=m,max_model_len=8,add_bos_token=True' --batch_size 1`,
    { shape: 'lm-eval', program: 'lm_eval', model: 'm', args: { 'max-model-len': 8 } },
  ],
  [
    'OpenRLHF',
    'python -m openrlhf.cli.train_ppo_ray --actor.model_name_or_path m --vllm.num_engines 2 --vllm.tensor_parallel_size 2',
    { shape: 'openrlhf', model: 'm', args: { 'tensor-parallel-size': 2 } },
  ],
  [
    'Xinference',
    'xinference launch --model-engine vllm -n m -s 7 --max_model_len 8',
    { program: 'xinference', model: 'm', args: { 'max-model-len': 8 } },
  ],
  [
    'SageMaker',
    'SM_VLLM_MODEL=m\nSM_VLLM_MAX_MODEL_LEN=8\nHF_TOKEN=x\n',
    { shape: 'env', program: 'sagemaker', model: 'm', args: { 'max-model-len': 8 }, env: { HF_TOKEN: 'x' } },
  ],
  [
    'SkyPilot',
    'resources:\n  accelerators: {L4: 2}\n  image_id: docker:vllm/vllm-openai\nenvs:\n  M: m\nrun: |\n  vllm serve $M --seed 1\n',
    { shape: 'skypilot', model: 'm', gpus: 'L4:2', image: 'vllm/vllm-openai', args: { seed: 1 } },
  ],
  ['a choice of accelerators', 'resources:\n  accelerators: {L4, A100}\nrun: |\n  vllm serve m\n', { gpus: null }],
  [
    'a log',
    "INFO [utils.py:1] non-default args: {'model_tag': 'm', 'max_model_len': 8, 'model': 'm'} [repeated 7x]",
    { shape: 'log', model: 'm', args: { 'max-model-len': 8 } },
  ],
  [
    'an old log',
    "Initializing an LLM engine with config: model=''m'', dtype=torch.float16, max_seq_len=8, seed=0)",
    { shape: 'log', model: 'm', args: { dtype: 'float16', 'max-model-len': 8, seed: 0 } },
  ],
  ['Markdown', 'I run\n```bash\nvllm serve m --seed 1\n```\n', { model: 'm', args: { seed: 1 } }],
];

describe('a launch as', () => {
  it.each(cases)('%s', (_name, text, expected) => {
    const launch = readLaunch(text);
    if (!Object.keys(expected).length) return expect(launch).toBeNull();
    for (const [key, value] of Object.entries(expected)) expect(launch?.[key as keyof Launch], key).toEqual(value);
    expect(launch?.problems).toEqual([]);
  });
});

const faults: [string, string[]][] = [
  ['vllm serve m --max-model-length 1', ['unknown-flag']],
  ['vllm serve m --omni --gpu-memory-util 0.9', ['abbreviated-flag']],
  ['vllm serve m -tp 1 --tensor-parallel-size 2 -cc.a 1 -cc.b 2', ['duplicate-flag']],
  ['vllm serve -model m', ['single-dash']],
  ['vllm serve m extra', ['stray-argument']],
  ['vllm serve m --served-model-name a max_model_len=8', ['stray-in-list']],
  ['vllm serve $1 --seed $S --download-dir $HOME/x', ['unresolved-variable', 'unresolved-variable']],
  ['docker run -v <path>:/x vllm/vllm-openai --model m --chat-template "<unk>"', ['placeholder']],
  [`vllm serve m --mm-processor-kwargs '{"max_pixels": 1920*1080}'`, ['invalid-json']],
  [`vllm serve m --mm-processor-kwargs {'a': 1}`, ['invalid-json']],
  ['vllm serve m \\ \n  --seed 1', ['broken-continuation-after']],
  ['vllm serve m\n  --seed 1', ['broken-continuation']],
  ['vllm serve m \\\n  --seed 1 \\\n', []],
  ['vllm serve m –seed 1', ['not-ascii-dash']],
  ['vllm serve m --served-model-name “a b”', ['typographic-quotes']],
  ['services:\n  v:\n    image: vllm/vllm-openai\n    command:\n    - --model m\n', ['glued-list-item']],
  [
    'services:\n  v:\n    image: vllm/vllm-openai\n    command: >\n      --model m \\\n      --seed 1\n',
    ['folded-backslash'],
  ],
  [
    'services:\n  v:\n    image: vllm/vllm-openai\n    command: >\n      bash -c "vllm serve m \\\n      --seed 1"\n',
    [],
  ],
  ['docker run --max-model-len 8 vllm/vllm-openai --model m', ['flag-before-image']],
  ['FROM vllm/vllm-openai\nENV M=m\nCMD ["--model", "$M"]\n', ['variable-in-json-form']],
  ['vllm serve a --port 1 &\nvllm serve b --port 2 &\n', ['several-launches']],
  ['containers:\n-   name: v\n  image: vllm/vllm-openai\n  args: ["--model", "m"]\n', ['invalid-yaml']],
];

describe('a fault is told with its place', () => {
  it.each(faults)('%s', (text, codes) => {
    const { problems } = readLaunch(text)!;
    expect(problems.map(problem => problem.code)).toEqual(codes);
    const lines = text.split('\n');
    for (const { line, column, message, text: both } of problems) {
      expect(lines[line - 1]!.length).toBeGreaterThanOrEqual(column - 1);
      expect(message).not.toMatch(/\{\w+\}/);
      expect(both?.zh).not.toMatch(/\{\w+\}/);
    }
  });

  it('and damage is read as meant', () => {
    const launch = readLaunch('vllm serve m \\ \n  –max-model-len 8 -dtype half \n  --served-model-name “a b”')!;
    expect(launch.args).toEqual({ 'max-model-len': 8, dtype: 'half', 'served-model-name': 'a b' });
  });
});

describe('starting it here', () => {
  const command = (text: string) => toCommand(readLaunch(text)!);

  it('gives program, arguments and variables without a shell', () => {
    expect(
      command(`$ export HF_HOME=/x\nVLLM_USE_V1=0 vllm serve m --hf-overrides '{"a": "b c"}' 2>&1 | tee log &`),
    ).toEqual({
      file: 'vllm',
      args: ['serve', 'm', '--hf-overrides', '{"a": "b c"}'],
      env: { HF_HOME: '/x', VLLM_USE_V1: '0' },
    });
    expect(command('sudo docker run --gpus all img/vllm --model m')).toEqual({
      file: 'sudo',
      args: ['docker', 'run', '--gpus', 'all', 'img/vllm', '--model', 'm'],
      env: {},
    });
  });

  it.each([
    ['services:\n  v:\n    image: vllm/vllm-openai\n    command: --model m\n'],
    ['LLM("m", seed=1)'],
    ['vllm serve $MODEL'],
    ['vllm serve a &\nvllm serve b'],
  ])('not %s', text => {
    expect(command(text)).toBeNull();
  });
});
