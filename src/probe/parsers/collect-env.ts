import { gpu, known } from './text.js';
import type { Parser, Probe, ProbeGpu } from './types.js';

/** Keys of collect_env.py (flat until vLLM 0.8.5, padded sections later) and the fields of `env`. */
const KEYS: Record<string, string> = {
  OS: 'os',
  'Python version': 'pythonVersion',
  'PyTorch version': 'torchVersion',
  'CUDA used to build PyTorch': 'torchCuda',
  'ROCM used to build PyTorch': 'torchRocm',
  'XPU used to build PyTorch': 'torchXpu',
  'CUDA runtime version': 'cudaRuntime',
  'HIP runtime version': 'hipRuntime',
  'Is CUDA available': 'cudaAvailable',
  'vLLM Version': 'vllmVersion',
  'ROCM Version': 'rocmVersion',
  'CPU(s)': 'cpus',
  'Model name': 'cpuModel',
};

const MARKERS =
  /^(?:={10,}\n\s{0,40}(?:System Info|PyTorch Info|Python Environment|CUDA \/ GPU Info|XPU \/ GPU Info|CPU Info|Versions of relevant libraries|vLLM Info|Environment Variables)\s*\n={10,}|PyTorch version|CUDA used to build PyTorch|vLLM Version|Nvidia driver version|Neuron SDK Version|vLLM Build Flags|Collecting environment information)/m;

/** vLLM's and PyTorch's collect_env: no figures of memory, but versions, GPUs by name, driver, topology, variables. */
export const parseCollectEnv: Parser = ({ lines, text }) => {
  if (!MARKERS.test(text)) return null;
  const env: Record<string, unknown> = {};
  const gpus: ProbeGpu[] = [];
  const variables: Record<string, string> = {};
  let driver: string | null | undefined;
  let listsGpus = false;
  for (const line of lines) {
    const pip = /^\[(?:pip3|conda)\] (torch|triton|pytorch-triton)(?:==|\s{1,40})(\S{1,60})/.exec(line);
    if (pip) {
      const name = pip[1] === 'torch' ? 'torchVersion' : 'tritonVersion';
      env[name] ??= known(pip[2]);
    }
    // "[conda] Could not collectROCM Version: …" runs together in 0.4.x.
    const match = /^(?:\[conda\] Could not collect)?([A-Za-z][\w() /.-]{0,50}?)\s{0,40}:(?:\s{1,4}(.{0,400}))?$/.exec(
      line,
    );
    const one = /^GPU (\d{1,3}): (\S.{0,100}?)(?:\s\(UUID.{0,80})?\s*$/.exec(line);
    if (one) {
      gpus.push(gpuOf(Number(one[1]), one[2]!));
      continue;
    }
    const xpu = /_XpuDeviceProperties\(name='([^']{1,80})'.{0,400}?total_memory=(\d{1,9})MB/.exec(line);
    if (xpu) gpus.push(gpu({ index: gpus.length, name: xpu[1]!, totalMiB: Number(xpu[2]) }));
    if (xpu) driver ??= known(/driver_version='([^']{1,60})'/.exec(line)?.[1]);
    const variable = /^([A-Z][A-Z0-9_]{2,80})=(.{0,2000})$/.exec(line);
    if (variable) variables[variable[1]!] = variable[2]!;
    if (!match) continue;
    const [, key, value = ''] = match;
    if (key === 'GPU models and configuration') {
      listsGpus = true;
      const first = /^(?:GPU (\d{1,3}): )?(\S.{0,120})$/.exec(value.trim());
      if (first && known(first[2])) gpus.push(gpuOf(first[1] === undefined ? null : Number(first[1]), first[2]!));
    } else if (key === 'Nvidia driver version' || key === 'XPU driver version') driver ??= known(value);
    const name = KEYS[key!];
    if (name && env[name] === undefined) env[name] = fieldOf(name, value);
  }
  const sha = /^(.{1,80}?)\s\(git sha: (\w{4,60})/.exec(String(env.vllmVersion ?? ''));
  if (sha) {
    env.vllmVersion = sha[1]!;
    env.vllmGitSha = sha[2]!;
  }
  if (/\bmicrosoft\b|WSL2/i.test(/^Python platform\s*:.*$/m.exec(text)?.[0] ?? '')) env.wsl = true;
  if (Object.keys(variables).length) env.variables = variables;
  Object.assign(env, topology(lines));
  const probe: Probe = { env };
  if (gpus.length || listsGpus) probe.gpus = gpus;
  if (driver !== undefined) probe.driver = driver;
  return probe;
};

const fieldOf = (name: string, value: string): unknown => {
  const text = known(value);
  if (text === null) return null;
  if (name === 'cudaAvailable') return text === 'True' ? true : text === 'False' ? false : null;
  if (name === 'pythonVersion') return text.split(/\s/)[0];
  if (name === 'cpus') return /^\d+$/.test(text) ? Number(text) : null;
  return text;
};

/** ROCm prints the architecture behind the name: `AMD Instinct MI300X (gfx942:sramecc+:xnack-)`. */
const gpuOf = (index: number | null, text: string): ProbeGpu => {
  const arch = /\s?\((gfx\w{3,10})[^)]{0,60}\)\s*$/.exec(text);
  return gpu({ index, name: known(arch ? text.slice(0, arch.index) : text), ...(arch && { arch: arch[1]! }) });
};

/** The matrix of `nvidia-smi topo -m`. */
const topology = (lines: string[]): Record<string, unknown> => {
  const at = lines.findIndex(line => /^\s*GPU0\s+(?:GPU1|NIC0|CPU Affinity)/.test(line));
  if (at < 0) return {};
  const columns = lines[at]!.trim().split(/\t+|\s{2,}/);
  const row = lines.slice(at + 1, at + 4).find(line => /^\s*GPU0\s/.test(line));
  const cells =
    row
      ?.trim()
      .split(/\t+|\s{2,}/)
      .map(cell => cell.trim()) ?? [];
  const cell = (name: string) => {
    const column = columns.indexOf(name);
    return column < 0 ? null : known(cells[column + 1]);
  };
  return {
    topologyGpuCount: columns.filter(name => /^GPU\d+$/.test(name)).length,
    topologyLink: cell('GPU1'),
    numaNodeOfGpu0: cell('NUMA Affinity'),
  };
};
