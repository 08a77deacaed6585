import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProbe } from '../../src/probe/parsers/index.js';

describe('host memory and limits', () => {
  it('/proc/meminfo takes kB only', () => {
    expect(parseProbe('MemTotal:       1000 kB\nMemAvailable:    500 kB\nHugePages_Total:   7')!.memory).toMatchObject({
      totalKiB: 1000,
      availableKiB: 500,
      freeKiB: null,
    });
    expect(parseProbe('MemTotal: 1000')).toBeNull();
  });
  it.each([
    [
      'free -h',
      '               total        used        free      shared  buff/cache   available\nMem:           125Gi        20Gi       1.5Gi       812Mi        19Gi       100Gi\nSwap:          2.0Gi          0B       2.0Gi',
      128000,
      102400,
      2048,
    ],
    [
      'free in kB',
      '              total        used        free      shared  buff/cache   available\nMem:      131072000     1048576     1048576           0     1048576   104857600\nSwap:       2097152           0     2097152',
      128000,
      102400,
      2048,
    ],
    [
      'free -m',
      '              total        used        free      shared  buff/cache   available\nMem:         128000        1024        1024           0        1024      102400\nSwap:          2048           0        2048',
      128000,
      102400,
      2048,
    ],
    [
      'another language',
      '               gesamt       benutzt     frei      gemns.  Puffer/Cache verfügbar\nSpeicher:      125Gi        20Gi       1.5Gi       812Mi        19Gi       100Gi\nSwap:          2.0Gi          0B       2.0Gi',
      128000,
      102400,
      2048,
    ],
  ])('%s', (_what, text, total, available, swap) => {
    const probe = parseProbe(text)!;
    expect(probe.memory).toMatchObject({ totalMiB: total, availableMiB: available });
    expect(probe.swap).toMatchObject({ totalMiB: swap, usedMiB: 0 });
  });
  it.each([
    ['max', null],
    ['68719476736', 68719476736],
    ['9223372036854771712', null],
    ['$ cat /sys/fs/cgroup/memory.max\n34359738368', 34359738368],
    ['/sys/fs/cgroup/memory/memory.limit_in_bytes:34359738368', 34359738368],
    ['hierarchical_memory_limit 34359738368\ntotal_rss 5', 34359738368],
  ])('limit %s', (text, memoryBytes) => expect(parseProbe(text)!.limits).toMatchObject({ memoryBytes }));
  it('memory.events counts kills', () =>
    expect(parseProbe('low 0\nhigh 0\nmax 12\noom 3\noom_kill 2')).toEqual({ limits: { maxEvents: 12, oomKills: 2 } }));
  it('/dev/shm by its mount point, whatever the language', () => {
    expect(parseProbe('Filesystem Size Used Avail Use% Mounted on\nshm  64M  1.0M  63M  2% /dev/shm')).toEqual({
      limits: { shmBytes: 67108864, shmUsedBytes: 1048576 },
    });
    expect(parseProbe('Sys. de fichiers blocs de 1K Utilisé\ntmpfs 65536 0 65536 0% /dev/shm')).toEqual({
      limits: { shmBytes: 67108864, shmUsedBytes: 0 },
    });
    expect(parseProbe('shm on /dev/shm type tmpfs (rw,nosuid,nodev,noexec,relatime,size=65536k)')).toEqual({
      limits: { shmBytes: 67108864 },
    });
    expect(
      parseProbe(
        'NCCL WARN Error while creating shared memory segment /dev/shm/nccl-x (size 9637888), error: No space left on device (28)',
      ),
    ).toEqual({ error: 'shm-full', limits: { shmNeededBytes: 9637888 } });
  });
});

