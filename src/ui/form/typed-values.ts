import { isVersion } from '../../common/version.js';

/** Reads what a person types into the form; null for a text that is no such value. */
type Typed<T> = (text: string) => T | null;

const SCALES: Record<string, number> = { k: 1e3, ki: 2 ** 10, m: 1e6, mi: 2 ** 20 };

/** A number above zero: `16_384`, `32k` (thousands), `32Ki` (1024s); the unit of a size in GiB may stand behind it. */
export const positive: Typed<number> = text => {
  const match = /^\s*(\d[\d_,]*(?:\.\d+)?)\s*(k|ki|m|mi|gib?|gb)?\s*$/i.exec(text);
  if (!match) return null;
  const value = Number(match[1]!.replace(/[_,]/g, ''));
  return value > 0 ? value * (SCALES[(match[2] ?? '').toLowerCase()] ?? 1) : null;
};

/** A count: a whole number above zero. */
export const whole: Typed<number> = text => {
  const value = positive(text);
  return value !== null && Number.isInteger(value) ? value : null;
};

/** A share above 0 up to 1: `0.9`, `90`, `90 %`. */
export const share: Typed<number> = text => {
  const value = positive(text.replace(/%\s*$/, ''));
  if (value === null) return null;
  const fraction = value > 1 && value <= 100 ? value / 100 : value;
  return fraction <= 1 ? fraction : null;
};

/** Any text but blanks. */
export const words: Typed<string> = text => text.trim() || null;

/** A switch: yes or no in the words of people, of Python and of YAML. */
export const yes: Typed<boolean> = text => {
  if (/^(?:y|yes|true|on|1|是)$/i.test(text.trim())) return true;
  return /^(?:n|no|false|off|0|否)$/i.test(text.trim()) ? false : null;
};

/** A release of vLLM, without the `v` of its tag. */
export const release: Typed<string> = text => (isVersion(text) ? text.trim().replace(/^v/, '') : null);

/** `V0` or `V1`, with or without its letter. */
export const engine: Typed<string> = text => (/^v?[01]$/i.test(text.trim()) ? `V${text.trim().slice(-1)}` : null);
