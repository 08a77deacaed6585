import { newFlag } from '../args/new-flag.js';
import type { Edit } from '../text/edits.js';
import type { ArgValue } from '../types.js';
import { addItems } from './blocks.js';
import type { YamlEntry, YamlMap } from './nodes.js';
import { doubleQuoted, isPlainSafe, singleQuoted } from './scalar.js';

/**
 * The image is known to start the server itself and to have no arguments of its own that a list of arguments would
 * replace: vLLM's own (its Dockerfile has an ENTRYPOINT and no CMD).
 */
export const hasOwnEntrypoint = (image: string): boolean =>
  /(?:^|\/)vllm-openai(?:-[\w-]{1,40})?(?:[:@]|$)/.test(image);

/** A flag or a value as an item; numbers are strings, so they are quoted. */
const item = (word: string): string => {
  if (/^--[\w-]+$/.test(word) || isPlainSafe(word)) return word;
  return /["\\]/.test(word) ? singleQuoted(word) : doubleQuoted(word);
};

/** The first argument of a container that has no list of arguments yet: a list, flag and value as items of their own. */
export const addArguments = (
  text: string,
  container: YamlMap,
  after: YamlEntry | null,
  key: string,
  name: string,
  value: ArgValue,
  ...around: YamlMap[]
): Edit[] | null => {
  const flag = newFlag(name, value, []);
  const words = flag.value === null ? [flag.flag] : [flag.flag, flag.value];
  return addItems(text, container, after, key, words.map(item), ...around);
};
