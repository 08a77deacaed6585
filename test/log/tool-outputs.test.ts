import { describe, expect, it } from 'vitest';
import { readLog } from '../../src/log/index.js';

const OOM =
  '(EngineCore_DP0 pid=99) ERROR 10-05 10:00:39 [core.py:708] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.53 GiB of which 1.50 GiB is free.';
const START = '(APIServer pid=1) INFO 10-05 10:00:05 [api_server.py:1839] vLLM API server version 0.11.0';

const read = async (text: string) => {
  const reading = await readLog([text]);
  return reading.runs[reading.judged]!;
};
const values = (run: Awaited<ReturnType<typeof read>>) =>
  Object.fromEntries(Object.entries(run.facts).map(([name, fact]) => [name, fact.value]));

const smi = (rows: string, processes: string) => `$ nvidia-smi
Sat Oct  5 10:02:11 2025
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|=========================================+========================+======================|
${rows}
+-----------------------------------------------------------------------------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI        PID   Type   Process name                              GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
${processes}
+-----------------------------------------------------------------------------------------+`;
const row = (index: number, name: string) =>
  `|   ${index}  ${name.padEnd(30)} Off |   00000000:0${index}:00.0 Off |                    0 |
| N/A   31C    P0             68W /  350W |    2150MiB /  24564MiB |      0%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+`;
const process = (name: string, mib: number) =>
  `|    0   N/A  N/A      1733      G   ${name.padEnd(36)} ${String(mib).padStart(8)}MiB |`;

