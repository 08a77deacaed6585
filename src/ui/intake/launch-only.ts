import type { LogReading } from '../../log/types.js';
import type { Engine } from '../services.js';

/** No server says anything in it: what a launch names itself (an image, a flag) is no message of one that ran. */
const isSilent = ({ runs }: LogReading): boolean =>
  runs.every(
    run =>
      run.traces.length === 0 &&
      (run.phase === 'none' || run.phase === 'unknown') &&
      run.events.every(({ kind }) => kind === 'info'),
  );

/** Whether a text is a launch command (or a script, a compose file …) and no log. */
export const isLaunchOnly = (text: string, reading: LogReading, engine: Engine): boolean => {
  const launch = isSilent(reading) ? engine.readLaunch(text) : null;
  return launch !== null && launch.shape !== 'log';
};
