import fixFiles from 'knowledge:fixes';
import { describe, expect, it } from 'vitest';
import { editLaunch, type LaunchChange, readLaunch } from '../../src/launch/index.js';

const env = (flag: string, to: string): LaunchChange => ({ where: 'env', flag, to });
const container = (flag: string, to: string): LaunchChange => ({ where: 'container', flag, to });
const argument = (flag: string, to: LaunchChange['to']): LaunchChange => ({ where: 'vllm', flag, to });

const POD = `apiVersion: v1
kind: Pod
spec:
  containers:
    - name: v
      image: vllm/vllm-openai:v0.9.0
      args: ["--model", "m"]
`;
const ENTRYPOINT_POD = `apiVersion: v1
kind: Pod
spec:
  containers:
  - name: v
    image: vllm/vllm-openai:v0.9.0
    volumeMounts:
    - name: cache
      mountPath: /cache
  volumes:
  - name: cache
    emptyDir: {}
`;
const SERVICE = `services:
  v:
    image: vllm/vllm-openai:v0.9.0
    command: --model m
    ports:
      - "8000:8000"
`;

/** Each case: what it shows, the text, the change, the text afterwards. */
const cases: [string, string, LaunchChange, string][] = [
  [
    'Compose: an environment behind the last simple key',
    SERVICE,
    env('VLLM_USE_V1', '0'),
    SERVICE.replace('    ports', '    environment:\n      VLLM_USE_V1: "0"\n    ports'),
  ],
  [
    'Compose: an environment with nothing below it yet',
    'services:\n  v:\n    image: vllm/vllm-openai\n    environment:  # none\n    command: --model m\n',
    env('VLLM_USE_V1', '0'),
    'services:\n  v:\n    image: vllm/vllm-openai\n    environment:  # none\n      VLLM_USE_V1: "0"\n    command: --model m\n',
  ],
  [
    'Compose: a flow mapping',
    'services:\n  v:\n    image: vllm/vllm-openai\n    environment: {A: b}\n    command: --model m\n',
    env('VLLM_USE_V1', '0'),
    'services:\n  v:\n    image: vllm/vllm-openai\n    environment: {A: b, VLLM_USE_V1: "0"}\n    command: --model m\n',
  ],
  [
    'Compose: a flow list',
    'services:\n  v:\n    image: vllm/vllm-openai\n    environment: ["A=b"]\n    command: --model m\n',
    env('VLLM_USE_V1', '0'),
    'services:\n  v:\n    image: vllm/vllm-openai\n    environment: ["A=b", "VLLM_USE_V1=0"]\n    command: --model m\n',
  ],
  [
    "Compose: the image's own entrypoint gets a command",
    'services:\n  v:\n    image: vllm/vllm-openai:v0.9.0\n    ports:\n      - "1:1"\n',
    argument('max-num-seqs', 8),
    'services:\n  v:\n    image: vllm/vllm-openai:v0.9.0\n    command:\n      - --max-num-seqs\n      - "8"\n    ports:\n      - "1:1"\n',
  ],
  [
    'Compose: shared memory where the service is built',
    'services:\n  v:\n    build: .\n    command: vllm serve m\n',
    container('shm-size', '16g'),
    'services:\n  v:\n    build: .\n    command: vllm serve m\n    shm_size: 16g\n',
  ],
  [
    'Kubernetes: an environment behind the arguments, indented as the other lists',
    POD,
    env('VLLM_USE_V1', '0'),
    `${POD}      env:\n        - name: VLLM_USE_V1\n          value: "0"\n`,
  ],
  [
    'Kubernetes: arguments behind the image',
    ENTRYPOINT_POD,
    argument('max-num-seqs', 8),
    ENTRYPOINT_POD.replace('    volumeMounts', '    args:\n    - --max-num-seqs\n    - "8"\n    volumeMounts'),
  ],
  [
    'Kubernetes: shared memory as a volume, both lists new',
    POD,
    container('shm-size', '16g'),
    `${POD}      volumeMounts:\n        - name: shm\n          mountPath: /dev/shm\n  volumes:\n    - name: shm\n      emptyDir:\n        medium: Memory\n        sizeLimit: 16Gi\n`,
  ],
  [
    'Kubernetes: shared memory as a volume, both lists there',
    ENTRYPOINT_POD,
    container('shm-size', '16g'),
    ENTRYPOINT_POD.replace('/cache\n', '/cache\n    - name: shm\n      mountPath: /dev/shm\n').replace(
      'emptyDir: {}\n',
      'emptyDir: {}\n  - name: shm\n    emptyDir:\n      medium: Memory\n      sizeLimit: 16Gi\n',
    ),
  ],
  [
    'Kubernetes: a limit for the shared memory that is mounted',
    'containers:\n- image: vllm/vllm-openai\n  args: ["--model=m"]\n  volumeMounts:\n  - {name: s, mountPath: /dev/shm}\nvolumes:\n- name: s\n  emptyDir: {medium: Memory}\n',
    container('shm-size', '16g'),
    'containers:\n- image: vllm/vllm-openai\n  args: ["--model=m"]\n  volumeMounts:\n  - {name: s, mountPath: /dev/shm}\nvolumes:\n- name: s\n  emptyDir: {medium: Memory, sizeLimit: 16Gi}\n',
  ],
  [
    'Kubernetes: a limit of GPUs',
    POD,
    container('gpus', '2'),
    `${POD}      resources:\n        limits:\n          nvidia.com/gpu: "2"\n`,
  ],
  [
    'Kubernetes: limit and request of GPUs together',
    'containers:\n- image: vllm/vllm-openai\n  args: ["--model=m"]\n  resources:\n    requests:\n      nvidia.com/gpu: 1\n    limits:\n      nvidia.com/gpu: 1\n',
    container('gpus', '2'),
    'containers:\n- image: vllm/vllm-openai\n  args: ["--model=m"]\n  resources:\n    requests:\n      nvidia.com/gpu: 2\n    limits:\n      nvidia.com/gpu: 2\n',
  ],
  [
    'kubectl run: variables in the style of its options',
    'kubectl run v --image=vllm/vllm-openai -- --model m',
    env('VLLM_USE_V1', '0'),
    'kubectl run v --image=vllm/vllm-openai --env=VLLM_USE_V1=0 -- --model m',
  ],
  [
    'production-stack: variables and extra arguments',
    'servingEngineSpec:\n  modelSpec:\n  - modelURL: m\n    vllmConfig:\n      maxModelLen: 1\n',
    env('VLLM_USE_V1', '0'),
    'servingEngineSpec:\n  modelSpec:\n  - modelURL: m\n    env:\n    - name: VLLM_USE_V1\n      value: "0"\n    vllmConfig:\n      maxModelLen: 1\n',
  ],
  [
    'docker: no second --ipc',
    'docker run --ipc=private vllm/vllm-openai --model m',
    container('--ipc', 'host'),
    'docker run --ipc=host vllm/vllm-openai --model m',
  ],
  [
    'docker: the kind of device stays',
    'podman run --device nvidia.com/gpu=all docker://vllm/vllm-openai --model m',
    container('gpus', '0'),
    'podman run --device nvidia.com/gpu=0 docker://vllm/vllm-openai --model m',
  ],
  [
    'apptainer: --env',
    'apptainer run --nv v.sif vllm serve m',
    env('VLLM_USE_V1', '0'),
    'apptainer run --nv --env VLLM_USE_V1=0 v.sif vllm serve m',
  ],
  [
    'Quadlet: a setting of its own',
    '[Container]\nImage=vllm/vllm-openai\nExec=--model m\n',
    container('shm-size', '16g'),
    '[Container]\nImage=vllm/vllm-openai\nShmSize=16g\nExec=--model m\n',
  ],
  [
    'a script that exports: one more export',
    'export A=1  # a\n\nvllm serve m\n',
    env('VLLM_USE_V1', '0'),
    'export A=1  # a\nexport VLLM_USE_V1=0\n\nvllm serve m\n',
  ],
  [
    'an export after the command is none for it',
    'vllm serve m\nexport A=1\n',
    env('VLLM_USE_V1', '0'),
    'VLLM_USE_V1=0 vllm serve m\nexport A=1\n',
  ],
  ['behind sudo', 'sudo -u v vllm serve m', env('VLLM_USE_V1', '0'), 'sudo -u v VLLM_USE_V1=0 vllm serve m'],
  [
    'behind the host of ssh',
    'ssh -p 22 h vllm serve m',
    env('VLLM_USE_V1', '0'),
    'ssh -p 22 h VLLM_USE_V1=0 vllm serve m',
  ],
  [
    'PowerShell: a line above',
    'vllm serve m `\n  --seed 1\n',
    env('VLLM_USE_V1', '0'),
    '$env:VLLM_USE_V1 = "0"\nvllm serve m `\n  --seed 1\n',
  ],
  [
    'cmd: behind the last of its kind',
    'set A=1\r\nvllm serve m ^\r\n  --seed 1\r\n',
    env('VLLM_USE_V1', '0'),
    'set A=1\r\nset VLLM_USE_V1=0\r\nvllm serve m ^\r\n  --seed 1\r\n',
  ],
  [
    'Python: before vLLM is imported',
    '"""Text."""\nfrom __future__ import annotations\nimport os\nfrom vllm import LLM\nllm = LLM("m")\n',
    env('VLLM_USE_V1', '0'),
    '"""Text."""\nfrom __future__ import annotations\nimport os\nos.environ["VLLM_USE_V1"] = "0"\nfrom vllm import LLM\nllm = LLM("m")\n',
  ],
  [
    'Python: in the function that imports it, with os',
    'def run():\n    from vllm import LLM\n    LLM("m")\n',
    env('VLLM_USE_V1', '0'),
    'def run():\n    import os\n    os.environ["VLLM_USE_V1"] = "0"\n    from vllm import LLM\n    LLM("m")\n',
  ],
  [
    'Python handed to a command line',
    `python -c 'from vllm import LLM; LLM("m")'`,
    env('VLLM_USE_V1', '0'),
    `VLLM_USE_V1=0 python -c 'from vllm import LLM; LLM("m")'`,
  ],
  [
    'Modal: beside the other variables of the image',
    'import modal\nimage = modal.Image.debian_slim().env({"A": "1"})\nfrom vllm import LLM\nllm = LLM("m")\n',
    env('VLLM_USE_V1', '0'),
    'import modal\nimage = modal.Image.debian_slim().env({"A": "1", "VLLM_USE_V1": "0"})\nfrom vllm import LLM\nllm = LLM("m")\n',
  ],
  [
    'Ray Serve: the environment of its workers',
    'llm_configs:\n- model_loading_config:\n    model_id: m\n  engine_kwargs:\n    seed: 1\n    dtype: half\n',
    env('VLLM_USE_V1', '0'),
    'llm_configs:\n- model_loading_config:\n    model_id: m\n  engine_kwargs:\n    seed: 1\n    dtype: half\n  runtime_env:\n    env_vars:\n      VLLM_USE_V1: "0"\n',
  ],
  [
    'dstack: resources',
    'type: service\ncommands:\n  - vllm serve m\n',
    container('shm-size', '16g'),
    'type: service\ncommands:\n  - vllm serve m\nresources:\n  shm_size: 16GB\n',
  ],
  [
    'SkyPilot: which GPU stays',
    'resources:\n  accelerators: L4:1\nrun: |\n  vllm serve m\n',
    container('gpus', '2'),
    'resources:\n  accelerators: L4:2\nrun: |\n  vllm serve m\n',
  ],
];

