import { compareVersions } from '../../common/version.js';
import type { Case } from './case.js';
import { MESSAGES } from './messages.js';

/** Variables of vLLM that this release does not read. Names that vLLM never had are the user's own. */
export const checkEnvironment = ({ launch, release, known, object }: Case): void => {
  for (const name of Object.keys(launch.env)) {
    const history = name.startsWith('VLLM_') ? known.envHistory(name) : null;
    if (!history || known.envVariable(release, name)) continue;
    const { since, until } = history;
    const isEarly = (compareVersions(release, since) ?? 0) < 0;
    if (isEarly) object('env-ignored', name, MESSAGES.envNotYet, { since }, 'warning');
    else object('env-ignored', name, MESSAGES.envGone, { until: until ?? '' }, 'warning');
  }
};
