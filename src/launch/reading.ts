import type { Argument } from './args/argument.js';
import { replaceText, type Slot } from './args/slot.js';
import type { Problem } from './problems.js';
import type { Word } from './shell/words.js';
import type { Edit } from './text/edits.js';
import type { ArgValue } from './types.js';

/** A value of the surroundings (variable, image, size) and how it is changed where it is written. */
export interface Setting {
  value: string;
  at: number;
  set(text: string, value: string): Edit[];
  remove?(text: string): Edit[];
}

/** An environment variable that the launch sets. */
export interface EnvSetting extends Setting {
  name: string;
}

/** vLLM's arguments as one carrier of them gives them: a command line, a mapping, keyword arguments. */
export interface ArgsReading {
  program: string;
  model: string | null;
  /** Edits that put another model in its place. */
  setModel?(text: string, model: string): Edit[];
  args: Argument[];
  problems: Problem[];
  /** Edits that add an argument in the style of its surroundings; null where there is no room for one. */
  append(text: string, name: string, value: ArgValue): Edit[] | null;
  /** A shape that this program is known by, whatever starts it (lm-eval, verl ...). */
  shape?: string;
  /** The whole command, for starting it here. */
  argv?: Word[];
}

/** What a shape found in a text: the meaning, and how each part of it is edited. */
export interface Reading extends ArgsReading {
  shape: string;
  env: EnvSetting[];
  image: Setting | null;
  gpus: Setting | null;
  shmSize: Setting | null;
  /** `--ipc` of a container; no field of the launch, but what is there is changed and not added again. */
  ipc?: Setting | null;
  /** Port outside the container; undefined: whatever the `port` argument says. */
  outerPort?: number | null;
  appendEnv?(text: string, name: string, value: string): Edit[] | null;
  /** Adds `--shm-size`, `--gpus` ... */
  appendContainer?(text: string, flag: string, value: string): Edit[] | null;
  /** It reports a launch and is none itself: there is nothing to edit. */
  readOnly?: boolean;
  /** Part of the text that is the launch: where placeholders are looked for. */
  extent: { start: number; end: number };
}

/** A carrier of launches: one file in `shapes/` each. Asked in the order of the registry; the first reading counts. */
export interface Shape {
  name: string;
  /** Null when the text is not of this shape. */
  read(text: string): Reading | null;
}

/** What stands behind a fixed beginning (`docker://`, `nvidia.com/gpu=`): that is not part of the value, and stays. */
export const behind = (setting: Setting, prefix: string): Setting =>
  setting.value.startsWith(prefix)
    ? {
        ...setting,
        value: setting.value.slice(prefix.length),
        set: (text, wanted) => setting.set(text, prefix + wanted),
      }
    : setting;

/** A setting whose value stands in one slot. */
export const settingOf = (slot: Slot, value = slot.text.text): Setting => ({
  value,
  at: slot.start,
  set: (_text, wanted) => replaceText(slot, wanted),
});
