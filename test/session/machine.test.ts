import { expect, it } from 'vitest';
import type { ProbeGpu } from '../../src/probe/parsers/types.js';
import { factsFromProbe, machineInWords } from '../../src/session/machine.js';

const gpu = (index: number, name: string): ProbeGpu => ({
  index,
  name,
  totalMiB: 81920,
  usedMiB: 6349,
  freeMiB: null,
  reservedMiB: null,
  uuid: null,
  busId: null,
  computeCapability: null,
  mig: null,
});

it('takes from a machine what holds for an incident on it, and nothing that is not printed', () => {
  const facts = factsFromProbe({
    gpus: [gpu(0, 'NVIDIA A100-SXM4-80GB'), gpu(1, 'NVIDIA A100-SXM4-80GB')],
    driver: '550.54',
    memory: { totalMiB: 515_072 },
    limits: { memoryBytes: 64 * 2 ** 30, shmBytes: 2 ** 26 },
  });
  expect(facts).toEqual({
    gpuCount: { value: 2, from: 'probe' },
    gpuName: { value: 'NVIDIA A100-SXM4-80GB', from: 'probe' },
    platform: { value: 'cuda', from: 'probe' },
    driverVersion: { value: '550.54', from: 'probe' },
    hostRamGiB: { value: 503, from: 'probe' },
    hostLimitGiB: { value: 64, from: 'probe' },
    shmGiB: { value: 0.0625, from: 'probe' },
  });
  expect(factsFromProbe({})).toEqual({});
});

it('gives cards of different kinds no common name', () => {
  const facts = factsFromProbe({ gpus: [gpu(0, 'NVIDIA L40S'), gpu(1, 'NVIDIA A10')] });
  expect(facts.gpuName).toBeUndefined();
  expect(facts.gpuCount!.value).toBe(2);
});

it('says who holds the memory', () => {
  const probe = {
    gpus: [gpu(0, 'NVIDIA A100-SXM4-80GB')],
    processes: [
      { pid: 4242, name: 'python3', usedMiB: 6349, gpuIndex: 0 },
      { pid: 7, name: 'Xorg', usedMiB: 40, gpuIndex: 0 },
    ],
  };
  expect(machineInWords(probe)).toBe('1 × NVIDIA A100-SXM4-80GB · GPU 0: 6.2 GiB (python3 4242)');
  expect(machineInWords({})).toBe('');
});
