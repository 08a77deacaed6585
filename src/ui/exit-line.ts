import { maskSecrets } from '../common/mask.js';
import { stripControls } from '../common/sanitize.js';
import { say } from '../common/text.js';
import { claim } from './state/claim.js';
import { commandToTry, isSimulatedSession } from './state/selectors.js';
import type { WizardState } from './state/wizard-state.js';
import { STR, tell } from './strings.js';
import { changeText } from './widgets/change.js';

/** What stays in the scrollback after leaving: the diagnosis, the fix and how well it is proven, files, how to resume or why not. */
export const exitLines = (state: WizardState, written: readonly string[]): string => {
  const { answer, preview, record, lang } = state;
  if (!answer || record.rounds.length === 0) return '';
  const first = answer.verdict === 'oom' ? answer.causes[0] : undefined;
  const simulated = isSimulatedSession(state) ? `[${say(STR.simulated, lang)}] ` : '';
  const lines = [`${simulated}${first ? `${first.id}: ` : ''}${say(first?.summary ?? answer.summary, lang)}`];
  const round = record.rounds.at(-1)!;
  // What was ticked counts, whether or not somebody went on from there.
  const chosen = preview && preview.fixes.length > 0 && (round.fixesChosen || round.selected !== null);
  if (chosen) {
    const changes = preview.fixes.flatMap(fix => fix.changes.map(change => changeText(change, lang)));
    lines.push(`${preview.fixes.map(fix => fix.id).join(' + ')}: ${changes.join(', ')}`, say(claim(state).text, lang));
  } else if (preview && round.selected?.length === 0) lines.push(say(STR.fixes.nothing, lang));
  const command = chosen ? commandToTry(state) : null;
  if (command !== null && command.length <= 2000) lines.push(`  ${command.trim().replace(/\n/g, '\n  ')}`);
  if (written.length) lines.push(tell(STR.result.written, lang, { paths: written.join(', ') }));
  // What cannot be resumed is not offered.
  if (state.saveProblem) lines.push(say(state.saveProblem, lang));
  else lines.push(tell(STR.exit.resume, lang, { command: `vllm-oom-doctor resume ${record.id}` }));
  return `${maskSecrets(lines.map(line => stripControls(line)).join('\n'))}\n`;
};
