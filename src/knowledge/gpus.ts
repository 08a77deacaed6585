import files from 'knowledge:gpus';

/** A GPU model as published tables and logs show it. */
export interface GpuEntry {
  name: string;
  aliases?: string[];
  vendor: string;
  /** NVIDIA `9.0`, AMD `gfx942`. */
  computeCapability?: string;
  totalMiB?: number[];
  /** Marketed size, for cards of which no total was seen. */
  sizeGB?: number;
  /** What torch.cuda.mem_get_info reports in GiB; differs by driver, ECC and virtualisation. */
  torchTotalGiB?: number[];
  memoryKind?: 'unified';
  /** Streaming multiprocessors (compute units). */
  processors?: number;
  notes?: string;
}

/** What a GPU's name tells. */
export interface GpuKnowledge {
  name: string;
  vendor: string;
  computeCapability: string | null;
  unified: boolean;
  processors: number | null;
  /** torch's total in GiB: seen values' middle and spread; null when the name does not tell it (a size may be missing). */
  totalGiB: { gib: number; low: number; high: number; seen: boolean } | null;
}

const gpus = (Object.values(files)[0] as { gpus: GpuEntry[] }).gpus;

const NOISE = new Set([
  'nvidia',
  'geforce',
  'tesla',
  'quadro',
  'amd',
  'instinct',
  'radeon',
  'gpu',
  'graphics',
  'generation',
  'edition',
  'intel',
  'intel(r)',
  'the',
  'card',
]);
/** Words of a product's variant: they may be missing in either name without making it another card. */
const VARIANT = new Set([
  'sxm',
  'sxm2',
  'sxm4',
  'sxm5',
  'sxm6',
  'pcie',
  'hbm2',
  'hbm2e',
  'hbm3',
  'hbm3e',
  'ac',
  'rtx',
  'gtx',
  'rx',
  'oam',
  'server',
  'workstation',
  'max-q',
  'blackwell',
  'ada',
  'jetpack',
  'dgx',
  'spark',
  'jetson',
  'agx',
  'max',
  'q',
  'mig',
]);

interface Words {
  core: string[];
  variant: string[];
  sizeGB: number | null;
}

/** `NVIDIA A100-SXM4-80GB` is the core a100, the variant sxm4 and 80 GB. */
const wordsOf = (name: string): Words => {
  const plain = name
    .slice(0, 200)
    .toLowerCase()
    .replace(/\((?:r|tm)\)/g, '')
    .replace(/[()[\],;/_-]/g, ' ');
  const size = /(?<![a-z\d.])(\d{1,3})\s?(?:gb|gib|g)(?![a-z\d])/.exec(plain);
  const words = plain
    .replace(/(?<![a-z\d.])\d{1,3}\s?(?:gb|gib|g)(?![a-z\d])/g, ' ')
    .split(/\s+/)
    .filter(word => word && !NOISE.has(word));
  return {
    core: words.filter(word => !VARIANT.has(word)),
    variant: words.filter(word => VARIANT.has(word)),
    sizeGB: size ? Number(size[1]) : null,
  };
};

let known: { gpu: GpuEntry; words: Words }[] | null = null;
const names = () => {
  known ??= gpus.flatMap(gpu => [gpu.name, ...(gpu.aliases ?? [])].map(name => ({ gpu, words: wordsOf(name) })));
  return known;
};

const totalsOf = (gpu: GpuEntry): number[] =>
  gpu.torchTotalGiB ?? gpu.totalMiB?.map(mib => (mib / 1024) * 0.98) ?? (gpu.sizeGB ? [gpu.sizeGB * 0.96] : []);

const near = (gib: number, sizeGB: number): boolean => gib > sizeGB * 0.84 && gib < sizeGB * 1.03;

/** How well two names agree: -1 for different cards, else the number of words in common. */
const agreement = (asked: Words, known: Words): number => {
  if (known.core.length === 0 && known.variant.length === 0) return -1;
  const has = (words: Words, word: string) => words.core.includes(word) || words.variant.includes(word);
  if (!asked.core.every(word => has(known, word)) || !known.core.every(word => has(asked, word))) {
    // "Jetson AGX Orin (JetPack 6)": a known name of several words that stands whole in the asked one.
    const whole = [...known.core, ...known.variant];
    if (known.core.length === 0 || !whole.every(word => has(asked, word))) return -1;
    if (asked.core.some(word => /^[a-z]{0,3}\d{2,5}[a-z]{0,2}$/.test(word) && !has(known, word))) return -1;
  }
  if (asked.core.length === 0 && !asked.variant.some(word => known.variant.includes(word))) return -1;
  if (asked.core.length === 0 && known.core.length > 0) return -1;
  return 2 * asked.core.filter(word => has(known, word)).length + asked.variant.filter(word => has(known, word)).length;
};

