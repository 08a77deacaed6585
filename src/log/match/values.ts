import { GIB } from '../../common/units.js';

/** A type of hole in a message template: what it matches (bounded quantifiers only) and how it is read. */
interface HoleType {
  pattern: string;
  read: (text: string) => string | number;
}

const NUMBER = '[-+]?\\d{1,15}(?:,\\d{3}){0,5}(?:\\.\\d{1,20})?(?:e[-+]?\\d{1,3})?(?!\\d|[.]\\d)';
const INTEGER = '-?(?:\\d{1,3}(?:,\\d{3}){1,5}|\\d{1,19})(?!\\d|[.]\\d)';

const number = (text: string) => Number(text.replaceAll(',', ''));
const plain = (text: string) => text.trim();

/**
 * Sizes are binary whatever the letters say: vLLM <= 0.7 and Ray write GB and divide by 1024^3
 * (vllm/worker/model_runner.py@v0.7.3, ray memory_monitor).
 */
const UNITS: Record<string, number> = {
  b: 1,
  byte: 1,
  bytes: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  kib: 2 ** 10,
  ki: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  mib: 2 ** 20,
  mi: 2 ** 20,
  g: GIB,
  gb: GIB,
  gib: GIB,
  gi: GIB,
  t: 2 ** 40,
  tb: 2 ** 40,
  tib: 2 ** 40,
  ti: 2 ** 40,
};

const size = (text: string): number => {
  const match = /^([-+\d.,e]+?)[\s_*`]*([a-z]+)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? ''];
  return match && unit ? (number(match[1]!) * unit) / GIB : Number.NaN;
};

export const holeTypes: Record<string, HoleType> = {
  int: { pattern: INTEGER, read: number },
  float: { pattern: NUMBER, read: number },
  /** Number with its unit, read as GiB; unwrapping may have lost the blank behind `GiB`. */
  size: {
    pattern: `${NUMBER.replace(/\(\?!.*$/, '')}[\\s_*\`]{0,4}(?:[KMGT]iB|(?:bytes|byte|[KMGT]i?B?|B)(?![a-z]))`,
    read: size,
  },
  /** A number of GiB whose unit stands (or does not stand) in the template. */
  gib: { pattern: NUMBER, read: number },
  mib: { pattern: NUMBER, read: text => number(text) / 1024 },
  /** A memory limit in kB, as GiB: 16 digits are the kernel's "no limit", below 10^6 kB (1 GiB) no vLLM was ever started. */
  limit: { pattern: '[1-9]\\d{6,11}(?!\\d)', read: text => number(text) / 2 ** 20 },
  bytes: { pattern: INTEGER, read: text => number(text) / GIB },
  percent: { pattern: NUMBER, read: number },
  bool: { pattern: '(?:True|False)', read: text => text.toLowerCase() },
  version: { pattern: 'v?\\d{1,4}(?:\\.\\d{1,5}){1,3}[\\w.+-]{0,60}', read: text => text.replace(/^v|[.]+$/g, '') },
  /** No blanks or punctuation: an identifier, a device, a class. */
  word: { pattern: '[^\\s,;:()\'"`|]{1,120}', read: plain },
  device: { pattern: '[a-z]{2,8}(?::\\d{1,3})?', read: plain },
  /** A GPU's name as a part of a file name: `NVIDIA_H100_80GB_HBM3`. */
  gpu: { pattern: '[A-Z][\\w-]{2,60}', read: text => text.replaceAll('_', ' ').trim() },
  /** A model name or path; ends before blanks, quotes, commas and closing brackets. */
  name: { pattern: '[^\\s\'",;)\\]`]{1,300}?', read: plain },
  /** Anything short, up to what follows in the template. */
  text: { pattern: '.{0,300}?', read: plain },
  /** Like text, but for long lists. */
  long: { pattern: '.{0,4000}?', read: plain },
  /** The beginning of the line. */
  start: { pattern: '^[\\s_`*\'"\\\\]{0,8}', read: plain },
  /** The end of the line. */
  end: { pattern: '[\\s_`*\'"\\\\]{0,8}$', read: plain },
  /** Everything to the end of the line. */
  rest: { pattern: '.{0,60000}', read: plain },
};

/** The value of a hole: numbers as numbers (sizes in GiB), everything else as text. */
export const toValue = (type: string, text: string): string | number => holeTypes[type]!.read(text);