describe('a place that was not there', () => {
  it.each(cases)('%s', (_name, text, change, expected) => {
    expect(editLaunch(text, [change])).toEqual({ text: expected, notApplied: [] });
  });

  it.each([
    [
      'a list of arguments would replace what an unknown image starts with',
      'services:\n  v:\n    image: my/vllm:1\n    ports: ["1:1"]\n',
      argument('max-num-seqs', 8),
    ],
    ['all GPUs are nothing that Kubernetes could be asked for', POD, container('gpus', 'all')],
    [
      'another kind of volume on /dev/shm',
      'containers:\n- image: vllm/vllm-openai\n  args: ["--model=m"]\n  volumeMounts:\n  - {name: s, mountPath: /dev/shm}\nvolumes:\n- name: s\n  hostPath: {path: /x}\n',
      container('shm-size', '16g'),
    ],
    ['a running container', 'docker exec c vllm serve m', container('shm-size', '16g')],
    [
      'Unsloth hands on a few arguments only',
      'from unsloth import FastModel\nm, t = FastModel.from_pretrained("m", fast_inference=True)\n',
      argument('max-num-seqs', 8),
    ],
  ])('is not made: %s', (_name, text, change) => {
    expect(readLaunch(text)).not.toBeNull();
    expect(editLaunch(text, [change])).toEqual({ text, notApplied: [change] });
  });

  it('goes with the last that stood there', () => {
    for (const text of [SERVICE, POD]) {
      const { text: added } = editLaunch(text, [env('VLLM_USE_V1', '0')]);
      expect(editLaunch(added, [{ where: 'env', flag: 'VLLM_USE_V1', to: null }]).text).toBe(text);
    }
  });

  it('leaves the neighbours in a flow mapping when one is removed', () => {
    const text =
      'services:\n  v:\n    image: vllm/vllm-openai\n    environment: {A: b, VLLM_USE_V1: "0"}\n    command: --model m\n';
    expect(editLaunch(text, [{ where: 'env', flag: 'VLLM_USE_V1', to: null }]).text).toBe(
      text.replace(', VLLM_USE_V1: "0"', ''),
    );
  });
});

