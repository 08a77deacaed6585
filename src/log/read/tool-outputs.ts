import { round } from '../../common/units.js';
import type { Facts } from '../../facts/types.js';
import { factsFromOutput } from '../../probe/parsers/facts.js';
import { type Probe, parseProbe } from '../../probe/parsers/index.js';
import { isUnified } from '../../probe/parsers/unified.js';
import type { LogEvent, RunReading } from '../types.js';
import { BoundedList } from './bounded.js';
import { isUnversioned } from './event-facts.js';
import { locate } from './locate.js';

/** How the outputs of tools begin that people paste beside a log. Anchored, so that any other line costs next to nothing. */
const BEGINS = new RegExp(
  `^[\\s|]{0,24}(?:${[
    // nvidia-smi: its panels, -L, -q, CSV with or without a head
    'NVIDIA-SMI (?:\\d|version)',
    'GPU {2,4}(?:Name|GI|PID)\\b',
    'GPU \\d{1,3}: \\S',
    '=+ ?NVSMI LOG',
    '(?:index|count|name|uuid|gpu_name|timestamp|pid|gpu_uuid|driver_version|memory\\.\\w{1,12})[ ,[].{0,300}(?:memory|used_gpu_memory)',
    '\\d{1,3}, (?:GPU-[0-9a-f]|NVIDIA |Tesla |Quadro |GeForce )',
    // rocm-smi, amd-smi: tables, blocks, CSV, JSON
    '=+ ?ROCm System Management',
    'AMD-SMI',
    'GPU\\[\\d{1,3}\\]\\s{1,20}:',
    'GPU: {1,4}\\d{1,3}$',
    'GPU {1,4}(?:XCP {1,4})?POWER ',
    'gpu,.{0,200}vram',
    '[\\[{ ]{0,8}"(?:card\\d{1,3}|gpu|gpu_data)": {0,4}[[{\\d]',
    // xpu-smi, npu-smi, tegrastats
    'XPU-SMI',
    'xpu-smi',
    'Device ID +\\|',
    'hw_gpu_info\\{',
    'npu-smi',
    '(?:[\\d-]{8,10} [\\d:]{8} )?RAM \\d{1,9}/\\d{1,9}MB',
    // collect_env.py
    'Collecting environment information',
    'PyTorch version {0,40}:',
    'Nvidia driver version {0,40}:',
    'GPU models and configuration {0,40}:',
    // docker inspect, docker ps, a Compose file's limits
    '"?(?:State|HostConfig|OOMKilled|ShmSize)"?: {0,4}(?:\\{|true|false|\\d)',
    'CONTAINER ID +IMAGE',
    '(?:shm_size|mem_limit): ',
    // kubectl describe, get pods, a manifest's limits
    '(?:Last )?State: {1,20}(?:Terminated|Waiting|Running)',
    '"?(?:lastState|limits)"?:',
    'NAME +READY +STATUS',
    // df, mount, free, meminfo, cgroup files
    '\\S{1,60} on /dev/shm type ',
    'Filesystem {2,}',
    'MemTotal: +\\d',
    'Mem: +\\d',
    '(?:[$#] )?(?:cat )?(?:/\\S{0,120})?memory\\.(?:max|limit_in_bytes|stat|events)\\b',
  ].join('|')})`,
);

/** Lines before the beginning that belong to it: a command, a table's head, a JSON's first members. */
const CONTEXT = 3;
/** Longest output that is read: collect_env on a large machine has some 300 lines. */
const MOST_LINES = 600;
const MOST_CHARACTERS = 48_000;
const LONGEST_LINE = 8000;
/** A log with nvidia-smi in a loop has thousands: the first and the last are read. */
const FIRST_BLOCKS = 12;
const LAST_BLOCKS = 12;

/** A container that was given no more has Docker's 64 MiB. */
const SMALL_SHM_BYTES = 64 * 2 ** 20;

interface Block {
  lines: { text: string; line: number }[];
  size: number;
}

/**
 * Finds the outputs of other tools in a text (nvidia-smi, collect_env, docker inspect, kubectl describe, df …) and reads
 * them when the text has ended: while it streams only the bounded blocks are kept, so a log of thousands of tables costs
 * no more than one of few.
 */
export class ToolOutputs {
  private readonly blocks = new BoundedList<Block>(FIRST_BLOCKS, LAST_BLOCKS);
  private recent: Block['lines'] = [];
  private open: Block | null = null;