describe('outputs of other tools in a paste', () => {
  it('a table of nvidia-smi behind the crash: name, count, driver, and what a display holds', async () => {
    const run = await read(
      `${START}\n${OOM}\n${smi(row(0, 'NVIDIA GeForce RTX 4090'), `${process('/usr/lib/xorg/Xorg', 1536)}\n${process('/usr/bin/gnome-shell', 512)}`)}\n`,
    );
    expect(values(run)).toMatchObject({
      gpuName: 'NVIDIA GeForce RTX 4090',
      gpuCount: 1,
      driverVersion: '550.54.15',
      cudaVersion: '12.4',
      otherProcessesGiB: 2,
      gpuTotalGiB: 23.53,
    });
    expect(run.facts.driverVersion).toMatchObject({ from: 'log', line: 6 });
    expect(run.facts.gpuName).toMatchObject({ from: 'log', line: 11 });
    expect(run.facts.otherProcessesGiB!.line).toBe(22);
  });

  it('a process that may be vLLM itself leaves unknown what others hold, as do several GPUs', async () => {
    const python = await read(
      `${OOM}\n${smi(row(0, 'NVIDIA L4'), `${process('/usr/lib/xorg/Xorg', 1536)}\n${process('python3', 9000)}`)}`,
    );
    expect(python.facts.otherProcessesGiB).toBeUndefined();
    const two = await read(
      `${OOM}\n${smi(`${row(0, 'NVIDIA L4')}\n${row(1, 'NVIDIA L4')}`, process('/usr/lib/xorg/Xorg', 1536))}`,
    );
    expect(two.facts.otherProcessesGiB).toBeUndefined();
    expect(values(two)).toMatchObject({ gpuCount: 2, gpuName: 'NVIDIA L4' });
  });

  it('different GPUs have no common name', async () => {
    const run = await read(`${OOM}\n${smi(`${row(0, 'NVIDIA L4')}\n${row(1, 'NVIDIA A10')}`, '')}`);
    expect(run.facts.gpuName).toBeUndefined();
    expect(run.facts.gpuCount!.value).toBe(2);
  });

  it('collect_env before two runs holds for both, and never overrides what vLLM printed', async () => {
    const text = `Collecting environment information...
==============================
        System Info
==============================
OS                           : Ubuntu 22.04.5 LTS (x86_64)
==============================
       PyTorch Info
==============================
PyTorch version              : 2.7.0+cu126
==============================
       CUDA / GPU Info
==============================
GPU models and configuration :
GPU 0: NVIDIA A100-SXM4-80GB
GPU 1: NVIDIA A100-SXM4-80GB

Nvidia driver version        : 560.35.05
==============================
          vLLM Info
==============================
vLLM Version                 : 0.9.1
${START}
${OOM}
${START}
${OOM}
`;
    const reading = await readLog([text]);
    expect(reading.runs).toHaveLength(2);
    for (const run of reading.runs)
      expect(values(run)).toMatchObject({
        vllmVersion: '0.11.0',
        torchVersion: '2.7.0+cu126',
        driverVersion: '560.35.05',
        gpuName: 'NVIDIA A100-SXM4-80GB',
        gpuCount: 2,
        gpuTotalGiB: 23.53,
      });
    expect(reading.runs[1]!.facts.driverVersion!.line).toBe(17);
  });

  it('a build without tags names no release', async () => {
    const run = await read(
      'PyTorch version: 2.6.0\nNvidia driver version: 550.54.15\nvLLM Version: 0.1.dev1+g1a2b3c4\n',
    );
    expect(run.facts.vllmVersion).toBeUndefined();
    expect(run.facts.driverVersion!.value).toBe('550.54.15');
  });

  it('torch’s total is the total without what the driver reserves', async () => {
    const run = await read(
      'index, name, memory.total [MiB], memory.reserved [MiB]\n0, NVIDIA H200, 143771 MiB, 614 MiB\n',
    );
    expect(run.facts.gpuTotalGiB).toEqual({ value: 139.8, from: 'log', line: 1 });
  });

  it('docker inspect: killed, the limit, Docker’s small /dev/shm', async () => {
    const inspect = (ipc: string) => `${START}
[
    {
        "Name": "/vllm",
        "State": {
            "Status": "exited",
            "OOMKilled": true,
            "ExitCode": 137
        },
        "HostConfig": {
            "Memory": 34359738368,
            "IpcMode": "${ipc}",
            "ShmSize": 67108864
        }
    }
]
`;
    const run = await read(inspect('private'));
    expect(values(run)).toMatchObject({ exitCode: 137, hostLimitGiB: 32, shmGiB: 0.0625 });
    expect(run.facts.shmGiB!.line).toBe(13);
    expect(run.events.map(event => event.id)).toEqual(
      expect.arrayContaining(['oom-killed-container', 'exit-137', 'shm-small']),
    );
    expect(run.events.find(event => event.id === 'shm-small')).toMatchObject({ line: 13, kind: 'info' });
    const host = await read(inspect('host'));
    expect(host.facts.shmGiB).toBeUndefined();
    expect(host.events.map(event => event.id)).not.toContain('shm-small');
  });

  it('kubectl describe pod', async () => {
    const run = await read(`${START}
Containers:
  vllm:
    Image:         vllm/vllm-openai:v0.11.0
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
    Restart Count:  4
    Limits:
      memory:  24Gi
`);
    expect(values(run)).toMatchObject({ exitCode: 137, hostLimitGiB: 24 });
    expect(run.facts.hostLimitGiB!.line).toBe(12);
  });

  it('the rest of a tool’s output behind a collector’s prefix', async () => {
    const table = smi(row(0, 'NVIDIA L40S'), '').replaceAll(/^/gm, 'vllm-1  | ');
    expect((await read(`${table}\nvllm-1  | ${OOM}`)).facts.gpuName!.value).toBe('NVIDIA L40S');
  });

  it('df, free and the limit of a cgroup', async () => {
    const run = await read(`${START}
$ df -h /dev/shm
Filesystem      Size  Used Avail Use% Mounted on
shm              64M     0   64M   0% /dev/shm
$ free -h
               total        used        free      shared  buff/cache   available
Mem:            62Gi        12Gi        40Gi       1.0Gi        10Gi        49Gi
Swap:             0B          0B          0B
[ 8123.409] memory: usage 33554432kB, limit 33554432kB, failcnt 1204
`);
    expect(values(run)).toMatchObject({ shmGiB: 0.0625, hostRamGiB: 62, hostLimitGiB: 32 });
    expect(run.facts.shmGiB!.line).toBe(4);
    expect(run.facts.hostRamGiB!.line).toBe(7);
  });

  it('a file with limits of several services says nothing of vLLM’s', async () => {
    const compose = (services: string) => `services:\n${services}`;
    const vllm = '  vllm:\n    image: vllm/vllm-openai\n    shm_size: 8gb\n';
    expect((await read(compose(vllm))).facts.shmGiB!.value).toBe(8);
    expect(
      (await read(compose(`${vllm}  db:\n    image: postgres\n    shm_size: 1gb\n`))).facts.shmGiB,
    ).toBeUndefined();
  });

  it.each([
    ['nvidia-smi -L', 'GPU 0: NVIDIA L4 (UUID: GPU-6f1c2d3e-0000-1111-2222-333344445555)', { gpuName: 'NVIDIA L4' }],
    ['CSV without a head', '0, NVIDIA A10, 23028, 815, 22213', { gpuName: 'NVIDIA A10', gpuCount: 1 }],
    ['rocm-smi', 'GPU[0]\t\t: VRAM Total Memory (B): 68702699520', { gpuCount: 1 }],
    [
      'amd-smi JSON',
      '[{"gpu": 0, "asic": {"market_name": "MI300X"}, "vram": {"size": {"value": 196592, "unit": "MB"}}}]',
      { gpuName: 'MI300X', gpuTotalGiB: 191.98 },
    ],
    [
      'tegrastats',
      'RAM 20642/62817MB (lfb 1x2MB) SWAP 0/31408MB (cached 0MB)',
      { unifiedMemory: true, hostRamGiB: 61.34 },
    ],
    ['/proc/meminfo', 'MemTotal:       65536000 kB\nMemFree:         1000000 kB', { hostRamGiB: 62.5 }],
    ['a mount', 'shm on /dev/shm type tmpfs (rw,nosuid,size=8388608k)', { shmGiB: 8 }],
    ['a cgroup file', '$ cat /sys/fs/cgroup/memory.max\n34359738368', { hostLimitGiB: 32 }],
    ['kubectl get pods', 'NAME     READY   STATUS      RESTARTS   AGE\nvllm-0   0/1     OOMKilled   3          9m', {}],
  ])('%s', async (_, text, facts) => {
    expect(values(await read(`${START}\n${text}\n`))).toMatchObject(facts);
  });

  it('an output of another machine says nothing of this one', async () => {
    const smaller = await read(`${OOM}\n${smi(row(0, 'NVIDIA L4'), '').replace('24564MiB', '15360MiB')}\n`);
    expect(smaller.facts.gpuName).toBeUndefined();
    expect(smaller.facts.driverVersion).toBeUndefined();
    const larger = await read(`${OOM}\n${smi(row(0, 'NVIDIA A100'), '').replace('24564MiB', '81920MiB')}\n`);
    expect(larger.facts.gpuName!.value).toBe('NVIDIA A100');
    const vendor = await read(
      `${OOM}\n[{"gpu": 0, "asic": {"market_name": "MI300X"}, "driver": {"name": "amdgpu", "version": "6.10.5"}}]\n`,
    );
    expect(vendor.facts.gpuName).toBeUndefined();
  });

  it('prose around an output is no fact', async () => {
    const run = await read(
      `${smi(row(0, 'NVIDIA GeForce RTX 4090'), '')}\nThis is no machine with unified memory, and the script had exit code 3.\n`,
    );
    expect(run.facts.unifiedMemory).toBeUndefined();
    expect(run.facts.exitCode).toBeUndefined();
  });

  it('tables without end are kept within bounds, the last ones with the first', async () => {
    function* log() {
      yield `${START}\n`;
      for (let i = 0; i < 400; i++) yield `${smi(row(0, 'NVIDIA L4'), '')}\n${OOM}\n`;
      yield `MemTotal:       65536000 kB\n`;
    }
    const reading = await readLog(log());
    const { facts } = reading.runs[reading.judged]!;
    expect(facts.gpuName!.value).toBe('NVIDIA L4');
    expect(facts.hostRamGiB!.value).toBe(62.5);
  });
});
