/**
 * Conditions of knowledge files, over what was read and what is known. Each is true, false or unknown; only true counts.
 * One key names the kind of the condition, the others refine it.
 */
export type Condition =
  /** One of these messages was printed (values of the message are at hand in `where`). */
  | { event: string | string[]; where?: string }
  /** A fact has this value, or (text facts) contains one of these words. */
  | { fact: string; is?: (string | number | boolean)[] | string | number | boolean; has?: string | string[] }
  /** A comparison of figures; unknown where a figure is. */
  | { calc: string }
  /** Where vLLM was when it failed. */
  | { phase: string | string[] }
  /** A failing traceback passes through one of these (part of "file function"); `last` looks at that many innermost frames only. */
  | { frame: string | string[]; last?: number }
  /** A failure of this kind stands in the log (`shortOf` of its message). */
  | { shortOf: string | string[] }
  /** The launch command contains one of these words. */
  | { command: string | string[] }
  /** The size asked for is that of a tensor which this flag scales (the flag in either spelling of the budget room). */
  | { tensor: string | string[] }
  /** The release is known and lies in this range (both ends included). */
  | { version: { from?: string; to?: string } }
  | { all: Condition[] }
  | { any: Condition[] }
  /** A guard beside other evidence: the condition is not shown to hold (it is false or unknown). */
  | { unless: Condition };

/** One or many as a list. */
export const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Ids of the messages that a condition speaks of: for checking that they exist. */
export const messagesOf = (condition: Condition): string[] => {
  if ('event' in condition) return listOf(condition.event);
  if ('all' in condition) return condition.all.flatMap(messagesOf);
  if ('any' in condition) return condition.any.flatMap(messagesOf);
  if ('unless' in condition) return messagesOf(condition.unless);
  return [];
};
