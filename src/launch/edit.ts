import type { Argument } from './args/argument.js';
import { resolveFlag } from './args/flags.js';
import { sameValue, valueText } from './args/values.js';
import { readText } from './read.js';
import type { Reading } from './reading.js';
import { applyEdits, type Edit } from './text/edits.js';
import type { ArgValue, LaunchChange } from './types.js';

/** Edits that make one change; null when the shape has no room for it. */
const editsFor = (text: string, reading: Reading, change: LaunchChange): Edit[] | null => {
  if (reading.readOnly) return null;
  if (change.where === 'env') return envEdits(text, reading, change.flag, change.to);
  if (change.where === 'container') return containerEdits(text, reading, change.flag.replace(/^-+/, ''), change.to);
  return argumentEdits(text, reading, change.flag, change.to);
};

const argumentEdits = (text: string, reading: Reading, flag: string, to: ArgValue | null): Edit[] | null => {
  const resolved = resolveFlag(flag.startsWith('-') ? flag : `--${flag}`);
  if (/^model(?:-tag)?$/.test(resolved.name))
    return to === null ? null : (reading.setModel?.(text, valueText(to)) ?? null);
  const found = reading.args.filter(arg => arg.name === resolved.name);
  const wanted = resolved.negated && typeof to === 'boolean' ? !to : to;
  if (wanted === null) return found.length ? found.flatMap(arg => arg.remove(text)) : [];
  const whole = found.findLast(arg => !arg.path.length);
  if (whole) return !whole.absent && sameValue(whole.value, wanted) ? [] : changed(whole.set(text, wanted));
  if (found.length) return dottedEdits(text, reading, found, wanted);
  return reading.append(text, resolved.name, wanted);
};

/** Edits that are needed; none means that what is written there cannot be changed. */
const changed = (edits: Edit[]): Edit[] | null => (edits.length ? edits : null);

/** `--x.a 1 --x.b 2` keeps its form: each member is changed where it is. */
const dottedEdits = (text: string, reading: Reading, found: Argument[], wanted: ArgValue): Edit[] | null => {
  if (typeof wanted !== 'object' || Array.isArray(wanted)) return null;
  const edits: Edit[] = [];
  const rest = structuredClone(wanted);
  for (const arg of found) {
    let at: ArgValue | null | undefined = rest;
    for (const key of arg.path.slice(0, -1))
      at = typeof at === 'object' && at !== null && !Array.isArray(at) ? at[key] : undefined;
    const key = arg.path.at(-1)!;
    if (typeof at !== 'object' || at === null || Array.isArray(at) || at[key] === undefined || at[key] === null) {
      edits.push(...arg.remove(text));
      continue;
    }
    if (at[key] !== arg.value) edits.push(...arg.set(text, at[key]));
    delete at[key];
  }
  const { name, typed = `--${name}` } = found.at(-1)!;
  for (const [path, value] of leaves(rest)) {
    const added = reading.append(text, `${name}.${path}`, value) ?? [];
    edits.push(...added.map(edit => ({ ...edit, text: edit.text.replace(`--${name}.`, `${typed}.`) })));
  }
  return edits;
};

const leaves = (value: { [key: string]: ArgValue | null }, prefix = ''): [string, ArgValue][] =>
  Object.entries(value).flatMap(([key, item]): [string, ArgValue][] => {
    if (item === null) return [];
    if (typeof item === 'object' && !Array.isArray(item)) return leaves(item, `${prefix}${key}.`);
    return [[`${prefix}${key}`, item]];
  });

const envEdits = (text: string, reading: Reading, name: string, to: ArgValue | null): Edit[] | null => {
  const setting = reading.env.findLast(candidate => candidate.name === name);
  if (to === null) return setting ? (setting.remove?.(text) ?? null) : [];
  if (setting) return setting.value === valueText(to) ? [] : changed(setting.set(text, valueText(to)));
  return changed(reading.appendEnv?.(text, name, valueText(to)) ?? []);
};

const containerEdits = (text: string, reading: Reading, name: string, to: ArgValue | null): Edit[] | null => {
  const settings = { image: reading.image, gpus: reading.gpus, 'shm-size': reading.shmSize, ipc: reading.ipc };
  const setting = Object.hasOwn(settings, name) ? settings[name as keyof typeof settings] : null;
  if (to === null) return setting ? (setting.remove?.(text) ?? null) : [];
  if (setting) return setting.value === valueText(to) ? [] : changed(setting.set(text, valueText(to)));
  return name === 'image' ? null : changed(reading.appendContainer?.(text, `--${name}`, valueText(to)) ?? []);
};

/** The text with the changes made one after the other, each on a fresh reading, and those for which there is no room. */
export const editText = (text: string, changes: LaunchChange[]): { text: string; notApplied: LaunchChange[] } => {
  const notApplied: LaunchChange[] = [];
  let current = text;
  for (const change of changes) {
    const reading = readText(current);
    const edits = reading && editsFor(current, reading, change);
    if (!edits) notApplied.push(change);
    else current = applyEdits(current, edits);
  }
  return { text: current, notApplied };
};
