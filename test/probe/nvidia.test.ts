import { describe, expect, it } from 'vitest';
import { parseProbe } from '../../src/probe/parsers/index.js';

const table = (rows: string, processes = '') => `Tue Mar  3 10:00:00 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 575.51.03              Driver Version: 575.51.03      CUDA Version: 12.9     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
${rows}
+-----------------------------------------+------------------------+----------------------+
${processes}`;

const row = (index: number, name: string, used: string, mig = 'N/A') =>
  `|   ${index}  ${name.padEnd(31)}On  |   0000000${index}:1B:00.0 Off |                    0 |
| N/A   34C    P0            112W /  700W |${used.padStart(23)} |      0%      Default |
|                                         |                        |${mig.padStart(21)} |`;

const panel = (body: string) => `
+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
${body}+-----------------------------------------------------------------------------------------+`;

describe('nvidia-smi table', () => {
  it('reads GPUs and the processes that hold them', () => {
    const probe = parseProbe(
      table(
        `${row(0, 'NVIDIA H100 80GB HBM3', '70123MiB /  81559MiB', 'Disabled')}\n+----+\n${row(1, 'NVIDIA H100 80GB HBM3', '3MiB /  81559MiB', 'Disabled')}`,
        panel('|    0   N/A  N/A         1234567      C   VLLM::EngineCore                      70110MiB |\n'),
      ),
    )!;
    expect(probe).toMatchObject({
      driver: '575.51.03',
      cuda: '12.9',
      processSection: 'listed',
      processesHidden: false,
    });
    expect(probe.gpus).toMatchObject([
      { index: 0, name: 'NVIDIA H100 80GB HBM3', usedMiB: 70123, totalMiB: 81559, freeMiB: null, mig: false },
      { index: 1, usedMiB: 3 },
    ]);
    expect(probe.processes).toEqual([
      { pid: 1234567, gpuIndex: 0, type: 'C', name: 'VLLM::EngineCore', usedMiB: 70110 },
    ]);
  });
  it.each([
    [
      'none',
      panel('|  No running processes found                                                             |\n'),
      [],
    ],
    ['empty', panel(''), []],
    ['absent', '', undefined],
    ['cut', panel('').split('\n').slice(0, 3).join('\n'), undefined],
  ] as const)('process panel: %s', (section, text, processes) => {
    const probe = parseProbe(table(row(0, 'Tesla T4', '1MiB /  15360MiB'), text))!;
    expect(probe.processSection).toBe(section);
    expect(probe.processes).toEqual(processes);
    if (section === 'empty') expect(probe.processesHidden).toBe(true);
  });
  it('unified memory is no number', () => {
    const probe = parseProbe(table(row(0, 'NVIDIA GB10', 'Not Supported         ')))!;
    expect(probe).toMatchObject({ unified: true, gpus: [{ totalMiB: null, usedMiB: null }] });
  });
  it('MIG devices stand beside their GPU', () => {
    const mig = `+-----------------------------------------------------------------------------------------+
| MIG devices:                                                                            |
+------------------+----------------------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |
|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |
|==================+==================================+===========+=======================|
|  0    2   0   0  |             38MiB / 40448MiB     | 60      0 |  3   0    3    0    3 |
|                  |                 0MiB / 65535MiB  |           |                       |
+------------------+----------------------------------+-----------+-----------------------+`;
    const probe = parseProbe(`${table(row(0, 'NVIDIA H100 80GB HBM3', 'N/A /  81559MiB', 'Enabled'))}\n${mig}`)!;
    expect(probe.migDevices).toMatchObject([{ gpuIndex: 0, gi: 2, ci: 0, migIndex: 0, usedMiB: 38, totalMiB: 40448 }]);
    expect(probe.gpus).toMatchObject([{ mig: true, usedMiB: null, totalMiB: 81559 }]);
  });
  it('the last sample of a loop counts', () => {
    const once = (used: number) => table(row(0, 'Tesla T4', `${used}MiB /  15360MiB`));
    expect(parseProbe(`${once(5)}\n${once(900)}`)!.gpus).toMatchObject([{ usedMiB: 900 }]);
  });
  it('is read behind a log prefix and inside a quoted mail', () => {
    const text = table(row(0, 'Tesla T4', '1MiB /  15360MiB'));
    expect(parseProbe(text.replace(/^/gm, '> '))!.gpus).toHaveLength(1);
    expect(parseProbe(text.replace(/^/gm, 'vllm-1  | '))!.gpus).toHaveLength(1);
    expect(parseProbe(text.replaceAll('\n', '\r\n'))!.gpus).toHaveLength(1);
  });
});

it('gpustat', () =>
  expect(
    parseProbe(
      "box  Tue Mar  3 10:00:00 2026  570.86\n[0] NVIDIA L40S         | 45'C,   0 % | 40100 / 46068 MB | me:python3/123(40000M) gdm(4M)",
    ),
  ).toMatchObject({
    gpus: [{ index: 0, name: 'NVIDIA L40S', usedMiB: 40100, totalMiB: 46068 }],
    processes: [{ pid: 123, name: 'python3', usedMiB: 40000, gpuIndex: 0 }],
  }));

