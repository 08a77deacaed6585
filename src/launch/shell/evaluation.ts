import type { EnvSetting } from '../reading.js';
import type { Traced } from '../text/traced.js';
import type { Dialect } from './dialect.js';
import type { Scope, Value } from './words.js';

/** A script while its statements are evaluated one after the other. */
export interface Evaluation {
  source: Traced;
  dialect: Dialect;
  /** What was assigned so far; null: from outside the text. */
  values: Map<string, Value | null>;
  /** The same, and behind it what is known around the script. */
  scope: Scope;
  /** Variables with which every command from here on is started. */
  exported: EnvSetting[];
}

/** Most characters that the variables of one script may stand for together; beyond that they count as unknown. */
const MAX_UNFOLDED = 100_000;

/** Characters that a value puts in its variable's place; a word of a list counts as a short one. */
const sizeOf = (value: Value | null | undefined): number => {
  if (value?.kind === 'text') return value.text.length;
  return value?.kind === 'list' ? value.words.length * 10 : 0;
};

/** Nothing assigned yet. `outer`: what is known around the script. */
export const newEvaluation = (source: Traced, dialect: Dialect, outer: Scope): Evaluation => {
  const values: Evaluation['values'] = new Map();
  let unfolded = 0;
  const scope: Scope = {
    get: name => {
      const value = values.has(name) ? values.get(name) : outer.get(name);
      unfolded += sizeOf(value);
      return unfolded > MAX_UNFOLDED ? null : value;
    },
    set: (name, value) => values.set(name, value),
  };
  return { source, dialect, values, scope, exported: [] };
};
