import files from 'knowledge:releases';
import type { ArgValue } from '../launch/types.js';

/** A default that is no literal in vLLM's source. */
export interface Expression {
  expr: string;
}

/** What argparse knows about a flag in a span of releases. */
export interface FlagSpan {
  /** flag, str, int, float, int(human), int(human|auto), bool[true|false], json, json:Config, k=v,... or a function's name. */
  type: string;
  /** Absent: None (not set, or worked out at start-up). */
  default?: ArgValue | Expression;
  nargs?: string;
  /** The switch has a `--no-…` form. */
  no?: boolean;
  /** 0.33.0 and later: the opposite name that parses too, e.g. disable-chunked-prefill. */
  inverse?: string;
  deprecated?: boolean;
  /** argparse refuses values that are not in the flag's `values`. */
  restricted?: boolean;
  /** `values` are what vLLM itself knows; argparse takes any (checked later, or a plug-in's). */
  suggested?: boolean;
}

export interface FlagData {
  /** Which parser has it: engine (also a keyword of LLM()), async and server (only `vllm serve`). */
  group: 'engine' | 'async' | 'server';
  /** Short or other spellings and the releases that know them. */
  aliases?: Record<string, string>;
  values?: Record<string, string>;
  deprecatedValues?: Record<string, string>;
  spans: Record<string, FlagSpan>;
}

interface FlagsFile {
  releases: string[];
  /** Engine arguments of Python (snake case) that have no flag. */
  arguments: Record<string, string>;
  flags: Record<string, FlagData>;
}

const flagsFile = files['releases/flags.json'] as FlagsFile;

/** Every release that was read, oldest first. */
export const RELEASES = flagsFile.releases;
export const FLAGS = flagsFile.flags;
export const PYTHON_ARGUMENTS = flagsFile.arguments;
/** Environment variables: name -> range -> documented default. */
export const ENVIRONMENT = files['releases/env.json'] as Record<string, Record<string, ArgValue | Expression | null>>;
