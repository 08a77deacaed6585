import { fill, type Text } from '../common/text.js';
import { type Cause, type CauseEvidence, WEIGHTS } from '../knowledge/causes.js';
import { type Case, releaseIn } from './case.js';
import { evaluate, type Ground } from './evaluate.js';
import type { Evidence } from './types.js';

/** A cause with what speaks for and against it in this case. */
export interface Weighed {
  cause: Cause;
  /** Sum of the weights for, less those against. */
  strength: number;
  /** Some of it proves a failure by itself, without a line that says so. */
  proves: boolean;
  because: Evidence[];
  against: Evidence[];
}

/** Weighs one cause; null when a deciding rule or the release rules it out, or nothing speaks for it. */
export const weigh = (cause: Cause, at: Case): Weighed | null => {
  if (releaseIn(at, cause.versions.from, cause.versions.to) === false) return null;
  if (cause.never.some(rule => evaluate(rule.when, at).value === true)) return null;
  const because = cause.for.map(item => read(item, at)).filter(item => item !== null);
  if (because.length === 0) return null;
  const against = cause.against.map(item => read(item, at)).filter(item => item !== null);
  const sum = (items: { weight: number }[]) => items.reduce((total, item) => total + item.weight, 0);
  const strongest = (items: { weight: number; evidence: Evidence }[]) =>
    byLine(items.toSorted((a, b) => b.weight - a.weight).map(item => item.evidence));
  return {
    cause,
    strength: sum(because) - sum(against),
    proves: because.some(item => item.proves),
    because: strongest(because),
    against: strongest(against),
  };
};

/** What several pieces of evidence say about one line is told at that line once. */
const byLine = (evidence: Evidence[]): Evidence[] => {
  const told: Evidence[] = [];
  for (const item of evidence) {
    const same = told.find(other => other.line !== null && other.line === item.line && other.text === item.text);
    if (same) same.says = { en: `${same.says.en} ${item.says.en}`, zh: `${same.says.zh}${item.says.zh}` };
    else told.push({ ...item });
  }
  return told;
};

const read = (item: CauseEvidence, at: Case): { weight: number; proves: boolean; evidence: Evidence } | null => {
  const truth = evaluate(item.when, at);
  if (truth.value !== true) return null;
  // A message of the log proves more than a setting or a release that goes with it.
  const ground =
    truth.grounds.find(one => one.isMessage) ?? truth.grounds.find(one => one.line !== null) ?? truth.grounds[0];
  return {
    weight: WEIGHTS[item.weight],
    proves: item.proves,
    evidence: evidenceOf(item.says, truth.grounds, ground, at),
  };
};

const evidenceOf = (says: Text, grounds: Ground[], ground: Ground | undefined, at: Case): Evidence => ({
  line: ground?.line ?? null,
  text: ground?.text ?? '',
  says: withoutGaps(fill(says, Object.assign(namedValues(at), ...grounds.map(one => rounded(one.values))))),
});

/** A figure that is not known in this case is told as such. */
const withoutGaps = (text: Text): Text => {
  const put = (words: string) => words.replace(/\{\w+\}/g, '?');
  return { en: put(text.en), zh: put(text.zh) };
};

/** Figures and texts of the case under their names, for sentences. */
export const namedValues = (at: Case): Record<string, string | number> => {
  const values: Record<string, string | number> = rounded(Object.fromEntries(at.figures));
  for (const [name, fact] of Object.entries(at.facts)) if (typeof fact?.value === 'string') values[name] = fact.value;
  return values;
};

/** Two decimals are enough for people; whole numbers stay whole. */
const rounded = (values: Record<string, string | number>): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => typeof value !== 'number' || Number.isFinite(value))
      .map(([name, value]) => [name, typeof value === 'number' ? Math.round(value * 100) / 100 : value]),
  );

/** The first sentence that fits the case and whose figures are all known; the last one needs none. */
export const sentence = (templates: Cause['summary'], at: Case): Text => {
  const values = namedValues(at);
  const filled = templates
    .filter(({ when }) => when === undefined || evaluate(when, at).value === true)
    .map(({ en, zh }) => fill({ en, zh }, values));
  return filled.find(text => !/\{\w+\}/.test(text.en)) ?? filled.at(-1)!;
};
