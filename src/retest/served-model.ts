import { readLaunch } from '../launch/index.js';

/**
 * The names under which the server of this launch says that it serves (vLLM's `served_model_name`, else the model as it
 * is given). Null where the launch does not tell: a configuration file, a shell's variable, another program.
 */
export const expectedNames = (command: string): string[] | null => {
  const launch = readLaunch(command);
  if (!launch) return null;
  const given = launch.args['served-model-name'];
  const names = (Array.isArray(given) ? given : [given]).filter(name => typeof name === 'string');
  if (names.length === 0 && (launch.args.config !== undefined || launch.model === null)) return null;
  const known = names.length > 0 ? names : [launch.model!];
  return known.some(name => /[$`]/.test(name)) ? null : known;
};

const letters = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Paths and addresses are resolved on the way (`~`, a cache's folder): there the last part has to be found. */
const isPlace = (name: string): boolean => /^[~./]|:\/\//.test(name);

const isSame = (expected: string, served: string): boolean =>
  expected === served ||
  ((isPlace(expected) || isPlace(served)) &&
    letters(served).includes(letters(expected.replace(/\/+$/, '').split('/').at(-1)!)));

/** The served model that is the expected one; null when none is. */
export const matchingModel = <Model extends { id: string }>(models: Model[], expected: string[]): Model | null =>
  models.find(({ id }) => expected.some(name => isSame(name, id))) ?? null;
