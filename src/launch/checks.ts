import { fill, say } from '../common/text.js';
import { releases } from '../knowledge/releases.js';
import type { CheckContext, Objector } from './checks/case.js';
import { checkContradictions } from './checks/contradictions.js';
import { checkEnvironment } from './checks/environment.js';
import { checkFlags, checkRanges } from './checks/flags.js';
import { checkSpelling } from './checks/spelling.js';
import { COMMAND_LINE } from './kinds.js';
import { placeOf } from './place.js';
import type { Launch, LaunchNote } from './types.js';

/** An objection to a launch. `fatal`: vLLM refuses to start; otherwise it warns, ignores, or only something is odd. */
interface LaunchCheck extends LaunchNote {
  release: string | null;
  fatal: boolean;
}

/**
 * What a release of vLLM has against a launch: flags that it does not have (any more, yet), values that it refuses,
 * spellings that it does not read, contradictions. `version` in any spelling; unknown: only what no release accepts.
 */
export const checkLaunch = (launch: Launch, version: string | null, context: CheckContext = {}): LaunchCheck[] => {
  const known = releases();
  const release = known.match(version)?.release ?? null;
  const checks: LaunchCheck[] = [];
  const object: Objector = (code, name, message, values = {}, weight = 'fatal') => {
    const text = fill(message, { name, release: release ?? 'vLLM', ...values });
    const place = placeOf(launch.text, name);
    checks.push({ code, message: say(text, context.lang ?? 'en'), text, ...place, release, fatal: weight === 'fatal' });
  };
  const given = { launch, known, context, object };
  if (release === null) checkRanges(given);
  else {
    checkFlags({ ...given, release });
    if (COMMAND_LINE.has(launch.program)) checkSpelling({ ...given, release });
    checkEnvironment({ ...given, release });
  }
  checkContradictions({ ...given, release });
  return checks.sort((a, b) => a.line - b.line || a.column - b.column);
};
