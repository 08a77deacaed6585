import { stripControls } from '../../common/sanitize.js';
import type { ProbeGpu, ProbeText } from './types.js';

const LINE_LIMIT = 8192;
const LINES_LIMIT = 100_000;
const JSON_LIMIT = 16 * 2 ** 20;

/** Prefixes of vLLM's and Ray's logs, of quoted mail and of a shell session. */
const PREFIXES = [
  /^(?:> ?){1,4}/,
  // Commented out in a script or note.
  /^\s{0,8}(?:#|\/\/) {0,4}(?=[|+])/,
  /^\([\w+.:= -]{1,60}\)\s/,
  /^(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) \d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \[[^\]]{1,80}\] ?/,
  // A container's name before a table: `vllm-1  | +----`, `vllm-1  | |  0`
  /^[\w.-]{1,40}\s{1,10}\| (?=[|+])/,
];

const cleanLine = (line: string): string => PREFIXES.reduce((rest, prefix) => rest.replace(prefix, ''), line);

/** The JSON value of a text that is JSON, or holds one block of it after a prompt or a warning. */
const jsonOf = (text: string): unknown => {
  const start = text.search(/^[ \t]*[[{]/m);
  if (text.length > JSON_LIMIT) return undefined;
  if (start >= 0) {
    const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
    const value = tryParse(text.slice(start, end + 1)) ?? tryParse(completed(text.slice(start)));
    if (value !== undefined) return value;
  }
  // Members without the braces around them: `"State": { … },`
  const member = text.search(/^[ \t]*"[\w.]{1,60}"\s{0,4}:\s/m);
  return member < 0 ? undefined : tryParse(completed(`{${text.slice(member)}`));
};

const tryParse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A cut JSON text with what is missing at its end: open brackets are closed, a dangling comma or key is dropped. */
const completed = (text: string): string => {
  const open: string[] = [];
  let inString = false;
  let end = text.length;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') open.push(char === '{' ? '}' : ']');
    else if (char === '}' || char === ']') {
      if (open.at(-1) !== char) {
        // More is closed than was opened: the beginning is missing too.
        end = i;
        break;
      }
      open.pop();
    }
  }
  const body = text
    .slice(0, end)
    .replace(/[\s,.]{0,200}$/, '')
    .replace(/,?\s{0,40}"[^"]{0,200}"\s{0,4}:$/, '');
  return body + open.reverse().join('');
};

export const prepare = (raw: string): ProbeText => {
  const stripped = stripControls(raw.replace(/\r\n?/g, '\n').replaceAll('\u00A0', ' '));
  const lines = stripped.split('\n', LINES_LIMIT).map(line => cleanLine(line.slice(0, LINE_LIMIT)).trimEnd());
  const text = lines.join('\n');
  return { lines, text, json: jsonOf(text) };
};

/** The text of a value, or null for every way of saying "not known". */
export const known = (value: string | null | undefined): string | null => {
  const text = value?.trim() ?? '';
  return text === '' || /^(?:\[[^\]]*\]|N\/?A|Not Supported|Could not collect|None|No CUDA|unknown|-|ERR!)$/i.test(text)
    ? null
    : text;
};

/** A whole or decimal number, null for anything else. */
export const numberOf = (value: string | number | null | undefined): number | null => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  const text = known(value);
  return text !== null && /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
};

const POWER: Record<string, number> = { b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Bytes of a figure with its unit (`10.1 GB`, `1.1Gi`, `64M`, all with 1024); a bare number counts in `bare` bytes. */
export const bytesOf = (value: string | null | undefined, bare = 1): number | null => {
  const match = /^(\d+(?:[.,]\d+)?)\s*([bkmgtp])?i?b?$/i.exec(known(value) ?? '');
  if (!match) return null;
  const figure = Number(match[1]!.replace(',', '.'));
  return Math.round(figure * (match[2] ? 1024 ** POWER[match[2].toLowerCase()]! : bare));
};

/** MiB of a figure with its unit; a bare number is MiB. */
export const mibOf = (value: string | null | undefined): number | null => {
  const bytes = bytesOf(value, 2 ** 20);
  return bytes === null ? null : Math.round(bytes / 2 ** 20);
};

export const EMPTY_GPU: ProbeGpu = {
  index: null,
  name: null,
  totalMiB: null,
  usedMiB: null,
  freeMiB: null,
  reservedMiB: null,
  uuid: null,
  busId: null,
  computeCapability: null,
  mig: null,
};

export const gpu = (fields: Partial<ProbeGpu>): ProbeGpu => ({ ...EMPTY_GPU, ...fields });

/** More devices than any machine has: what comes after is not looked at. */
const DEVICES_LIMIT = 4096;

/** Later samples of the same GPU replace earlier ones; another name or UUID under the same index is another GPU. */
export const latest = (gpus: ProbeGpu[]): ProbeGpu[] => {
  const kept: ProbeGpu[] = [];
  for (const one of gpus.slice(0, DEVICES_LIMIT * 4)) {
    if (kept.length >= DEVICES_LIMIT) break;
    const at = kept.findIndex(
      other =>
        other.index !== null &&
        other.index === one.index &&
        other.name === one.name &&
        other.uuid === one.uuid &&
        other.busId === one.busId,
    );
    if (at < 0) kept.push(one);
    else kept[at] = one;
  }
  return kept;
};

/** The cells of a table row between its bars; null when it is no row. */
export const cellsOf = (line: string): string[] | null => {
  const trimmed = line.trim();
  if (!trimmed.startsWith('|') || trimmed.length < 3) return null;
  const inner = trimmed.endsWith('|') ? trimmed.slice(1, -1) : trimmed.slice(1);
  return inner.split('|');
};

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