/**
 * What is known about a GPU by its name in any spelling (`A100 80GB`, `NVIDIA A100-SXM4-80GB`, `rtx4090`). A name that
 * fits cards of several sizes yields no total; an unknown name with a size yields the size as an assumption. Null: unknown.
 */
export const findGpu = (name: string): GpuKnowledge | null => {
  if (remembered?.name !== name) remembered = { name, gpu: searched(name) };
  return remembered.gpu;
};

/** The last card that was asked for: solving asks for the same one again and again. */
let remembered: { name: string; gpu: GpuKnowledge | null } | null = null;

const searched = (name: string): GpuKnowledge | null => {
  const asked = wordsOf(name.replace(/\b(rtx|gtx|rx)(\d{4})/i, '$1 $2'));
  const scored = names()
    .map(({ gpu, words }) => ({ gpu, words, score: agreement(asked, words) }))
    .filter(({ score }) => score > 0);
  const best = Math.max(0, ...scored.map(({ score }) => score));
  let found = [...new Set(scored.filter(({ score }) => score === best).map(({ gpu }) => gpu))];
  if (asked.sizeGB !== null) {
    const sized = found.filter(gpu => totalsOf(gpu).some(total => near(total, asked.sizeGB!)));
    if (sized.length > 0) found = sized;
  } else if (found.length > 1) {
    // A bare "H100" is not told apart from its sizes by the one entry that happens to be called so.
    const exact = found.filter(gpu => totalsOf(gpu).length > 0);
    if (exact.length > 0) found = exact;
  }
  const first = found[0];
  if (!first) return asked.sizeGB ? { ...UNKNOWN, name, totalGiB: assumed(asked.sizeGB) } : null;
  const seen = found.filter(gpu => gpu.torchTotalGiB !== undefined);
  const totals = (seen.length > 0 ? seen : found)
    .flatMap(totalsOf)
    .filter(total => asked.sizeGB === null || near(total, asked.sizeGB));
  const low = Math.min(...totals);
  const high = Math.max(...totals);
  // Cards of one name but of different sizes: the name does not tell the total.
  const told = totals.length > 0 && high - low < 0.06 * high;
  const total = (): GpuKnowledge['totalGiB'] => {
    if (!told) return asked.sizeGB ? assumed(asked.sizeGB) : null;
    if (found.every(gpu => gpu.sizeGB)) return assumed(found[0]!.sizeGB!);
    const sorted = [...totals].sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)]!;
    if (seen.length > 0) return { gib: middle, low, high, seen: true };
    // torch shows 0.972 (driver reserve) to 1.0 (WSL2) of what nvidia-smi calls the total.
    return { gib: middle, low: low * 0.99, high: high * 1.02, seen: false };
  };
  return {
    name: first.name,
    vendor: first.vendor,
    computeCapability: first.computeCapability ?? null,
    unified: first.memoryKind === 'unified',
    processors: first.processors ?? null,
    totalGiB: total(),
  };
};

/**
 * Names of the cards of which torch has been seen to report this total: 79.25 GiB is an A100, 119.63 a GB10. Several cards
 * share a total (A10 and A10G); none: unknown.
 */
export const gpusWithTotal = (totalGiB: number): string[] =>
  gpus.filter(gpu => gpu.torchTotalGiB?.some(total => Math.abs(total - totalGiB) < 0.011)).map(gpu => gpu.name);

const UNKNOWN: GpuKnowledge = {
  name: '',
  vendor: 'unknown',
  computeCapability: null,
  unified: false,
  processors: null,
  totalGiB: null,
};

/** A marketed size: torch shows 0.93 to 1.0 of it in GiB, depending on ECC and reserve. */
const assumed = (sizeGB: number) => ({ gib: sizeGB * 0.985, low: sizeGB * 0.925, high: sizeGB, seen: false });
