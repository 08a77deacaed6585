import { say } from '../../common/text.js';
import { UserError } from '../errors.js';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { openStdin, readAll } from '../input.js';
import type { RetestRoom } from './room.js';
import { words } from './words.js';

/** The user runs it elsewhere; we read what it printed. @returns the exit code */
export const manual = async (room: RetestRoom): Promise<number> => {
  const { command, lang } = room.settings;
  room.say(words.manual());
  room.sayCommand(command);
  const pasted = await readAll(openStdin());
  if (!pasted.trim())
    throw new UserError(
      EXIT.badInput,
      { en: 'nothing was pasted.', zh: '没有粘贴内容。' },
      { en: 'Paste what the command printed.', zh: '请粘贴命令的输出。' },
    );
  const answer = await room.diagnose([{ name: 're-test', text: [pasted] }], command);
  room.conclusion = { outcome: answer.verdict === 'healthy' ? 'up' : 'failed', reason: say(answer.summary, lang) };
  if (answer.verdict === 'healthy') {
    room.say(words.manualUp(/"POST \/[\w/]{1,60} HTTP\/[\d.]{1,4}" 200/.test(pasted)));
    return EXIT.ok;
  }
  room.printAnswer(answer);
  return exitCodeOf(answer.verdict);
};
