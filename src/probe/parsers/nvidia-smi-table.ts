import { cellsOf, gpu, known, latest, mibOf, numberOf } from './text.js';
import type { GpuProcess, MigDevice, Parser, Probe, ProbeGpu } from './types.js';

/** Memory cell: `1296MiB /   8192MiB`, also with spaces before the unit. */
const MEMORY = /(\d+|N\/A)\s?(?:MiB)?\s*\/\s*(\d+|N\/A)\s?MiB/;
/** `   0  NVIDIA GeForce RTX 2080 ...  WDDM` */
const NAME = /^\s{0,6}(\d{1,3})\s{1,4}(\S.{0,60}?)\s{1,30}(On|Off|N\/A|WDDM|TCC|MCDM)\s*$/;
const BUS = /^\s*([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f]|N\/A)\s+(?:On|Off|N\/A|Disp\.A)?\s*$/;
const PROCESS =
  /^\s{0,6}(\d{1,3})\s+(?:(N\/A|\d{1,3})\s+(N\/A|\d{1,3})\s+)?(\d{1,10})\s+(C\+G|M\+C|[CGM])\s+(\S.{0,200}?)\s+(\d+\s?MiB|N\/A)\s*$/;
const MIG_ROW = /^\s*(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\s*$/;

interface Panel {
  gpus: ProbeGpu[];
  migDevices: MigDevice[];
  processes: GpuProcess[];
  hasMig: boolean;
  section: NonNullable<Probe['processSection']>;
}

const migState = (cell: string): boolean | null => (/Enabled/.test(cell) ? true : /Disabled/.test(cell) ? false : null);

/** nvidia-smi without arguments: every layout from driver 418 to 610, Windows, MIG, Jetson; also cut tables and panels alone. */
export const parseNvidiaTable: Parser = ({ lines, text }) => {
  const isXpu = /\bxpu-?smi\b/i.test(text) && !/NVIDIA-SMI/.test(text);
  const isTable =
    !isXpu && lines.some(line => /\|\s*NVIDIA-SMI \d/.test(line) || /\|\s*GPU\s+(?:Name|GI|PID)\b/.test(line));
  if (!isTable) return null;
  const head = /(?:Driver|KMD) Version:\s*(\S+)/.exec(text);
  const cuda = /CUDA (?:UMD )?Version:\s*(\S+)/.exec(text);
  const { gpus, migDevices, processes, hasMig, section } = readPanels(lines);
  const probe: Probe = {
    gpus: latest(gpus),
    driver: known(head?.[1]),
    cuda: known(cuda?.[1]),
    processSection: section,
  };
  if (section === 'listed' || section === 'none' || section === 'empty') {
    probe.processes = processes;
    probe.processesHidden = section === 'empty';
  }
  if (hasMig) probe.migDevices = migDevices;
  return probe;
};

const readPanels = (lines: string[]): Panel => {
  const panel: Panel = { gpus: [], migDevices: [], processes: [], hasMig: false, section: 'absent' };
  let part: 'gpus' | 'mig' | 'processes' = 'gpus';
  let current: ProbeGpu | null = null;
  let headerDone = false;
  for (const line of lines) {
    const trimmed = line.trim();
    if (/\|\s*NVIDIA-SMI \d/.test(trimmed)) {
      // Another sample of a loop begins.
      part = 'gpus';
      panel.processes = [];
      panel.migDevices = [];
    }
    if (/^\|\s*(?:MIG devices:|GPU\s+GI\s+CI\s+MIG\b)/.test(trimmed)) {
      part = 'mig';
      panel.hasMig = true;
    } else if (/^\|\s*(?:Processes:|GPU\s+(?:GI\s+CI\s+)?PID\b)/.test(trimmed) && part !== 'processes') {
      part = 'processes';
      headerDone = false;
      panel.processes = [];
      panel.section = 'cut';
    }
    if (part === 'processes') {
      if (/No running processes found/.test(trimmed)) panel.section = 'none';
      else if (/^\|=+/.test(trimmed)) headerDone = true;
      else if (/^\+-+/.test(trimmed) && headerDone && panel.section === 'cut') panel.section = 'empty';
    }
    const cells = cellsOf(trimmed);
    if (!cells) {
      if (/^\+/.test(trimmed)) current = null;
      continue;
    }
    if (part === 'processes') {
      const process = processOf(cells.join('|'));
      if (process) {
        panel.processes.push(process);
        panel.section = 'listed';
      }
    } else if (part === 'mig') {
      const row = MIG_ROW.exec(cells[0] ?? '');
      const memory = MEMORY.exec(cells[1] ?? '');
      if (row && memory)
        panel.migDevices.push({
          gpuIndex: Number(row[1]),
          gi: Number(row[2]),
          ci: Number(row[3]),
          migIndex: Number(row[4]),
          usedMiB: numberOf(memory[1]),
          totalMiB: numberOf(memory[2]),
          profile: null,
          uuid: null,
        });
    } else {
      current = gpuRow(cells, current, panel.gpus);
    }
  }
  return panel;
};

/** Line one of a GPU begins an entry, the following lines fill it. */
const gpuRow = (cells: string[], current: ProbeGpu | null, gpus: ProbeGpu[]): ProbeGpu | null => {
  const name = cells.length >= 2 ? NAME.exec(cells[0]!) : null;
  const bus = BUS.exec(cells[1] ?? '');
  if (name && bus) {
    const begun = gpu({ index: Number(name[1]), name: known(name[2]), busId: known(bus[1]) });
    gpus.push(begun);
    return begun;
  }
  if (!current) return null;
  const memory = MEMORY.exec(cells[1] ?? '');
  if (memory) {
    current.usedMiB = numberOf(memory[1]);
    current.totalMiB = numberOf(memory[2]);
  }
  const mig = migState(cells[2] ?? '');
  if (mig !== null) current.mig = mig;
  return current;
};

const processOf = (row: string): GpuProcess | null => {
  const match = PROCESS.exec(row);
  if (!match) return null;
  const [, index, gi, ci, pid, type, name, used] = match;
  return {
    pid: Number(pid),
    gpuIndex: Number(index),
    type: type!,
    name: known(name),
    usedMiB: mibOf(used),
    ...(numberOf(gi) !== null && { gi: Number(gi), ci: Number(ci) }),
  };
};