  /** A physical line as typed; `isLog`: it bears a prefix of vLLM, which ends any other tool's output. */
  line(typed: string, line: number, isLog: boolean): void {
    if (isLog) {
      if (this.open) this.close();
      if (this.recent.length) this.recent = [];
      return;
    }
    const text = typed.length > LONGEST_LINE ? typed.slice(0, LONGEST_LINE) : typed;
    if (this.open && /^(?:Traceback \(most|```)/.test(text)) this.close();
    if (!this.open && (BEGINS.test(text) || text.endsWith(' /dev/shm'))) {
      this.open = { lines: this.recent, size: 0 };
      this.recent = [];
    }
    if (this.open) this.add(this.open, text, line);
    else {
      this.recent.push({ text, line });
      if (this.recent.length > CONTEXT) this.recent.shift();
    }
  }

  /**
   * Lays what the outputs say under what the runs' own lines say: a table may be of another time or another machine, so
   * it only fills in what vLLM did not print. How containers ended and who held memory belongs to one run only.
   */
  addTo(runs: RunReading[]): void {
    this.close();
    const outputs = this.blocks.items().flatMap(block => readBlock(block) ?? []);
    for (const run of runs) {
      const fitting = outputs.filter(output => !contradicts(output, run.facts));
      const own = fitting.filter(({ line }) => line >= run.firstLine && line <= run.lastLine);
      const others = fitting.filter(output => !own.includes(output));
      for (const { machine } of [...own, ...others]) run.facts = { ...machine, ...run.facts };
      for (const { moment, events } of own) {
        run.facts = { ...moment, ...run.facts };
        run.events.push(...events);
        for (const { id } of events) run.eventCounts = { ...run.eventCounts, [id]: (run.eventCounts?.[id] ?? 0) + 1 };
      }
      if (own.some(({ events }) => events.length)) run.events.sort((a, b) => a.line - b.line);
    }
  }

  private add(block: Block, text: string, line: number): void {
    block.lines.push({ text, line });
    block.size += text.length;
    if (block.lines.length >= MOST_LINES || block.size >= MOST_CHARACTERS) this.close();
  }

  private close(): void {
    if (this.open) this.blocks.push(this.open);
    this.open = null;
  }
}

/** What one block says: of the machine (holds for every run in the text), of a moment (holds for the run around it). */
interface Output {
  line: number;
  /** The largest GPU that it lists, GiB as the tool counts. */
  largestGiB: number | null;
  machine: Facts;
  moment: Facts;
  events: LogEvent[];
}

const readBlock = ({ lines }: Block): Output | null => {
  const text = lines.map(line => line.text).join('\n');
  const probe = parseProbe(text);
  if (!probe) return null;
  const facts = located(factsFromOutput(cautious(probe, text)), lines);
  const { exitCode, ...machine } = facts;
  if (machine.vllmVersion && isUnversioned(machine.vllmVersion.value)) delete machine.vllmVersion;
  const others = othersGiB(probe);
  const moment: Facts = {
    ...(exitCode && probe.containers && { exitCode }),
    ...(others !== null && located({ otherProcessesGiB: { value: others, from: 'log' } }, lines)),
  };
  const totals = (probe.gpus ?? []).flatMap(gpu => gpu.totalMiB ?? []);
  const largestGiB = totals.length > 0 ? Math.max(...totals) / 1024 : null;
  return { line: lines[0]!.line, largestGiB, machine, moment, events: eventsOf(facts, probe, lines) };
};

/**
 * An output of another machine: another vendor's, or none of its GPUs is as large as what torch said of the GPU. A larger
 * one may be the same: torch sees a MIG instance, or the share that a scheduler grants.
 */
const contradicts = ({ machine, largestGiB }: Output, { platform, gpuTotalGiB }: Facts): boolean =>
  (machine.platform !== undefined && platform !== undefined && machine.platform.value !== platform.value) ||
  (largestGiB !== null && gpuTotalGiB !== undefined && largestGiB < 0.9 * gpuTotalGiB.value);

/** Prose around an output proves nothing about the machine; a file that sets limits for several services names no one. */
const cautious = (probe: Probe, text: string): Probe => {
  const several = (text.match(/\b(?:limits|shm_size|mem_limit)"?:/g)?.length ?? 0) > 1;
  const unified = isUnified(probe, '') || (probe.unified === true && probe.memory !== undefined);
  return { ...probe, unified: unified || undefined, ...(several && !probe.containers && { limits: undefined }) };
};

const located = (facts: Facts, lines: Block['lines']): Facts =>
  Object.fromEntries(
    Object.entries(facts).map(([name, { value }]) => [name, { value, from: 'log', line: locate(name, value, lines) }]),
  );

/** Names that cannot be vLLM's: displays, browsers, other servers. A Python process can be anybody's. */
const FOREIGN =
  /(?:^|[/\\])(?:Xorg|Xwayland|gnome-[\w-]{1,40}|kwin\w{0,20}|plasmashell|firefox|chrome|chromium|code|dwm\.exe|explorer\.exe|ollama\w{0,20}|llama-server|tritonserver|text-generation-\w{1,20}|nvidia-cuda-mps-server)\b|--type=gpu-process/;

/**
 * What processes that are not vLLM hold on the only GPU of a table, GiB. Null (unknown) where one of them may be vLLM,
 * where a size is missing, or where there are several GPUs.
 */
const othersGiB = ({ gpus = [], processes = [], processSection }: Probe): number | null => {
  if (gpus.length !== 1 || processSection !== 'listed' || processes.length === 0) return null;
  if (!processes.every(({ name, usedMiB }) => usedMiB !== null && FOREIGN.test(name ?? ''))) return null;
  return round(processes.reduce((sum, { usedMiB }) => sum + usedMiB!, 0) / 1024);
};

/** What an output says that no single line of it does, under the ids that the messages use for it. */
const eventsOf = (facts: Facts, { limits }: Probe, lines: Block['lines']): LogEvent[] => {
  const { shmGiB } = facts;
  if (!shmGiB?.line || !limits?.shmBytes || limits.shmBytes > SMALL_SHM_BYTES) return [];
  const text = lines.find(({ line }) => line === shmGiB.line)!.text.trim();
  const values = { shmGiB: shmGiB.value, shmBytes: limits.shmBytes };
  return [{ id: 'shm-small', line: shmGiB.line, text, values, kind: 'info' }];
};
