import type { Edit } from '../text/edits.js';
import { type Literal, literalValue, type Member, parseLiteral } from '../text/literal.js';
import type { Context, Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import { keyValuePairs, sameValue, valueText } from './values.js';

/** Where a value is written: its decoded text, and the extent (quotes included) that is replaced when that is not enough. */
export interface Slot {
  text: Traced;
  start: number;
  end: number;
  /** How a whole new word is written there. */
  bare: Context;
}

/**
 * Replaces a value where it is written and nothing around it: inside its quotes, inside the default of a variable,
 * in JSON only the members that differ.
 */
export const replaceValue = (slot: Slot, value: ArgValue): Edit[] => {
  const old = slot.text.text;
  if (typeof value === 'object') {
    if (/^\s{0,64}[{[]/.test(old)) {
      const inside = replaceInJson(slot, value);
      if (inside) return inside;
      const text = /:\s/.test(old) ? spacedJson(value) : JSON.stringify(value);
      return [{ start: slot.start, end: slot.end, text: slot.bare.encode(text) }];
    }
    const pairs = Array.isArray(value) ? null : replaceInPairs(slot, value);
    if (pairs) return pairs;
    const place = slot.text.place();
    if (place && place.context.kind !== 'bare')
      return [{ start: place.start, end: place.end, text: place.context.encode(valueText(value)) }];
    return [{ start: slot.start, end: slot.end, text: slot.bare.encode(valueText(value)) }];
  }
  if (typeof value === 'boolean' && /^(?:true|false|0|1)$/i.test(old.trim())) {
    const text = /^[01]$/.test(old.trim()) ? String(Number(value)) : likeIn(old.trim(), value);
    return replaceText(slot, text);
  }
  return replaceText(slot, valueText(value));
};

/** `true` as the old word writes it: `True`, `TRUE`, `true`. */
const likeIn = (old: string, value: boolean): string => {
  const text = String(value);
  if (/^[A-Z]+$/.test(old)) return text.toUpperCase();
  return /^[A-Z]/.test(old) ? text[0]!.toUpperCase() + text.slice(1) : text;
};

/** Replaces the whole decoded text of a slot. */
export const replaceText = (slot: Slot, text: string): Edit[] => {
  const place = slot.text.place();
  return place
    ? [{ start: place.start, end: place.end, text: place.context.encode(text) }]
    : [{ start: slot.start, end: slot.end, text: slot.bare.encode(text) }];
};

/** `{"image": 1}` with a space after colons and commas, as Python prints JSON. */
export const spacedJson = (value: ArgValue | null): string => {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${spacedJson(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
};

const replaceInPairs = (slot: Slot, value: { [key: string]: ArgValue | null }): Edit[] | null => {
  const old = slot.text.text;
  const pairs = keyValuePairs(old);
  if (!pairs) return null;
  const parts = Object.entries(value).map(([key, item]) => `${key}=${valueText(item ?? 'null')}`);
  return replaceText(slot, parts.join(','));
};

/** A change inside decoded text: characters a..b-1 become `text`. */
interface Change {
  a: number;
  b: number;
  text: string;
}

const replaceInJson = (slot: Slot, value: ArgValue): Edit[] | null => {
  const old = slot.text.text;
  try {
    JSON.parse(old);
  } catch {
    return null;
  }
  const literal = parseLiteral(old);
  if (!literal) return null;
  const changes = literalChanges(literal, old, value, item =>
    /:\s/.test(old) ? spacedJson(item) : JSON.stringify(item),
  );
  const edits: Edit[] = [];
  for (const change of changes) {
    if (change.a === change.b) {
      const at = slot.text.end(change.a - 1);
      edits.push({ start: at, end: at, text: slot.text.context(change.a - 1).encode(change.text) });
      continue;
    }
    const place = slot.text.place(change.a, change.b);
    if (!place) return null;
    edits.push({ start: place.start, end: place.end, text: place.context.encode(change.text) });
  }
  return edits;
};

/** The fewest changes that give a literal the value `want`. `write` renders what is new. */
export const literalChanges = (
  literal: Literal,
  text: string,
  want: ArgValue | null,
  write: (value: ArgValue | null) => string,
): Change[] => {
  if (sameValue(literalValue(literal, text), want)) return [];
  const members =
    literal.kind === 'object' || (literal.kind === 'call' && literal.name === 'dict') ? literal.members : null;
  if (members && typeof want === 'object' && want !== null && !Array.isArray(want)) {
    const changes: Change[] = [];
    const kept = members.filter(member => Object.hasOwn(want, member.key));
    for (const member of kept) changes.push(...literalChanges(member.value, text, want[member.key] ?? null, write));
    changes.push(...removals(members, member => !Object.hasOwn(want, member.key)));
    const added = Object.entries(want).filter(([key]) => !members.some(member => member.key === key));
    if (added.length) {
      const rendered = write(Object.fromEntries(added) as ArgValue).slice(1, -1);
      const last = kept.at(-1);
      const separator = /,\s/.test(text.slice(literal.start, literal.end)) || /:\s/.test(text) ? ', ' : ',';
      const at = last ? last.end : literal.start + 1;
      changes.push({ a: at, b: at, text: last ? separator + rendered : rendered });
    }
    return changes;
  }
  if (literal.kind === 'string' && typeof want === 'string' && literal.plain)
    return literal.bodyStart === literal.bodyEnd
      ? [{ a: literal.start, b: literal.end, text: JSON.stringify(want) }]
      : [{ a: literal.bodyStart, b: literal.bodyEnd, text: JSON.stringify(want).slice(1, -1) }];
  return [{ a: literal.start, b: literal.end, text: write(want) }];
};

/** Removes members with the comma that is no longer needed: the one before a member, or after it if it is the first. */
const removals = (members: Member[], isGone: (member: Member) => boolean): Change[] => {
  const changes: Change[] = [];
  let firstKept = members.findIndex(member => !isGone(member));
  if (firstKept < 0) firstKept = members.length;
  members.forEach((member, i) => {
    if (!isGone(member)) return;
    if (i < firstKept) {
      const next = members[i + 1];
      changes.push({ a: member.start, b: next ? next.start : member.end, text: '' });
    } else changes.push({ a: members[i - 1]!.end, b: member.end, text: '' });
  });
  return changes;
};