describe('nvidia-smi csv', () => {
  it('columns by header, in any order, brackets are unknown', () => {
    const probe = parseProbe(
      'memory.free [MiB], name, index, memory.reserved [MiB], compute_cap\n100 MiB, NVIDIA L4, 1, [N/A], 8.9',
    )!;
    expect(probe.gpus).toMatchObject([
      { index: 1, name: 'NVIDIA L4', freeMiB: 100, reservedMiB: null, computeCapability: '8.9' },
    ]);
  });
  it('rows without header by their look', () => {
    const probe = parseProbe(
      '0, GPU-11111111-2222-3333-4444-555555555555, NVIDIA A10G, 23028, 1, 22592, 435, 570.86.10, 8.6, [N/A], 00000000:00:1E.0',
    )!;
    expect(probe).toMatchObject({
      driver: '570.86.10',
      gpus: [
        {
          index: 0,
          name: 'NVIDIA A10G',
          totalMiB: 23028,
          usedMiB: 1,
          freeMiB: 22592,
          reservedMiB: 435,
          computeCapability: '8.6',
          mig: null,
          busId: '00000000:00:1E.0',
        },
      ],
    });
    expect(parseProbe('NVIDIA A10G, 23028 MiB, 512 MiB')!.gpus).toMatchObject([
      { index: null, totalMiB: 23028, usedMiB: 512 },
    ]);
    expect(parseProbe('0, NVIDIA GB10, [N/A], [N/A], [N/A]')!.gpus).toMatchObject([{ totalMiB: null, freeMiB: null }]);
  });
  it('processes, with and without rows', () => {
    const header = 'pid, process_name, used_gpu_memory [MiB], gpu_uuid';
    expect(parseProbe(header)).toEqual({ processes: [] });
    expect(parseProbe(`${header}\n42, /usr/bin/python3, [N/A], GPU-1111`)!.processes).toMatchObject([
      { pid: 42, usedMiB: null, gpuUuid: 'GPU-1111' },
    ]);
    expect(parseProbe('4242, /usr/bin/python3, 7000 MiB')!.processes).toMatchObject([{ pid: 4242, usedMiB: 7000 }]);
  });
  it.each(['Hello, world, how, are, you', '1, 2, 3', 'name, address, age', 'Dear sir, 12, 13'])(
    'prose is no row: %s',
    text => expect(parseProbe(text)?.gpus).toBeUndefined(),
  );
});

describe('nvidia-smi -L, -q, --version and errors', () => {
  it('lists GPUs and MIG devices', () => {
    const probe = parseProbe(
      'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaaaaaa-bbbb)\n  MIG 3g.40gb     Device  0: (UUID: MIG-cccccccc-dddd)',
    )!;
    expect(probe.gpus).toMatchObject([{ index: 0, uuid: 'GPU-aaaaaaaa-bbbb' }]);
    expect(probe.migDevices).toMatchObject([
      { gpuIndex: 0, migIndex: 0, profile: '3g.40gb', uuid: 'MIG-cccccccc-dddd' },
    ]);
  });
  it('the version of 610 and later under its new names', () =>
    expect(
      parseProbe(
        'NVIDIA-SMI version  : 610.43.02\nNVML version        : 610.43\nDRIVER version      : Deprecated, see "KMD version" instead\nKMD version         : 610.43.02\nCUDA UMD version    : 13.3',
      ),
    ).toEqual({ driver: '610.43.02', cuda: '13.3' }));
  it('the long form', () => {
    const probe = parseProbe(`==============NVSMI LOG==============

Driver Version                            : 570.86.10
CUDA Version                              : 12.8

Attached GPUs                             : 1
GPU 00000000:65:00.0
    Product Name                          : NVIDIA L40S
    GPU UUID                              : GPU-12345678
    FB Memory Usage
        Total                             : 46068 MiB
        Reserved                          : 609 MiB
        Used                              : 40001 MiB
        Free                              : 5458 MiB
    BAR1 Memory Usage
        Total                             : 65536 MiB
    Processes
        GPU instance ID                   : N/A
        Process ID                        : 77
            Type                          : C
            Name                          : python3
            Used GPU Memory               : 39990 MiB`)!;
    expect(probe).toMatchObject({
      driver: '570.86.10',
      cuda: '12.8',
      gpus: [{ name: 'NVIDIA L40S', totalMiB: 46068, reservedMiB: 609, usedMiB: 40001, freeMiB: 5458 }],
      processes: [{ pid: 77, name: 'python3', usedMiB: 39990 }],
    });
  });
  it.each([
    [
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure …",
      { error: 'driver-not-loaded' },
    ],
    [
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.144',
      { error: 'nvml-mismatch', libraryVersion: '550.144' },
    ],
    ['Failed to initialize NVML: Unknown Error', { error: 'nvml-unknown' }],
    [
      'Unable to determine the device handle for GPU0000:81:00.0: GPU is lost.  Reboot the system',
      { error: 'lost', busId: '0000:81:00.0' },
    ],
    ['No devices were found', { error: 'no-devices' }],
    [
      'Field "memory.reserved" is not a valid field to query.',
      { error: 'unsupported-field', field: 'memory.reserved' },
    ],
  ])('%s', (text, expected) => expect(parseProbe(text)).toEqual({ gpus: [], ...expected }));
  it('NVML as JSON counts bytes, 2^32 - 1 is none', () => {
    const json = JSON.stringify([
      {
        name: 'NVIDIA A30',
        memoryInfo: { Total: 25769803776, Used: 1048576, Free: 25768755200 },
        processes: [{ Pid: 5, UsedGpuMemory: 1048576, GpuInstanceId: 4294967295, ComputeInstanceId: 4294967295 }],
      },
    ]);
    expect(parseProbe(json)).toMatchObject({
      gpus: [{ name: 'NVIDIA A30', totalMiB: 24576, usedMiB: 1 }],
      processes: [{ pid: 5, usedMiB: 1 }],
    });
  });
});