describe('several launches', () => {
  it.each([
    ['documents', `${POD}---\n${POD}`],
    ['containers', `${POD}    - name: w\n      image: vllm/vllm-openai:v0.9.0\n      args: ["--model", "n"]\n`],
    ['services', `${SERVICE}  w:\n    image: vllm/vllm-openai:v0.9.0\n    command: --model n\n`],
  ])('%s: told, the first is read', (_name, text) => {
    const launch = readLaunch(text);
    expect(launch?.model).toBe('m');
    expect(launch?.problems.map(({ code }) => code)).toEqual(['several-launches']);
  });

  it('a sidecar is none', () => {
    const text = `${POD}    - name: router\n      image: lmcache/vllm-router\n`;
    expect(readLaunch(text)?.problems).toEqual([]);
  });
});

it("reads Unsloth's engine", () => {
  const launch = readLaunch(
    'model, tokenizer = FastLanguageModel.from_pretrained(\n    model_name="m",\n    max_seq_length=2048,\n    load_in_4bit=True,\n    fast_inference=True,\n    gpu_memory_utilization=0.6,\n)\n',
  );
  expect(launch).toMatchObject({ model: 'm', args: { 'max-model-len': 2048, 'gpu-memory-utilization': 0.6 } });
  expect(readLaunch('FastLanguageModel.from_pretrained("m", load_in_4bit=True)')).toBeNull();
});

