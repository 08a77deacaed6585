import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Text } from '../common/text.js';
import { portIsFree } from '../retest/port.js';
import { UserError } from './errors.js';
import { EXIT } from './exit-codes.js';

/** A case that the demo plays: the machine (see the simulator's scenario.mjs) and what is started on it. */
interface DemoCase {
  title: Text;
  machine: Record<string, unknown>;
  /** The launch, without a port. */
  words: string[];
}

export const DEMO_CASES: Record<string, DemoCase> = {
  vision: {
    title: {
      en: 'A vision model that ran in 0.7.3 and dies in 0.8.3 on a 24 GB card',
      zh: '在 0.7.3 上可用、在 0.8.3 上崩溃的多模态模型（24 GB 显卡）',
    },
    machine: { vllm: '0.8.3', gpu: 'a10g-24gb' },
    words: ['vllm', 'serve', 'Qwen/Qwen2.5-VL-7B-Instruct', '--max-model-len', '8192'],
  },
  kv: {
    title: { en: 'The context does not fit the KV cache', zh: 'KV 缓存装不下上下文长度' },
    machine: { vllm: '0.9.1', gpu: 'rtx-4090' },
    words: ['vllm', 'serve', 'Qwen/Qwen3-8B'],
  },
  graphs: {
    title: { en: 'Memory runs out while CUDA graphs are captured', zh: 'CUDA 图捕获时显存不足' },
    machine: { vllm: '0.8.5', gpu: 'rtx-4090' },
    words: ['vllm', 'serve', 'Qwen/Qwen3-8B', '--gpu-memory-utilization', '0.98', '--max-model-len', '8192'],
  },
  occupied: {
    title: { en: 'Another process holds a part of the GPU', zh: '其他进程占用了部分显存' },
    machine: { vllm: '0.19.0', gpu: 'a10g-24gb', occupied: [{ gpu: 0, gib: 6.2, pid: 4242, name: 'python3' }] },
    words: ['vllm', 'serve', 'Qwen/Qwen3-4B', '--max-model-len', '8192'],
  },
  dummies: {
    title: {
      en: 'MiniCPM-V on the second of two 48 GB cards: a dummy image for each of 256 sequences',
      zh: '第二张 48 GB 显卡上的 MiniCPM-V：为 256 个序列各准备一张虚拟图片',
    },
    machine: { vllm: '0.5.4', gpu: 'l40s-48gb', gpus: 2 },
    words: [
      'CUDA_VISIBLE_DEVICES=1',
      'python3',
      '-m',
      'vllm.entrypoints.openai.api_server',
      '--model',
      'openbmb/MiniCPM-V-2_6',
      '--trust-remote-code',
    ],
  },
};

/** What is played when none is named. */
const FIRST_DEMO = 'vision';

export interface DemoMachine {
  /** Key of its case. */
  name: string;
  title: Text;
  /** The launch command as the user of the demo has it. */
  command: string;
  /** What that command printed when it failed, with the command on its first line. */
  log: string;
  /** To be laid over the environment, so that `vllm` and `nvidia-smi` are the simulated ones. */
  env: { PATH: string; VLLM_OOM_DOCTOR_SIMULATOR: string };
  /** Removes what the simulation noted. */
  dispose(): void;
}

/** The simulator's programs: beside the bundle, or in the checkout. */
const simulatorBin = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < 4; up++, folder = dirname(folder))
    for (const place of ['simulator/bin', 'fixtures/simulator/bin'])
      if (existsSync(join(folder, place, 'vllm'))) return join(folder, place);
  throw new UserError(
    EXIT.unavailable,
    { en: 'the simulated vLLM is not there.', zh: '找不到模拟的 vLLM。' },
    { en: 'Install the package again.', zh: '请重新安装本软件包。' },
  );
};

/** The environment in which `vllm` and `nvidia-smi` are those of the played machine, starts taking `seconds`. */
const played = (demo: DemoCase) => {
  const state = mkdtempSync(join(tmpdir(), 'simulated-gpu-'));
  return {
    dispose: () => rmSync(state, { recursive: true, force: true }),
    env: (seconds: number) => ({
      PATH: `${simulatorBin()}${delimiter}${process.env.PATH ?? ''}`,
      VLLM_OOM_DOCTOR_SIMULATOR: JSON.stringify({ ...demo.machine, seconds, state }),
    }),
  };
};

/** How long a start takes: on a terminal somebody watches it. */
const startSeconds = (): number => (process.stdout.isTTY ? 6 : 1);

/** The machine of a demo whose session is opened again. @throws UserError 69 when this release has no such demo */
export const reopenDemo = (name: string): Pick<DemoMachine, 'env' | 'dispose'> => {
  if (!Object.hasOwn(DEMO_CASES, name))
    throw new UserError(
      EXIT.unavailable,
      {
        en: `this session is of the demo "${name}", which this release does not have.`,
        zh: `该会话属于演示 "${name}"，当前版本没有这个演示。`,
      },
      { en: 'Start another: vllm-oom-doctor demo', zh: '重新开始演示：vllm-oom-doctor demo' },
    );
  const { env, dispose } = played(DEMO_CASES[name]!);
  return { env: env(startSeconds()), dispose };
};

/** Sets up the played machine and lets the command fail on it once, quickly. */
export const prepareDemo = async (name: string = FIRST_DEMO): Promise<DemoMachine> => {
  const demo = Object.hasOwn(DEMO_CASES, name) ? DEMO_CASES[name] : undefined;
  if (!demo) {
    const names = Object.keys(DEMO_CASES).join(', ');
    throw new UserError(
      EXIT.usage,
      { en: `no demo is called "${name}".`, zh: `没有名为 "${name}" 的演示。` },
      { en: `Choose ${names}.`, zh: `可选：${names}。` },
    );
  }
  const { env, dispose } = played(demo);
  let port = 8000;
  while (!(await portIsFree(port))) port++;
  const words = [...demo.words, ...(port === 8000 ? [] : ['--port', String(port)])];
  const command = words.join(' ');
  // `env` takes variables before the program as a shell does.
  const child = spawn('env', words, { env: { ...process.env, ...env(0.2) }, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      printed += chunk;
    });
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const failed = await new Promise<boolean>(resolve => {
    child.once('error', () => resolve(false));
    child.once('close', code => resolve(code === 1));
  });
  clearTimeout(limit);
  if (!failed) {
    dispose();
    throw new Error(`the demo "${name}" did not fail as it should:\n${printed.slice(-2000)}`);
  }
  return { name, title: demo.title, command, log: `$ ${command}\n${printed}`, env: env(startSeconds()), dispose };
};
