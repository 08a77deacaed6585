import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/** How to talk to the person in front: a full screen, plain prompts one after the other, or not at all. */
export type Manner = 'screen' | 'plain' | 'none';

/** Pure but for the streams it is given. */
export const mannerOf = (
  env: NodeJS.ProcessEnv,
  terminal: { input: boolean; output: boolean },
  askedPlain = false,
): Manner => {
  if (!terminal.output || !terminal.input) return 'none';
  if (askedPlain || env.TERM === 'dumb' || env.INK_SCREEN_READER === 'true') return 'plain';
  return 'screen';
};

/** The keyboard: standard input where it is a terminal, else the controlling terminal; null where there is none. */
export const keyboardStream = (): ReadStream | null => {
  if (process.stdin.isTTY) return process.stdin as ReadStream;
  try {
    const stream = new ReadStream(openSync('/dev/tty', 'r'));
    return stream.isTTY ? stream : null;
  } catch {
    return null;
  }
};

/**
 * Tells chalk, which looks once when it is loaded and knows neither NO_COLOR nor that CI says nothing about a terminal,
 * whether to style. The environment is put back at once: children get the user's own.
 */
export const withColourDecided = async <T>(env: NodeJS.ProcessEnv, load: () => Promise<T>): Promise<T> => {
  const before = env.FORCE_COLOR;
  env.FORCE_COLOR = env.NO_COLOR ? '0' : '1';
  try {
    return await load();
  } finally {
    if (before === undefined) delete env.FORCE_COLOR;
    else env.FORCE_COLOR = before;
  }
};
