/**
 * What every release of vLLM knows: flags, environment variables, values, defaults, renames. Built from each release's
 * own source (scripts/release-add.mjs). Everything is synchronous and pure; importing this module parses about 120 KB
 * of JSON (2 ms), so commands that do not need it should import it with `await import`.
 */
import type { ArgValue } from '../launch/types.js';
import { RELEASES } from './release-data.js';
import { type DefaultInputs, type Defaults, defaultsOf } from './release-defaults.js';
import {
  allFlagNames,
  type EnvInfo,
  envHistory,
  envIn,
  type FlagHistory,
  type FlagInfo,
  flagHistory,
  flagIn,
  flagNamesIn,
  valueHistory,
} from './release-flags.js';
import { type Match, matchRelease } from './release-match.js';
import { type Translation, translate } from './release-translate.js';
import { type Objection, validate } from './release-validate.js';

export type { Default, DefaultInputs, Defaults } from './release-defaults.js';
export type { EnvInfo, FlagHistory, FlagInfo } from './release-flags.js';
export type { Match } from './release-match.js';
export type { TranslatedSetting, Translation } from './release-translate.js';
export type { Objection, ObjectionCode } from './release-validate.js';

/** `version` is always as users and logs write it (`v0.8.5.post1`); unknown versions give null, never a guess. */
export interface Releases {
  /** Oldest first. */
  all: readonly string[];
  newest: string;
  /** The release whose knowledge stands for a version, and a note when it is not that very release. */
  match(version: string | null | undefined): Match | null;
  /** A flag, alias, short or negated form in a release; null when that release does not have it. */
  flag(version: string, name: string): FlagInfo | null;
  flagHistory(name: string): FlagHistory | null;
  valueHistory(name: string, value: string): FlagHistory | null;
  /** Every flag of any release, kebab-case without dashes. */
  allFlagNames(): string[];
  flagNames(version: string): string[];
  envVariable(version: string, name: string): EnvInfo | null;
  envHistory(name: string): FlagHistory | null;
  defaults(inputs: DefaultInputs): Defaults;
  /** Null: no objection. */
  validate(version: string, name: string, value: ArgValue): Objection | null;
  /** What a flag or variable becomes in release `to`; null: it stays, or nothing is known to replace it. */
  translate(name: string, value: ArgValue, to: string): Translation | null;
}

const knowledge: Releases = {
  all: RELEASES,
  newest: RELEASES.at(-1)!,
  match: matchRelease,
  flag: flagIn,
  flagHistory,
  valueHistory,
  allFlagNames,
  flagNames: flagNamesIn,
  envVariable: envIn,
  envHistory,
  defaults: defaultsOf,
  validate,
  translate,
};

/** The knowledge of the releases, for code that is loaded only when it is needed (the answer pipeline, plan, budget). */
export const releases = (): Releases => knowledge;
