import { gpu } from './text.js';
import type { Parser, Probe, ProbeError } from './types.js';

/** Sentences of nvidia-smi, NVML and the container runtime, most telling first. */
const SENTENCES: [RegExp, ProbeError][] = [
  [/couldn't communicate with the NVIDIA driver/i, 'driver-not-loaded'],
  [/driver not loaded|NVMLError_DriverNotLoaded/i, 'driver-not-loaded'],
  [
    /Driver\/library version mismatch|Mismatch in versions between nvidia-smi and NVML|NVMLError_LibRmVersionMismatch/i,
    'nvml-mismatch',
  ],
  [/Unable to determine the device handle for GPU|GPU is lost|NVMLError_GpuIsLost/i, 'lost'],
  [/Failed to initialize NVML: Unknown Error|nvml error: unknown error|NVMLError_Unknown/i, 'nvml-unknown'],
  [/(?:NVML|nvidia).{0,80}insufficient permissions|NVMLError_NoPermission/i, 'permission'],
  [/^No devices were found/im, 'no-devices'],
  [/Field "[^"]{1,80}" is not a valid field to query/, 'unsupported-field'],
  [
    /memory (?:APIs?|query|info|usage).{0,40}not ?supported|GetMemoryInfo.{0,60}not ?supported/i,
    'memory-not-supported',
  ],
];

/** Errors of nvidia-smi and NVML; they stand on standard output, so any paste may hold them. */
export const parseNvidiaError: Parser = ({ text }) => {
  const found = SENTENCES.find(([sentence]) => sentence.test(text));
  if (!found) return null;
  const product = /"(?:product_name|gpu_name|gpuName)":\s?"([^"]{2,80})"/.exec(text);
  const probe: Probe = { gpus: product ? [gpu({ name: product[1]! })] : [], error: found[1] };
  const field = /Field "([^"]{1,80})" is not a valid field/.exec(text);
  if (field) probe.field = field[1]!;
  const bus = /device handle for GPU\s?([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])/.exec(text);
  if (bus) probe.busId = bus[1]!;
  const library = /NVML library version: ([\d.]{1,20}\d)/.exec(text);
  if (library) probe.libraryVersion = library[1]!;
  return probe;
};
