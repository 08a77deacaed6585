import { say } from '../../common/text.js';
import type { Line } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { paragraph } from '../wrapping.js';

/** A wait that is over sooner is not announced. */
const SOON_MS = 300;

const MOST_NOTICE_ROWS = 4;

/** What is being waited for, how long so far and how to stop it; else the last notice. */
export const statusRows = (state: WizardState, columns: number): Line[] => {
  const { lang, busy, notice, overlay } = state;
  if (overlay === 'quit')
    return [
      ...paragraph(say(STR.quit.ask, lang), columns - 1, 'warn', 1),
      ...paragraph(say(STR.quit.stay, lang), columns - 1, 'strong', 1),
    ];
  if (busy) {
    const ms = state.now.getTime() - busy.since.getTime();
    if (ms < SOON_MS) return [];
    const text = tell(STR.waiting, lang, { what: say(busy.what, lang), seconds: Math.floor(ms / 1000) });
    return paragraph(text, columns - 1, 'accent', 1);
  }
  if (!notice) return [];
  const sign = { good: '✓', warn: '!', bad: '✗' }[notice.tone];
  return paragraph(`${sign} ${say(notice.text, lang)}`, columns - 1, notice.tone, 1).slice(0, MOST_NOTICE_ROWS);
};
