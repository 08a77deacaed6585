import { describe, expect, it } from 'vitest';
import { parseProbe } from '../../src/probe/parsers/index.js';

describe('AMD', () => {
  it.each([
    [
      'a bare list',
      [
        {
          gpu: 0,
          asic: { market_name: 'AMD Instinct MI300X' },
          vram: { size: { value: 196592, unit: 'MB' } },
          bus: { bdf: '0000:05:00.0' },
          driver: { name: 'amdgpu', version: '6.12.12' },
        },
      ],
    ],
    [
      'gpu_data with upper case',
      {
        gpu_data: [
          {
            gpu: 0,
            ASIC: { MARKET_NAME: 'AMD Instinct MI300X' },
            VRAM: { SIZE: '196592 MB' },
            BUS: { BDF: '0000:05:00.0' },
            DRIVER: { NAME: 'amdgpu', VERSION: '6.12.12' },
          },
        ],
      },
    ],
  ])('amd-smi json: %s', (_what, json) =>
    expect(parseProbe(JSON.stringify(json, null, 4))).toMatchObject({
      driver: '6.12.12',
      gpus: [{ index: 0, name: 'AMD Instinct MI300X', totalMiB: 196592, busId: '0000:05:00.0' }],
    }),
  );
  it('amd-smi, indented, with processes', () => {
    const text = `GPU: 0
    MEM_USAGE:
        TOTAL_VRAM: 65520 MB
        USED_VRAM: 1024 MB
        FREE_VRAM: 64496 MB
    PROCESS_INFO:
        NAME: python3
        PID: 11
        MEMORY_USAGE:
            GTT_MEM: 2.0 MB
            VRAM_MEM: 1.5 GB
        MEM_USAGE: 0.0 B
    PROCESS_INFO:
        NAME: N/A
        PID: 12
        MEMORY_USAGE:
            VRAM_MEM: 512.0 MB

GPU: 1
    MEM_USAGE:
        TOTAL_VRAM: 65520 MB`;
    expect(parseProbe(text)).toMatchObject({
      gpus: [
        { index: 0, totalMiB: 65520, usedMiB: 1024, freeMiB: 64496 },
        { index: 1, totalMiB: 65520, usedMiB: null },
      ],
      processes: [
        { pid: 11, name: 'python3', usedMiB: 1536, gpuIndex: 0 },
        { pid: 12, name: null, usedMiB: 512 },
      ],
    });
  });
  it('the table of ROCm 7', () => {
    const text = `+------------------------------------------------------------------------------+
| AMD-SMI 26.0.0+abcdef01      amdgpu version: 6.14.14  ROCm version: 7.0.0    |
|-------------------------------------+----------------------------------------|
| BDF                        GPU-Name | Mem-Uti   Temp   UEC       Power-Usage |
| GPU  HIP-ID  OAM-ID  Partition-Mode | GFX-Uti    Fan               Mem-Usage |
|=====================================+========================================|
| 0000:75:00.0    AMD Instinct MI355X | 0 %      51 °C   0          138/1400 W |
|   1       3       2        SPX/NPS1 | 0 %        N/A           285/294896 MB |
+-------------------------------------+----------------------------------------+
| Processes:                                                                   |
|  GPU        PID  Process Name          GTT_MEM  VRAM_MEM  MEM_USAGE     CU % |
|==============================================================================|
|    1     219337  python3.12             2.0 MB  253.5 GB  253.9 GB     N/A  |
+------------------------------------------------------------------------------+`;
    expect(parseProbe(text)).toMatchObject({
      driver: '6.14.14',
      rocm: '7.0.0',
      tool: '26.0.0+abcdef01',
      gpus: [
        { index: 1, hipIndex: 3, busId: '0000:75:00.0', name: 'AMD Instinct MI355X', usedMiB: 285, totalMiB: 294896 },
      ],
      processes: [{ pid: 219337, gpuIndex: 1, name: 'python3.12', usedMiB: 259584 }],
    });
  });
  it('amd-smi monitor', () => {
    const text = `GPU  POWER  GPU_TEMP  VRAM_USED  VRAM_TOTAL
  0  100 W     32 °C     300 MB    65520 MB
  1  101 W     33 °C     301 MB    65520 MB`;
    expect(parseProbe(text)!.gpus).toMatchObject([
      { index: 0, usedMiB: 300 },
      { index: 1, usedMiB: 301, totalMiB: 65520 },
    ]);
  });
  it('rocm-smi as JSON, lines, CSV, table, processes', () => {
    expect(
      parseProbe(
        '{"card1": {"VRAM Total Memory (B)": "17163091968", "VRAM Total Used Memory (B)": "1048576", "Card Series": "N/A"}, "system": {"Driver version": "6.7.0"}}',
      ),
    ).toMatchObject({ driver: '6.7.0', gpus: [{ index: 1, totalMiB: 16368, usedMiB: 1, name: null }] });
    expect(
      parseProbe('GPU[0]\t\t: VRAM Total Memory (B): 17163091968\nGPU[0]\t\t: Card series:\t\tNavi 21'),
    ).toMatchObject({ gpus: [{ totalMiB: 16368, name: 'Navi 21' }] });
    expect(parseProbe('HCU[0]\t\t: vram Total Memory (MiB): 65520')).toMatchObject({ gpus: [{ totalMiB: 65520 }] });
    expect(
      parseProbe('device,VRAM Total Memory (B),VRAM Total Used Memory (B)\ncard0,17163091968,1048576'),
    ).toMatchObject({ gpus: [{ index: 0, totalMiB: 16368, usedMiB: 1 }] });
    expect(
      parseProbe(
        'GPU  Temp   AvgPwr  SCLK    MCLK     Fan  Perf  PwrCap  VRAM%  GPU%\n0    40.0c  30.0W   300Mhz  1200Mhz  0%   auto  300.0W   87%   3%',
      ),
    ).toMatchObject({ gpus: [{ index: 0, vramPercent: 87 }] });
    expect(
      parseProbe('PID\tPROCESS NAME\tGPU(s)\tVRAM USED\tSDMA USED\tCU OCCUPANCY\n77\tpython3\t1\t1048576\t0\t0'),
    ).toMatchObject({ processes: [{ pid: 77, name: 'python3', usedMiB: 1, gpuIndex: null }] });
  });
  it('a small carve-out beside a large GTT is unified memory', () =>
    expect(
      parseProbe('GPU[0] : VRAM Total Memory (B): 536870912\nGPU[0] : GTT Total Memory (B): 66571993088'),
    ).toMatchObject({ unified: true }));
});

