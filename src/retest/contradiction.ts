import { factsFromLaunch } from '../facts/from-launch.js';
import type { Facts } from '../facts/types.js';
import { readLaunch } from '../launch/index.js';
import { readLog } from '../log/index.js';

/** One setting of which the output says another value than the command that was started. */
export interface Contradiction {
  flag: string;
  started: string;
  printed: string;
}

/** vLLM prints some shares with two digits. */
const SHARE_DIGITS = 0.0051;
/** `org/name`, as a hub knows it; paths and addresses are printed in many forms. */
const HUB_NAME = /^[A-Za-z0-9][\w.-]{0,95}\/[\w.-]{1,96}$/;

/**
 * What proves that an output is not that of `command`: vLLM prints its model, its share of the GPU and the eager mode as
 * they were given, and never lengthens a given context. Null: nothing speaks against it. `printed` is what the log says.
 */
export const contradiction = (command: string, printed: Facts): Contradiction | null => {
  const launch = readLaunch(command);
  if (!launch) return null;
  const started = factsFromLaunch(launch);
  const differs = <T>(name: keyof Facts, flag: string, differ: (started: T, printed: T) => boolean) => {
    const [ours, theirs] = [started[name], printed[name]];
    if (!ours || theirs?.from !== 'log' || !differ(ours.value as T, theirs.value as T)) return null;
    return { flag, started: String(ours.value), printed: String(theirs.value) };
  };
  return (
    differs<string>('model', '--model', (a, b) => HUB_NAME.test(a) && HUB_NAME.test(b) && a !== b) ??
    differs<number>('gpuMemoryUtilization', '--gpu-memory-utilization', (a, b) => Math.abs(a - b) > SHARE_DIGITS) ??
    differs<number>('maxModelLen', '--max-model-len', (a, b) => b > a) ??
    differs<boolean>('enforceEager', '--enforce-eager', (a, b) => a && !b)
  );
};

/** The same for what a start printed, as the doctor reads it. */
export const foreignOutput = async (command: string, output: string): Promise<Contradiction | null> => {
  const { runs, judged } = await readLog([output]);
  return contradiction(command, runs[judged]?.facts ?? {});
};
