import { compareVersions } from '../../common/version.js';
import type { FlagInfo } from '../../knowledge/releases.js';
import { writtenValue } from '../place.js';
import type { Case } from './case.js';
import { MESSAGES } from './messages.js';

/** The first release that reads underscores in a flag as dashes: FlexibleArgumentParser came with it. */
const UNDERSCORES_SINCE = '0.5.1';
/** The first release that takes what follows `-O` for a level; up to 0.11.2 `-O.x=y` set members, 0.12 rewrote it to `-cc`. */
const DASH_O_IS_LEVEL_SINCE = '0.13.0';

const isBefore = (release: string, other: string): boolean => (compareVersions(release, other) ?? 0) < 0;

/** Forms of one and the same flag that only some releases read. */
export const checkSpelling = (given: Case): void => {
  const { launch, release, known, object } = given;
  for (const name of Object.keys(launch.args)) {
    const info = known.flag(release, name);
    if (!info) continue;
    checkForm(name, info, given);
    const hasUnderscores =
      name.includes('-') && new RegExp(`--${name.replaceAll('-', '_')}(?![\\w-])`).test(launch.text);
    if (hasUnderscores && isBefore(release, UNDERSCORES_SINCE)) object('underscores', name, MESSAGES.underscores);
  }
  checkAliases(given);
  if (/(?<=\s|^)-O[.{]/m.test(launch.text) && (compareVersions(release, DASH_O_IS_LEVEL_SINCE) ?? -1) >= 0)
    object('dash-o', 'compilation-config', MESSAGES.dashO);
};

/** The form of a flag's value: JSON or pairs, a switch's, a number's. */
const checkForm = (name: string, info: FlagInfo, { launch, object }: Case): void => {
  const value = writtenValue(launch.text, name);
  if (value === null) return;
  if (info.type === 'json' && name === 'limit-mm-per-prompt' && /^\w{1,20}=\d/.test(value))
    object('json-wanted', name, MESSAGES.pairsWanted);
  if (info.type === 'k=v,...' && value.startsWith('{')) object('pairs-wanted', name, MESSAGES.jsonUnknown);
  if (info.type === 'flag' && /^(?:true|false)$/i.test(value)) {
    const negated = info.negatable ? ` (--no-${name})` : '';
    object('switch-takes-no-value', name, MESSAGES.switchValue, { negated });
  }
  if ((info.type === 'int' || info.type === 'float') && /^\d{1,9}(?:\.\d{1,9})?[kKmMgG]$/.test(value))
    object('value-type', name, MESSAGES.humanNumber, { value });
};

/** The flag is there, but not under the name that was typed. */
const checkAliases = ({ launch, release, known, object }: Case): void => {
  const words = launch.text.matchAll(/(?<=^|\s|["'])(-{1,2}[a-zA-Z][\w-]{0,60})(?=[\s=.{]|$)/gm);
  for (const word of new Set([...words].map(([, typed]) => typed!))) {
    // -O changed its meaning and is looked at by itself.
    const history = word === '-O' ? null : known.flagHistory(word);
    if (!history || !(history.name in launch.args) || known.flag(release, word) || !known.flag(release, history.name))
      continue;
    if (`--${history.name}` !== word.replaceAll('_', '-'))
      object('alias-unknown', history.name, MESSAGES.alias, { alias: word });
  }
};