/** Every change that some fix may ask for, with a value of its kind. */
interface FixFile {
  changes?: { where: string; flag: string; set?: LaunchChange['to'] }[];
}
const VALUES: Record<string, LaunchChange['to']> = {
  '--attention-backend': 'TRITON_ATTN',
  '--compilation-config': { cudagraph_capture_sizes: [1, 2] },
  '--dtype': 'half',
  '--kv-cache-dtype': 'fp8',
  '--limit-mm-per-prompt': { image: 1, video: 0 },
  '--mm-processor-kwargs': { max_pixels: 1003520 },
  '--moe-backend': 'triton',
  '--gpu-memory-utilization': 0.8,
  '--language-model-only': true,
  '--enable-sleep-mode': true,
  '--enforce-eager': true,
  '--shm-size': '16g',
  '--ipc': 'host',
  '--gpus': '2',
  image: 'vllm/vllm-openai:v0.10.2',
  CUDA_VISIBLE_DEVICES: '0,1',
  PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True',
  VLLM_ATTENTION_BACKEND: 'TRITON_ATTN_VLLM_V1',
  VLLM_PP_LAYER_PARTITION: '20,28',
};
const fixChanges = (): LaunchChange[] => {
  const asked = Object.values(fixFiles as Record<string, FixFile>).flatMap(file => file.changes ?? []);
  const made = [...asked, { where: 'container', flag: '--ipc' }, { where: 'container', flag: '--gpus' }].filter(
    ({ where }) => where === 'vllm' || where === 'env' || where === 'container',
  );
  const byName = new Map(made.map(change => [`${change.where} ${change.flag}`, change]));
  return [...byName.values()].map(change => ({
    where: change.where as LaunchChange['where'],
    flag: change.flag,
    to: VALUES[change.flag] ?? ('set' in change && change.set ? change.set : change.where === 'env' ? '4' : 4),
  }));
};

