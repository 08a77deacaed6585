import { createInterface } from 'node:readline/promises';
import { say } from '../common/text.js';
import { stepOf } from '../session/record.js';
import { exitLines } from './exit-line.js';
import { FORM } from './form/rows.js';
import { type Line, paragraph, textOf } from './lines.js';
import { screenOf } from './screens/index.js';
import type { StartOptions } from './start.js';
import { commandToTry, isSimulatedSession } from './state/selectors.js';
import type { WizardState } from './state/wizard-state.js';
import { STR, tell as sayFilled } from './strings.js';
import { createWizard } from './wizard.js';

/** As wide as the terminal, if it tells; else as every terminal is. */
const columnsOf = (output: NodeJS.WriteStream): number => Math.max(20, Math.min(100, output.columns || 80));

/** Prompts of the plain manner: what Enter does, and what may be typed instead. */
const ASK = {
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
} as const;

/**
 * The wizard as plain prompts, one after the other, for screen readers and dumb terminals: nothing is drawn over, every
 * line is said once.
 */
export const runPlain = async ({
  record,
  services,
  lang,
  keyboard,
  sources,
  command,
}: StartOptions): Promise<WizardState> => {
  const wizard = createWizard(record, services, {
    lang,
    plain: true,
    spoken: true,
    engine: await services.engine(),
  });
  const lines = createInterface({ input: keyboard, output: process.stdout, terminal: false });
  const queue = lines[Symbol.asyncIterator]();
  lines.on('SIGINT', () => lines.close());
  const tell = (text: string) => process.stdout.write(`${text}\n`);
  /** What the doctor says itself is wrapped; a command in it stays on one line only where it fits. */
  const inform = (text: string) => tell(paragraph(text, columnsOf(process.stdout)).map(textOf).join('\n'));
  const next = async (): Promise<string | null> => {
    const { value, done } = await queue.next();
    return done ? null : value;
  };
  const show = () => {
    const state = wizard.get();
    const step = stepOf(state.record);
    const simulated = isSimulatedSession(state) ? ` (${say(STR.simulated, lang)})` : '';
    tell(`\n== ${say(STR.steps[step], lang)}${simulated} ==`);
    const rows = step === 'log' ? [] : screenOf(state).view(state, { columns: columnsOf(process.stdout), rows: 1000 });
    const body: Line[] = Array.isArray(rows) ? [] : [...rows.body, ...(step === 'fixes' ? rows.bottom : [])];
    const texts = body.map(row => textOf(row).trimEnd());
    tell(step === 'fixes' ? numbered(texts).join('\n') : texts.join('\n'));
  };
  const notice = () => {
    const { notice: said } = wizard.get();
    if (said) inform(say(said.text, lang));
    wizard.set({ notice: null });
  };

  const readLog = async (): Promise<boolean> => {
    const first = await next();
    if (first === null || first.trim() === 'q') return false;
    if (first.trim() === '') return true;
    if (services.isFile(first.trim())) {
      await wizard.openPath(first);
      return true;
    }
    wizard.pasteStart();
    let typed: string | null = first;
    // A single line that is no file may be a command or a path that was mistyped: the wizard tells them apart.
    for (let count = 0; typed !== null && typed.trim() !== '.'; count++) {
      wizard.pasteText(`${typed}\n`);
      typed = await next();
      if (count > 5_000_000) break;
    }
    await wizard.pasteEnd();
    return true;
  };

  if (sources.length > 0) await wizard.openSources(sources, command);
  for (;;) {
    notice();
    const state = wizard.get();
    const step = stepOf(state.record);
    show();
    if (step === 'log' && state.record.rounds.length === 0) {
      inform(say(ASK.log, lang));
      if (!(await readLog())) break;
      continue;
    }
    if (step === 'log') {
      wizard.forward();
      continue;
    }
    inform(say(ASK[step], lang));
    const typed = (await next())?.trim();
    if (typed === undefined || typed === 'q') break;
    if (typed === 'b') {
      wizard.back();
      continue;
    }
    if (step === 'facts' && typed !== '') {
      const match = /^(\w+)\s*[=:]\s*(.*)$/.exec(typed);
      const row = FORM.find(({ name }) => name.toLowerCase() === match?.[1]?.toLowerCase());
      const value = match && row ? row.parse(match[2]!) : null;
      if (match?.[1]?.toLowerCase() === 'command') {
        if (wizard.isLaunch(match[2]!)) wizard.setCommand(match[2]!);
        else inform(sayFilled(STR.facts.wrong, lang, { what: say(STR.facts.command, lang) }));
      } else if (row && value !== null) wizard.correct(row.name, value);
      else inform(`? ${typed}  (command, ${FORM.map(({ name }) => name).join(', ')})`);
      continue;
    }
    if (step === 'fixes' && typed !== '') {
      for (const number of typed.match(/\d{1,3}/g) ?? []) {
        const fix = state.answer?.fixes[Number(number) - 1];
        if (fix) wizard.toggleFix(fix.id);
      }
      continue;
    }
    if (step === 'retest') {
      if (typed === 'y' && commandToTry(state) !== null) {
        let told = 0;
        const unsubscribe = wizard.subscribe(() => {
          const phases = wizard.get().live?.phases ?? [];
          for (; told < phases.length; told++)
            tell(`  ${Math.round(phases[told]!.atMs / 1000)} s  ${phases[told]!.phase}`);
        });
        const stop = () => wizard.stopRetest();
        process.on('SIGINT', stop);
        await wizard.startRetest();
        process.off('SIGINT', stop);
        unsubscribe();
      } else if (typed === 'n') wizard.skipRetest();
      continue;
    }
    if (step === 'result') {
      if (typed === 'w') wizard.writeCommand();
      else if (typed === 'r') wizard.writeReport();
      else break;
      continue;
    }
    wizard.forward();
    if (stepOf(wizard.get().record) === step) break;
  }
  lines.close();
  wizard.end();
  const state = wizard.get();
  process.stdout.write(`\n${exitLines(state, wizard.written())}`);
  return state;
};

/** Check boxes with their numbers in front: `1 [x] …`. */
const numbered = (texts: string[]): string[] => {
  let count = 0;
  return texts.map(text =>
    /^ (?:›| ) \[[x ]\] /.test(text) ? `${String(++count).padStart(2)} ${text.slice(3)}` : text,
  );
};