describe('containers', () => {
  it('docker inspect, whole and cut', () => {
    const inspect = JSON.stringify(
      [
        {
          Name: '/vllm',
          Args: ['serve', 'm', '--api-key', 'geheim'],
          State: { Status: 'exited', Running: false, OOMKilled: true, ExitCode: 137, Pid: 0 },
          HostConfig: {
            Memory: 68719476736,
            ShmSize: 67108864,
            IpcMode: 'private',
            DeviceRequests: [{ Count: -1, DeviceIDs: null }],
          },
        },
      ],
      null,
      4,
    );
    expect(parseProbe(inspect)).toEqual({
      containers: [
        { name: 'vllm', state: 'exited', exitCode: 137, oomKilled: true, args: ['serve', 'm', '--api-key', '***'] },
      ],
      limits: { memoryBytes: 68719476736, shmBytes: 67108864, ipcMode: 'private', gpus: 'all' },
    });
    expect(parseProbe(inspect.slice(0, inspect.indexOf('"HostConfig"')))!.containers).toMatchObject([
      { name: 'vllm', exitCode: 137 },
    ]);
    expect(
      parseProbe('"State": {\n "Status": "running",\n "OOMKilled": false,\n "Pid": 5,\n "ExitCode": 0\n},')!.containers,
    ).toMatchObject([{ state: 'running', pid: 5, oomKilled: false }]);
  });
  it('kubectl describe: the last termination of a running container', () => {
    const text = `Containers:
  vllm:
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
    Restart Count:  4
    Limits:
      memory:          64Gi
      nvidia.com/gpu:  1
  sidecar:
    State:          Running`;
    expect(parseProbe(text)).toEqual({
      containers: [
        {
          name: 'vllm',
          state: 'Waiting',
          stateReason: 'CrashLoopBackOff',
          lastState: 'Terminated',
          reason: 'OOMKilled',
          exitCode: 137,
          restarts: 4,
        },
        { name: 'sidecar', state: 'Running', reason: null, exitCode: null },
      ],
      limits: { memoryBytes: 68719476736 },
    });
  });
  it('a pod as YAML', () => {
    const text =
      'status:\n  containerStatuses:\n  - name: vllm\n    restartCount: 2\n    lastState:\n      terminated:\n        exitCode: 137\n        reason: OOMKilled\n    state:\n      waiting:\n        reason: CrashLoopBackOff';
    expect(parseProbe(text)!.containers).toEqual([
      {
        name: 'vllm',
        state: 'waiting',
        stateReason: 'CrashLoopBackOff',
        lastState: 'terminated',
        reason: 'OOMKilled',
        exitCode: 137,
        restarts: 2,
      },
    ]);
  });
  it('lists of containers and pods', () => {
    const docker = `CONTAINER ID   IMAGE                     COMMAND                  CREATED         STATUS                       PORTS                    NAMES
3f1b2c4d5e6f   vllm/vllm-openai:v0.9.0   "python3 -m vllm.ent…"   2 minutes ago   Exited (137) 4 seconds ago                            vllm
aaaaaaaaaaaa   postgres                  "docker-entrypoint.s…"   2 days ago      Up 2 days                    0.0.0.0:5432->5432/tcp   db`;
    expect(parseProbe(docker)!.containers).toEqual([
      { name: 'vllm', state: 'Exited', exitCode: 137, oomKilled: null },
      { name: 'db', state: 'Up', exitCode: null, oomKilled: null },
    ]);
    expect(
      parseProbe(
        'NAME     READY   STATUS             RESTARTS      AGE\nvllm-0   0/1     OOMKilled          3 (20s ago)   5m\nvllm-1   0/1     CrashLoopBackOff   9             1h',
      )!.containers,
    ).toMatchObject([
      { name: 'vllm-0', reason: 'OOMKilled', restarts: 3 },
      { name: 'vllm-1', stateReason: 'CrashLoopBackOff', reason: null },
    ]);
  });
  it('Compose', () => {
    expect(parseProbe('vllm-1 exited with code 137')!.containers).toMatchObject([{ name: 'vllm-1', exitCode: 137 }]);
    expect(parseProbe('services:\n  vllm:\n    shm_size: "8gb"\n    mem_limit: 64g')!.limits).toEqual({
      shmBytes: 8589934592,
      memoryBytes: 68719476736,
    });
  });
});

