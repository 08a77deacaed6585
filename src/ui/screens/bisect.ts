import { say } from '../../common/text.js';
import { line } from '../lines.js';
import { STR } from '../strings.js';
import { choiceRows } from '../widgets/choices.js';
import { EMPTY_VIEW, moved, type Screen } from './screen.js';

/** The flags whose largest value can be searched for. */
const SEARCHED = ['max-model-len', 'max-num-seqs', 'gpu-memory-utilization'] as const;

/** Which flag to search the largest value of. */
export const bisectScreen: Screen = {
  view({ screens, lang }) {
    const names = SEARCHED.map(name => STR.bisect[name]);
    const body = [
      line(` ${say(STR.bisect.ask, lang)}`, 'strong'),
      ...choiceRows(names, screens.result.bisect ?? 0, lang),
    ];
    return { ...EMPTY_VIEW, body };
  },
  actions: () => ['next', 'down', 'up', 'back'],
  labels: () => ({ next: STR.labels.start }),
  act(action, wizard) {
    const at = wizard.get().screens.result.bisect ?? 0;
    // Another action than a move ends the choice.
    wizard.setScreen('result', { bisect: moved(action, at, SEARCHED.length) });
    if (action === 'next') void wizard.startBisect(SEARCHED[at]!);
  },
};
