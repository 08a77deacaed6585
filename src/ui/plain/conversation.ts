import { say, type Text } from '../../common/text.js';
import type { Step } from '../../session/record.js';
import { textOf } from '../lines.js';
import { screenOf } from '../screens/index.js';
import { isSimulatedSession } from '../state/selectors.js';
import { STR } from '../strings.js';
import type { Wizard } from '../wizard.js';
import { inform, type Person } from './person.js';
import { REPLIES } from './replies.js';

/** What Enter does on each step, and what may be typed instead. */
const ASK: Record<Step, Text> = {
  log: {
    en: 'Type a file path, or paste the log and end it with a line that holds only a dot:',
    zh: '输入文件路径，或粘贴日志并以只有一个句点的一行结束：',
  },
  facts: {
    en: 'Enter goes on. To correct: NAME=VALUE, e.g. maxModelLen=8192. b goes back, q leaves.',
    zh: '按 Enter 继续。更正：名称=值，例如 maxModelLen=8192。b 返回，q 退出。',
  },
  diagnosis: { en: 'Enter shows the fixes. b goes back, q leaves.', zh: '按 Enter 查看修复方案。b 返回，q 退出。' },
  fixes: {
    en: 'Type numbers to select or unselect, Enter goes on. b goes back, q leaves.',
    zh: '输入编号选择或取消，按 Enter 继续。b 返回，q 退出。',
  },
  retest: {
    en: 'y starts it, n goes on without a re-test. b goes back, q leaves.',
    zh: 'y 启动，n 不复测直接继续。b 返回，q 退出。',
  },
  result: {
    en: 'w writes the command to a file, r writes the report, q or Enter leaves.',
    zh: 'w 把命令写入文件，r 写出报告，q 或 Enter 退出。',
  },
};

/** A paste of more lines is taken as it is so far. */
const MOST_LINES = 5_000_000;

/** Check boxes with their numbers in front: `1 [x] …`. */
const numbered = (rows: string[]): string[] => {
  let count = 0;
  return rows.map(row => (/^ (?:›| ) \[[x ]\] /.test(row) ? `${String(++count).padStart(2)} ${row.slice(3)}` : row));
};

/** Says the whole screen: its name, and its rows one after the other. The first one is said by its prompt. */
const tellScreen = (wizard: Wizard, person: Person): void => {
  const state = wizard.get();
  const step = wizard.step();
  const simulated = isSimulatedSession(state) ? ` (${say(STR.simulated, state.lang)})` : '';
  person.tell(`\n== ${say(STR.steps[step], state.lang)}${simulated} ==`);
  const view = step === 'log' ? null : screenOf(state).view(state, { columns: person.columns(), rows: 1000 });
  const body = view ? [...view.body, ...(step === 'fixes' ? view.bottom : [])] : [];
  const rows = body.map(row => textOf(row).trimEnd());
  person.tell((step === 'fixes' ? numbered(rows) : rows).join('\n'));
};

const tellNotice = (wizard: Wizard, person: Person): void => {
  const { notice, lang } = wizard.get();
  if (notice) inform(say(notice.text, lang), person);
  wizard.set({ notice: null });
};

/** Takes a file's path or a paste. False when the person leaves. */
const readLog = async (wizard: Wizard, person: Person): Promise<boolean> => {
  const first = await person.next();
  if (first === null || first.trim() === 'q') return false;
  if (first.trim() === '') return true;
  if (wizard.services.isFile(first.trim())) {
    await wizard.openPath(first);
    return true;
  }
  wizard.pasteStart();
  let typed: string | null = first;
  // A single line that is no file may be a command or a path that was mistyped: the wizard tells them apart.
  for (let count = 0; typed !== null && typed.trim() !== '.' && count <= MOST_LINES; count++) {
    wizard.pasteText(`${typed}\n`);
    typed = await person.next();
  }
  await wizard.pasteEnd();
  return true;
};

/** Goes through the wizard's steps with a person until they leave. */
export const converse = async (wizard: Wizard, person: Person): Promise<void> => {
  for (;;) {
    tellNotice(wizard, person);
    tellScreen(wizard, person);
    const { record, lang } = wizard.get();
    const step = wizard.step();
    if (step === 'log') {
      if (record.rounds.length > 0) wizard.forward();
      else {
        inform(say(ASK.log, lang), person);
        if (!(await readLog(wizard, person))) return;
      }
      continue;
    }
    inform(say(ASK[step], lang), person);
    const typed = (await person.next())?.trim();
    if (typed === undefined || typed === 'q') return;
    if (typed === 'b') wizard.back();
    else if (!(await REPLIES[step](typed, wizard, person))) return;
  }
};
