import type { ArgValue } from '../launch/types.js';
import { ENVIRONMENT, type Expression, FLAGS, type FlagData, type FlagSpan, RELEASES } from './release-data.js';
import { matchRelease } from './release-match.js';
import { atRelease, ends, inRange, spansOf } from './release-range.js';

/** A flag as one release knows it. */
export interface FlagInfo {
  /** Kebab-case without dashes, as in `Launch.args`. */
  name: string;
  group: FlagData['group'];
  type: string;
  /** Null: None (not set, or worked out at start-up: see `defaults`). */
  default: ArgValue | null;
  /** The default's Python source, where it is no literal. */
  defaultExpression: string | null;
  /** Values that this release knows; null: any. */
  choices: string[] | null;
  /** argparse itself refuses other values (otherwise they may fail later, or be a plug-in's). */
  restricted: boolean;
  nargs: string | null;
  /** A switch that also has a `--no-…` form. */
  negatable: boolean;
  deprecated: boolean;
  /** Asked for by its opposite (`disable-chunked-prefill` in 0.33.0 is enable-chunked-prefill reversed). */
  reversed: boolean;
}

/** In which releases a flag exists at all. */
export interface FlagHistory {
  name: string;
  since: string;
  /** Last release that has it; null: the newest still has it. */
  until: string | null;
}

const bare = (name: string) => name.replace(/^--/, '').replaceAll('_', '-');

const isExpression = (value: unknown): value is Expression =>
  typeof value === 'object' && value !== null && typeof (value as Expression).expr === 'string';

const describe = (name: string, data: FlagData, span: FlagSpan, release: string, reversed: boolean): FlagInfo => ({
  name,
  group: data.group,
  type: span.type,
  default: isExpression(span.default) ? null : (span.default ?? null),
  defaultExpression: isExpression(span.default) ? span.default.expr : null,
  choices:
    data.values && (span.restricted || span.suggested)
      ? Object.keys(data.values).filter(value => inRange(data.values![value]!, release))
      : null,
  restricted: span.restricted ?? false,
  nargs: span.nargs ?? null,
  negatable: span.no ?? false,
  deprecated: span.deprecated ?? false,
  reversed,
});

const spanAt = (name: string, release: string): FlagSpan | undefined =>
  Object.hasOwn(FLAGS, name) ? atRelease(FLAGS[name]!.spans, release) : undefined;

let aliasNames: Map<string, string[]> | null = null;

/** alias -> the flags that ever had it (short names keep their dash). */
const aliasesOf = (alias: string): string[] => {
  if (!aliasNames) {
    aliasNames = new Map();
    for (const [name, data] of Object.entries(FLAGS)) {
      const inverses = Object.values(data.spans).flatMap(span => span.inverse ?? []);
      for (const other of [...Object.keys(data.aliases ?? {}), ...inverses])
        aliasNames.set(bare(other), [...(aliasNames.get(bare(other)) ?? []), name]);
    }
  }
  return aliasNames.get(bare(alias)) ?? [];
};

/**
 * A flag (`--max-num-seqs`, `max_num_seqs`, `-tp`, `--no-enable-prefix-caching`, an alias) in the release of `version`;
 * null when that release does not have it or the version is unknown.
 */
export const flagIn = (version: string, name: string): FlagInfo | null => {
  const release = matchRelease(version)?.release;
  if (!release) return null;
  const key = bare(name);
  const own = spanAt(key, release);
  if (own) return describe(key, FLAGS[key]!, own, release, false);
  for (const candidate of aliasesOf(name)) {
    const data = FLAGS[candidate]!;
    const span = spanAt(candidate, release);
    if (!span) continue;
    const alias = Object.entries(data.aliases ?? {}).find(([other]) => bare(other) === key);
    if (alias && inRange(alias[1], release)) return describe(candidate, data, span, release, false);
    if (span.inverse === key) return describe(candidate, data, span, release, true);
  }
  if (key.startsWith('no-')) {
    const positive = spanAt(key.slice(3), release);
    if (positive?.no) return describe(key.slice(3), FLAGS[key.slice(3)]!, positive, release, true);
  }
  return null;
};

const historyOf = (name: string, ranges: string[]): FlagHistory => {
  const from = ends(ranges[0]!).from;
  return { name, since: from, until: ends(ranges.at(-1)!).to };
};

/** When a flag came and went, whatever the release; null for a name that no release ever had. */
export const flagHistory = (name: string): FlagHistory | null => {
  const key = bare(name);
  if (Object.hasOwn(FLAGS, key)) return historyOf(key, Object.keys(FLAGS[key]!.spans));
  const [candidate] = aliasesOf(name);
  if (candidate) {
    const data = FLAGS[candidate]!;
    const alias = Object.entries(data.aliases ?? {}).find(([other]) => bare(other) === key)?.[1];
    const inverse = Object.keys(data.spans).filter(range => data.spans[range]!.inverse === key);
    return historyOf(candidate, alias ? [alias] : inverse);
  }
  return key.startsWith('no-') && Object.hasOwn(FLAGS, key.slice(3)) ? flagHistory(key.slice(3)) : null;
};

/** Releases that know a value of a flag (`kv-cache-dtype`, `fp8_e5m2`); null when none ever did. */
export const valueHistory = (name: string, value: string): FlagHistory | null => {
  const data = FLAGS[flagHistory(name)?.name ?? ''];
  const range = data?.values && Object.hasOwn(data.values, value) ? data.values[value] : undefined;
  return range
    ? historyOf(
        value,
        spansOf(range).map(span => `${span.from}-${span.to ?? ''}`),
      )
    : null;
};

/** Every flag that any release ever had, kebab-case without dashes. */
export const allFlagNames = (): string[] => Object.keys(FLAGS);

/** Every flag of one release; empty when the version is unknown. */
export const flagNamesIn = (version: string): string[] => {
  const release = matchRelease(version)?.release;
  return release ? Object.keys(FLAGS).filter(name => spanAt(name, release)) : [];
};

/** An environment variable that vLLM reads. */
export interface EnvInfo {
  name: string;
  default: ArgValue | null;
  defaultExpression: string | null;
}

/** The variable in the release of `version`; null when that release does not read it or the version is unknown. */
export const envIn = (version: string, name: string): EnvInfo | null => {
  const release = matchRelease(version)?.release;
  if (!release || !Object.hasOwn(ENVIRONMENT, name)) return null;
  const value = atRelease(ENVIRONMENT[name]!, release);
  if (value === undefined) return null;
  return isExpression(value)
    ? { name, default: null, defaultExpression: value.expr }
    : { name, default: value, defaultExpression: null };
};

/** When a variable came and went; null for one that no release ever read. */
export const envHistory = (name: string): FlagHistory | null =>
  Object.hasOwn(ENVIRONMENT, name) ? historyOf(name, Object.keys(ENVIRONMENT[name]!)) : null;

/** The release after `release`; null for the newest. */
export const releaseAfter = (release: string): string | null => RELEASES[RELEASES.indexOf(release) + 1] ?? null;