describe('killers', () => {
  it.each([
    [
      '5.x, a limit',
      '[  12.3] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/c,task=VLLM::EngineCor,pid=99,uid=0\n[  12.4] Memory cgroup out of memory: Killed process 99 (VLLM::EngineCor) total-vm:1000kB, anon-rss:900kB, file-rss:0kB',
      {
        pid: 99,
        name: 'VLLM::EngineCor',
        constraint: 'memcg',
        cgroup: '/kubepods/pod1',
        anonRssKiB: 900,
        totalVmKiB: 1000,
      },
    ],
    [
      'the whole machine',
      'Mar  3 10:00:00 box kernel: python3 invoked oom-killer: gfp_mask=0x0\nMar  3 10:00:01 box kernel: Out of memory: Killed process 5 (ray::IDLE (x)) total-vm:7kB, anon-rss:6kB',
      { pid: 5, name: 'ray::IDLE (x)', constraint: 'none', invokedBy: 'python3' },
    ],
    [
      'a NUMA node',
      'oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,task=python3,pid=8,uid=0',
      { pid: 8, constraint: 'memory-policy', nodemask: '1' },
    ],
    [
      '3.x, another was chosen first',
      'Out of memory: Kill process 10 (bash) score 5 or sacrifice child\nKilled process 11 (python) total-vm:9kB, anon-rss:8kB',
      { pid: 11, name: 'python', constraint: 'none' },
    ],
    [
      'RHEL 6',
      'Killed process 123, UID 48, (httpd) total-vm:5kB, anon-rss:4kB, file-rss:0kB',
      { pid: 123, name: 'httpd' },
    ],
    ['only reaped', 'oom_reaper: reaped process 3 (tail), now anon-rss:0kB, file-rss:0kB', { pid: 3, name: 'tail' }],
    [
      'kubelet',
      'Warning  SystemOOM  2m  kubelet  System OOM encountered, victim process: VLLM::Worker_TP, pid: 77',
      { pid: 77, name: 'VLLM::Worker_TP', constraint: 'none' },
    ],
  ])('kernel %s', (_what, text, expected) => {
    const { oomKills } = parseProbe(text)!;
    expect(oomKills).toHaveLength(1);
    expect(oomKills![0]).toMatchObject(expected);
  });
  it('lines about one process are one kill, with the unit beside it', () => {
    const text = `vllm.service: A process of this unit has been killed by the OOM killer.
Out of memory: Killed process 5 (python3) total-vm:7kB, anon-rss:6kB
oom_reaper: reaped process 5 (python3), now anon-rss:0kB
systemd[1]: vllm.service: Failed with result 'oom-kill'.`;
    expect(parseProbe(text)!.oomKills).toMatchObject([{ pid: 5, unit: 'vllm.service' }]);
  });
  it('others', () => {
    expect(
      parseProbe(
        'systemd-oomd[1]: Killed /user.slice/user@1.service/app.slice/vllm.scope due to memory pressure for /user.slice being 61.50% > 50.00% for > 20s with reclaim activity\nsystemd[1]: vllm.scope: systemd-oomd killed 7 process(es) in this unit.',
      )!.oomKills,
    ).toEqual([
      {
        killer: 'systemd-oomd',
        unit: 'vllm.scope',
        reason: 'memory pressure',
        pressurePct: 61.5,
        limitPct: 50,
        killedProcesses: 7,
      },
    ]);
    expect(
      parseProbe(
        'earlyoom[1]: mem avail:  100 of 31000 MiB ( 0.32%)\nsending SIGTERM to process 9 uid 0 "python3": badness 900, VmRSS 20000 MiB',
      )!.oomKills,
    ).toEqual([{ killer: 'earlyoom', pid: 9, name: 'python3', signal: 'SIGTERM', rssMiB: 20000 }]);
    expect(
      parseProbe(
        'systemd-oomd[5]: Killed\n  /user.slice/app.slice/run-1.scope\n  due to memory pressure for /user.slice\n  being 86.80% > 50.00% for > 20s',
      )!.oomKills,
    ).toEqual([
      { killer: 'systemd-oomd', unit: 'run-1.scope', reason: 'memory pressure', pressurePct: 86.8, limitPct: 50 },
    ]);
    expect(
      parseProbe(
        '(raylet) 3 Workers (tasks / actors) killed due to memory pressure (OOM), 0 Workers crashed due to other reasons at node',
      )!.oomKills,
    ).toEqual([{ killer: 'ray', count: 3, crashed: 0 }]);
    expect(
      parseProbe(
        'slurmstepd: error: Detected 1 oom_kill event in StepId=77.batch. Some of the step tasks have been OOM Killed.',
      )!.oomKills,
    ).toEqual([{ killer: 'slurm', count: 1, step: '77.batch' }]);
  });
});

