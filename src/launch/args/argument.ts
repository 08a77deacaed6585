import type { Edit } from '../text/edits.js';
import type { ArgValue } from '../types.js';

/** One argument of vLLM as the text gives it. */
export interface Argument {
  /** Canonical name. */
  name: string;
  value: ArgValue;
  /** Written, but standing for nothing (`None`, `null`, a chart's `""`): there to be changed, not set. */
  absent?: boolean;
  /** Members below the name: `--limit-mm-per-prompt.video 0` is ['video']. */
  path: string[];
  at: number;
  set(text: string, value: ArgValue): Edit[];
  remove(text: string): Edit[];
  /** The flag as typed, without members and value: `-cc`. */
  typed?: string;
  /** How the flag was written, for the style of new ones. */
  style: { dashes: boolean | null; joined: boolean | null };
}
