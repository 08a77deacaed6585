import { COMMAND_LINE, PYTHON } from '../kinds.js';
import type { Case } from './case.js';
import { MESSAGES } from './messages.js';

/** Flags that the release does not have (any more, yet), and values that it refuses. */
export const checkFlags = ({ launch, release, known, context, object }: Case): void => {
  const isPython = PYTHON.has(launch.program);
  for (const [name, value] of Object.entries(launch.args)) {
    const told = known.validate(release, name, value);
    const isHere = context.installedFlags?.includes(name) ?? null;
    const isMissing = told?.code === 'flag-not-yet' || told?.code === 'flag-removed';
    const objection = isHere && isMissing ? null : told;
    if (isHere === false && !isMissing && known.flag(release, name)) {
      object('flag-not-installed', name, MESSAGES.notInstalled);
      continue;
    }
    // A name that no release ever had is a plug-in's, or already a fault of the text. Wrappers have values of their own
    // (`tensor_parallel_degree: max`), which they work out before vLLM sees them.
    const isOwn = COMMAND_LINE.has(launch.program) || isPython;
    if (objection && objection.code !== 'unknown-flag' && (isOwn || objection.code !== 'value-type'))
      object(objection.code, name, objection.message, {}, objection.fatal ? 'fatal' : 'warning');
    else if (!objection && isPython && known.flag(release, name)?.group === 'server')
      object('not-for-python', name, MESSAGES.notForPython);
  }
};

/** Values that every release refuses: a utilisation above 1, no sequence at all. */
export const checkRanges = ({ launch, known, object }: Omit<Case, 'release'>): void => {
  for (const [name, value] of Object.entries(launch.args)) {
    const objection = known.validate(known.newest, name, value);
    if (objection?.code === 'value-range') object(objection.code, name, objection.message);
  }
};