/** One bare launch of every shape: nothing that a fix might want stands there yet. */
const SHAPES: Record<string, string> = {
  compose: SERVICE,
  'compose entrypoint': 'services:\n  v:\n    image: vllm/vllm-openai:v0.9.0\n    entrypoint: ["vllm", "serve", "m"]\n',
  pod: POD,
  'pod without arguments': ENTRYPOINT_POD,
  deployment:
    'apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - image: vllm/vllm-openai:v0.9.0\n        command: ["/bin/sh", "-c"]\n        args:\n        - |\n          vllm serve m\n        resources:\n          limits:\n            memory: 8Gi\n      restartPolicy: Always\n',
  leaderworkerset:
    'apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet\nspec:\n  leaderWorkerTemplate:\n    leaderTemplate:\n      spec:\n        containers:\n          - name: leader\n            image: vllm/vllm-openai:v0.9.0\n            command:\n              - sh\n              - -c\n              - "vllm serve m"\n',
  kserve:
    'apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nspec:\n  predictor:\n    model:\n      modelFormat:\n        name: huggingface\n      storageUri: hf://m\n',
  'kubectl run': 'kubectl run v --image=vllm/vllm-openai:v0.9.0 -- --model m\n',
  'production-stack':
    'servingEngineSpec:\n  modelSpec:\n  - repository: vllm/vllm-openai\n    tag: v0.9.0\n    modelURL: m\n    requestGPU: 1\n    vllmConfig:\n      maxModelLen: 1\n',
  'docker run': 'docker run --rm \\\n  -p 8000:8000 \\\n  vllm/vllm-openai:v0.9.0 \\\n  --model m\n',
  'docker on one line': 'docker run vllm/vllm-openai:v0.9.0 --model m',
  apptainer: 'apptainer run --nv v.sif vllm serve m',
  systemd: '[Unit]\nDescription=v\n\n[Service]\nExecStart=/opt/bin/vllm serve m\nRestart=always\n',
  quadlet: '[Container]\nImage=vllm/vllm-openai:v0.9.0\nExec=--model m\n',
  'vllm serve': 'vllm serve m > log 2>&1 &\n',
  'api server': 'python -m vllm.entrypoints.openai.api_server --model m',
  script: '#!/bin/bash\nexport A=1\ncd /srv\n\nnohup vllm serve m \\\n  --port 8000 > log &\n',
  powershell: 'vllm serve m `\n  --port 8000\n',
  cmd: 'vllm serve m ^\n  --port 8000\n',
  dockerfile: 'FROM vllm/vllm-openai:v0.9.0\nRUN true\nCMD ["--model", "m"]\n',
  python: 'import torch\nfrom vllm import LLM\n\nllm = LLM(model="m")\n',
  'python subprocess': 'import subprocess\nsubprocess.run(["vllm", "serve", "m"])\n',
  unsloth:
    'from unsloth import FastModel\nmodel, t = FastModel.from_pretrained("m", fast_inference=True, max_seq_length=1)\n',
  'lm-eval': 'lm_eval --model vllm --model_args pretrained=m,seed=1 --tasks x',
  'ray serve':
    'llm_configs:\n- model_loading_config:\n    model_id: m\n  engine_kwargs:\n    seed: 1\n    block_size: 16\n',
  skypilot: 'resources:\n  accelerators: L4:1\nrun: |\n  vllm serve m\n',
  dstack: 'type: service\nimage: vllm/vllm-openai:v0.9.0\ncommands:\n  - vllm serve m\n',
  'config file': 'model: m\nseed: 1\nblock-size: 16\n',
  json: '{"model": "m", "seed": 1, "block_size": 16}\n',
  verl: 'python -m verl.x actor_rollout_ref.model.path=m actor_rollout_ref.rollout.seed=1 trainer.x=1\n',
  log: "non-default args: {'model': 'm', 'seed': 1}\n",
};

const isSubsequence = (part: string, whole: string): boolean => {
  let at = 0;
  for (const c of whole) if (at < part.length && part[at] === c) at++;
  return at === part.length;
};

const sameSize = (size: string | null) => size?.replace(/(?:i|B)$/, '').toLowerCase();

describe.each(Object.entries(SHAPES))('every change of a fix in: %s', (_name, text) => {
  const before = readLaunch(text)!;

  it.each(fixChanges().map(change => [`${change.where} ${change.flag}`, change] as const))('%s', (_flag, change) => {
    const { text: edited, notApplied } = editLaunch(text, [change]);
    if (notApplied.length) {
      expect({ edited, notApplied }).toEqual({ edited: text, notApplied: [change] });
      return;
    }
    expect(edited).not.toBe(text);
    const after = readLaunch(edited)!;
    const expected = structuredClone(before);
    const name = change.flag.replace(/^-+/, '');
    if (change.where === 'env') expected.env[name] = String(change.to);
    else if (change.where === 'vllm') {
      expected.args = { ...expected.args, [name]: change.to as never };
    } else if (name === 'image') expected.image = String(change.to);
    else if (name === 'shm-size') {
      expect(sameSize(after.shmSize)).toBe('16g');
      expected.shmSize = after.shmSize;
    } else if (name === 'gpus') {
      expect(String(after.gpus)).toMatch(/(?:^|:)2$/);
      expected.gpus = after.gpus;
    } else expect(edited).toMatch(/ipc[ =:]+host/i);
    expect({ ...after, text: null }).toEqual({ ...expected, text: null });
    // What stood there before still stands there, in its order.
    const isNew =
      before.image === after.image && !(name in before.args) && (before.gpus === null || before.gpus === after.gpus);
    if (isNew) expect(isSubsequence(text, edited)).toBe(true);
    expect(editLaunch(edited, [change])).toEqual({ text: edited, notApplied: [] });
  });
});
