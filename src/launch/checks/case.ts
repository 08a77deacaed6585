import type { Lang, Text } from '../../common/text.js';
import type { Releases } from '../../knowledge/releases.js';
import type { Launch } from '../types.js';

/** What is known besides the launch; absent = unknown, and what needs it is not checked. */
export interface CheckContext {
  lang?: Lang;
  gpuCount?: number;
  gpuName?: string;
  gpuTotalGiB?: number;
  platform?: string;
  /** Attention heads of the model (config.json: num_attention_heads). */
  attentionHeads?: number;
  maxModelLen?: number;
  /** Flags of the vLLM that is installed where the launch will run (its own source): their word stands above ours. */
  installedFlags?: readonly string[] | null;
}

/** Holds something against the flag or variable `name`. Fatal unless said otherwise: vLLM refuses to start. */
export type Objector = (
  code: string,
  name: string,
  message: Text,
  values?: Record<string, string | number>,
  weight?: 'fatal' | 'warning',
) => void;

/** A launch before a release, and where objections go. */
export interface Case {
  launch: Launch;
  release: string;
  known: Releases;
  context: CheckContext;
  object: Objector;
}