describe('collect_env', () => {
  it('flat and in sections', () => {
    expect(
      parseProbe(
        'PyTorch version: 2.6.0+cu124\nOS: Ubuntu 22.04 (x86_64)\nPython version: 3.12.9 (main) [GCC]\nPython platform: Linux-5.15.0-microsoft-standard-WSL2-x86_64\nIs CUDA available: True\nGPU models and configuration: GPU 0: NVIDIA GeForce RTX 4090\nNvidia driver version: 560.1\nvLLM Version: 0.8.5 (git sha: abc1234)',
      ),
    ).toMatchObject({
      driver: '560.1',
      gpus: [{ index: 0, name: 'NVIDIA GeForce RTX 4090' }],
      env: {
        torchVersion: '2.6.0+cu124',
        pythonVersion: '3.12.9',
        cudaAvailable: true,
        wsl: true,
        vllmVersion: '0.8.5',
        vllmGitSha: 'abc1234',
      },
    });
    expect(
      parseProbe(
        '==============================\n       PyTorch Info\n==============================\nPyTorch version              : 2.9.0\nROCM used to build PyTorch   : 7.0\nCUDA used to build PyTorch   : N/A\nGPU models and configuration : AMD Instinct MI300X (gfx942:sramecc+:xnack-)',
      ),
    ).toMatchObject({
      env: { torchVersion: '2.9.0', torchRocm: '7.0', torchCuda: null },
      gpus: [{ index: null, name: 'AMD Instinct MI300X', arch: 'gfx942' }],
    });
  });
});

describe('collect_env without CUDA or a name', () => {
  it.each([
    ['PyTorch version: 2.9.0\nGPU models and configuration: No CUDA', { gpus: [] }],
    [
      'PyTorch version: 2.9.0\nGPU models and configuration :  (gfx950:sramecc+:xnack-)',
      { gpus: [{ name: null, arch: 'gfx950' }] },
    ],
    [
      "PyTorch version: 2.9.0\nIntel GPU models detected:\n* [0] _XpuDeviceProperties(name='Intel(R) Arc(TM) B580 Graphics', type='gpu', driver_version='1.6.3', total_memory=11605MB, max_compute_units=160)",
      { driver: '1.6.3', gpus: [{ index: 0, name: 'Intel(R) Arc(TM) B580 Graphics', totalMiB: 11605 }] },
    ],
  ])('%s', (text, expected) => expect(parseProbe(text)).toMatchObject(expected));
});

describe('any text', () => {
  it('holds nothing: null', () => {
    for (const text of ['', 'hello', 'INFO 05-01 10:00:00 [llm.py:1] Loading', '{"a": 1}', '[1,2,3]'])
      expect(parseProbe(text)).toBeNull();
  });
  it('several outputs in one text are all read', () => {
    const probe = parseProbe(
      'GPU 0: Tesla T4 (UUID: GPU-11111111)\n\nMemTotal:       1000 kB\nshm  64M  0  64M  0% /dev/shm\nOut of memory: Killed process 5 (a) total-vm:7kB',
    );
    expect(probe).toMatchObject({
      gpus: [{ name: 'Tesla T4' }],
      memory: { totalKiB: 1000 },
      limits: { shmBytes: 67108864 },
      oomKills: [{ pid: 5 }],
    });
  });
  it('never throws, whatever is pasted', () => {
    const word = fc.constantFrom(
      '|',
      '+---+',
      'GPU',
      'NVIDIA-SMI 1',
      'Processes:',
      '0',
      'MiB',
      '{',
      '"State":',
      '[',
      'oom-kill:constraint=',
      'pid=',
      'Killed process 1 (',
      'Mem:',
      '%',
      '/dev/shm',
      'State:',
      '  ',
      '\n',
      '\u001B[31m',
      ',',
      'memory.max',
      'NPU     Name',
      'PyTorch version:',
      'name, uuid',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(word, fc.string({ maxLength: 12 })), { maxLength: 60 }),
        words => void parseProbe(words.join(' ')),
      ),
      { numRuns: 500 },
    );
  });
  it('does not drown in made-up kills', () => {
    const many = (line: (i: number) => string) => Array.from({ length: 20_000 }, (_, i) => line(i)).join('\n');
    for (const line of [
      (i: number) => `Killed process ${i} (a) total-vm:1kB`,
      (i: number) => `u${i}.service: Failed with result 'oom-kill'.`,
      (i: number) => `x${i}.scope: systemd-oomd killed 1 process(es) in this unit.`,
    ])
      expect(parseProbe(many(line))!.oomKills!.length).toBeLessThanOrEqual(1000);
  });
  it('reads long hostile lines in linear time', () => {
    for (const piece of ['| ', '+-', 'a, ', '{"', 'State: ', '((', 'x=', ' 0', 'limits: memory: ', 'oom '])
      expect(() => parseProbe(piece.repeat(200_000))).not.toThrow();
  });
});