describe('Intel', () => {
  it('discovery as table and JSON', () => {
    const text = `+-----------+------------------------------------------+
| Device ID | Device Information                       |
+-----------+------------------------------------------+
| 0         | Device Name: Intel(R) Arc(TM) Pro B60    |
|           | UUID: 00000000-0000-0003                 |
|           | PCI BDF Address: 0000:03:00.0            |
|           | Memory Physical Size: 24480.00 MiB       |
|           | Max Mem Alloc Size: 4095.99 MiB          |
+-----------+------------------------------------------+`;
    expect(parseProbe(text)).toMatchObject({
      gpus: [{ index: 0, name: 'Intel(R) Arc(TM) Pro B60', totalMiB: 24480, busId: '0000:03:00.0' }],
    });
    expect(
      parseProbe(
        '{"device_id": 0, "device_name": "Intel(R) Data Center GPU Max 1550", "memory_physical_size_byte": "68719476736"}',
      ),
    ).toMatchObject({ gpus: [{ index: 0, totalMiB: 65536 }] });
  });
  it('processes in kB, dump, metrics', () => {
    expect(
      parseProbe(
        'PID       Command             DeviceID       SHR            MEM\n7         python3             0              0              2097152',
      ),
    ).toEqual({ processes: [{ pid: 7, name: 'python3', gpuIndex: 0, usedMiB: 2048 }] });
    expect(
      parseProbe('Timestamp, DeviceId, GPU Memory Used (MiB)\n06:14:46.000,    0, 24.00\n06:14:47.000,    0, 30.00'),
    ).toMatchObject({ gpus: [{ index: 0, usedMiB: 30 }] });
    expect(
      parseProbe(
        'hw_gpu_info{hw_id="a",hw_model="Arc",pci_bdf="0000:03:00.0"} 1\nhw_memory_size_bytes{hw_id="a"} 1.7179869184e+10',
      ),
    ).toMatchObject({ gpus: [{ name: 'Arc', uuid: 'a', totalMiB: 16384 }] });
  });
});

describe('Ascend and Jetson', () => {
  it('npu-smi: HBM is the memory, chips are counted', () => {
    const text = `+------------------------------------------------------------------------------------------------+
| npu-smi 24.1.0                   Version: 24.1.0                                               |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 4     910B3               | Warning       | 93.5        42                0    / 0             |
| 0                         | 0000:C1:00.0  | 0           0    / 0          59356/ 65536         |
+===========================+===============+====================================================+
| NPU     Chip              | Process id    | Process name       | Process memory(MB)    | Process id in container |
+===========================+===============+====================================================+
| 4       0                 | 4711          | VLLM::Worker       | 56000                 | 12                      |
+===========================+===============+====================================================+`;
    expect(parseProbe(text)).toMatchObject({
      driver: '24.1.0',
      gpus: [{ index: 0, npu: 4, chip: 0, name: '910B3', health: 'Warning', usedMiB: 59356, totalMiB: 65536 }],
      processes: [{ pid: 4711, npu: 4, chip: 0, gpuIndex: 0, usedMiB: 56000 }],
    });
  });
  it('tegrastats', () =>
    expect(parseProbe('RAM 5000/62817MB (lfb 1x4MB) SWAP 12/31408MB (cached 0MB) CPU [1%@729]')).toEqual({
      unified: true,
      memory: { usedMiB: 5000, totalMiB: 62817 },
      swap: { usedMiB: 12, totalMiB: 31408 },
    }));
});
