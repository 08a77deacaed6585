import { editText } from './edit.js';
import { launchOf, readText } from './read.js';
import { startableCommand } from './to-command.js';
import type { Launch, LaunchChange } from './types.js';

export type { ArgValue, Launch, LaunchChange, LaunchNote } from './types.js';

/**
 * Reads a launch of vLLM in any shape. Null when the text holds none. Never throws: what is damaged is read as meant
 * and told in `problems`.
 */
export const readLaunch = (text: string): Launch | null => {
  const reading = readText(text);
  return reading && launchOf(text, reading);
};

/**
 * The same text with the changes applied and every other byte as it was. A change that this shape cannot carry
 * (an environment variable in a `log` shape) is returned in `notApplied`.
 */
export const editLaunch = (text: string, changes: LaunchChange[]): { text: string; notApplied: LaunchChange[] } =>
  editText(text, changes);

/** The launch as a program and its arguments, ready to start without a shell; null where the shape cannot be started here. */
export const toCommand = (launch: Launch): { file: string; args: string[]; env: Record<string, string> } | null =>
  startableCommand(launch.text);
