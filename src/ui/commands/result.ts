import { maskSecrets } from '../../common/mask.js';
import { fill, type Text } from '../../common/text.js';
import { maskedNames } from '../../session/record.js';
import { commandFileName, commandToTry, reportedAnswer } from '../state/selectors.js';
import type { Notice } from '../state/wizard-state.js';
import { STR } from '../strings.js';
import type { Store } from './store.js';

/** What was done with a command; told too whether it holds secrets, which the screen hides, or lacks them. */
const doneWith = (command: string, done: Text): Notice => {
  const names = maskedNames(command);
  if (names.length > 0) {
    const missing = fill(STR.result.missing, { names: names.join(', ') });
    return { tone: 'warn', text: { en: `${missing.en} ${done.en}`, zh: `${missing.zh}${done.zh}` } };
  }
  const { secrets } = STR.result;
  const holds = maskSecrets(command) !== command;
  return { tone: 'good', text: holds ? { en: `${done.en} ${secrets.en}`, zh: `${done.zh} ${secrets.zh}` } : done };
};

/** What is taken along: the command and the report. Nothing is written unless it is asked for. */
export const resultCommands = (store: Store) => {
  const { get, set, services } = store;
  const written: string[] = [];

  /** Writes files and says where they are, or why they could not be written. */
  const writing = (write: () => string[], command = '') => {
    try {
      const paths = write();
      written.push(...paths);
      set({ notice: doneWith(command, fill(STR.result.written, { paths: paths.join(', ') })) });
    } catch (error) {
      store.fail(error);
    }
  };

  return {
    copyCommand() {
      const command = commandToTry(get());
      if (command === null) return;
      services.copy(command);
      set({ notice: doneWith(command, STR.result.copied) });
    },
    writeCommand() {
      const command = commandToTry(get());
      if (command === null) return;
      writing(() => [services.writeNew(commandFileName(get()), `${command.trimEnd()}\n`)], command);
    },
    /** The report as Markdown, HTML and JSON, without secrets. */
    writeReport() {
      const answer = reportedAnswer(get());
      if (!answer) return;
      const formats = { md: 'markdown', html: 'html', json: 'json' } as const;
      const options = { lang: get().lang, showSecrets: false };
      writing(() =>
        Object.entries(formats).map(([extension, format]) =>
          services.writeNew(`vllm-oom-report.${extension}`, store.engine().renderAnswer(answer, format, options)),
        ),
      );
    },
    /** Files written so far. */
    written: (): readonly string[] => written,
  };
};
