import { type AskedQuestion, currentRound } from '../../session/record.js';
import { firstStop } from '../form/stops.js';
import { emptyField } from '../input/text-field.js';
import { pathIn } from '../intake/dropped-path.js';
import { isLaunchOnly } from '../intake/launch-only.js';
import { openPaste, type Paste } from '../intake/paste.js';
import { readSources, wholeText } from '../intake/sources.js';
import type { Source } from '../services.js';
import { type Beginning, withBeginning, withoutIncident } from '../state/record-changes.js';
import { emptyScreens } from '../state/screen-states.js';
import { STR } from '../strings.js';
import type { Store } from './store.js';
import type { Work } from './work.js';

/** A command, a script or a compose file is no longer; a log mostly is. In bytes. */
const LONGEST_COMMAND = 20_000;

/** A command that nothing crashed under: then the question is whether it will. */
const ofCommand = (command: string): Beginning => ({ input: '', reading: null, command, question: 'will-it-fit' });

/** What the first screen takes: a paste, files, a command, a question. Each begins a new incident. */
export const readingCommands = (store: Store, work: Work) => {
  const { services, setScreen } = store;
  /** What was read, so that it can be read again together with more. */
  let sources: Source[] = [];
  let paste: Paste | null = null;

  const begin = (beginning: Beginning, stay = false) => {
    const record = withBeginning(store.get().record, beginning);
    const answers = store.answersTo(record, true);
    // What cannot be diagnosed stays on the first screen, which says what is missing; one more key goes on.
    const verdict = answers.answer?.verdict;
    const isUnclear = beginning.question === null && (verdict === 'not-vllm' || verdict === 'insufficient-log');
    store.setRecord({ ...record, position: isUnclear || stay ? 'log' : null }, answers);
  };

  /** Reads the sources to their end and begins with them. `command`: the launch command where it was given beside them. */
  const readAll = async ({ command = null, stay = false }: { command?: string | null; stay?: boolean } = {}) => {
    const read = sources;
    let isWhole = false;
    await work.waitFor(STR.log.readingIt, async signal => {
      const engine = await store.loadEngine();
      const reading = await readSources(read, services, signal, progress =>
        setScreen('log', {
          progress: { ...progress, reading: progress.reading ?? store.get().screens.log.progress?.reading ?? null },
        }),
      );
      const { lines, bytes } = reading;
      setScreen('log', { progress: { lines, bytes, reading }, field: emptyField, adding: false });
      const [only] = read;
      const mayBeCommand = only && read.length === 1 && command === null && bytes <= LONGEST_COMMAND;
      const text = mayBeCommand ? await wholeText(only) : null;
      if (text !== null && isLaunchOnly(text, reading, engine)) begin({ ...ofCommand(text), input: only!.name });
      else begin({ input: read.map(source => source.name).join(', '), reading, command, question: null }, stay);
      isWhole = true;
    });
    // Half a text is not shown as if it were all.
    if (!isWhole && sources === read) {
      sources = [];
      setScreen('log', { progress: null });
    }
  };

  const openPath = async (typed: string) => {
    let opened = null as Source | null;
    await work.waitFor(STR.log.readingIt, async () => {
      opened = await services.openFile(pathIn(typed) ?? typed.trim());
    });
    if (!opened) return;
    sources = store.get().screens.log.adding ? [...sources, opened] : [opened];
    await readAll();
  };

  return {
    isPasting: () => paste !== null,
    /** A paste begins; where something was read it is added to that. */
    pasteStart() {
      if (paste) return;
      const { record, screens } = store.get();
      const earlier = screens.log.progress !== null && currentRound(record) !== null ? sources : [];
      paste = openPaste(earlier, services, progress => setScreen('log', { progress }));
      store.set({ notice: null });
    },
    /** The next piece of the paste that is coming in. */
    pasteText(text: string) {
      paste?.add(text);
    },
    /** The paste is over and is read; a dropped file arrives as its path. `more`: more of it may follow, so the first screen stays. */
    async pasteEnd(more = false) {
      const ended = paste;
      paste = null;
      if (!ended) return;
      const text = ended.text();
      if (text.trim() === '') return;
      const path = pathIn(text);
      if (path !== null && services.isFile(path)) return openPath(path);
      const { earlier } = ended;
      sources = [...earlier, ended.end(earlier.length ? `paste ${earlier.length + 1}` : 'paste')];
      await readAll({ stay: more });
    },
    /** Reads a file, by its path as it was typed or dropped; what is wrong with it is said on the screen. */
    openPath,
    /** Reads several texts as one. `command`: the launch command that was given beside them. */
    async openSources(given: Source[], command: string | null = null) {
      sources = given;
      await readAll({ command });
    },
    /** Enter in the field of the first screen: a path, or a command typed by hand. */
    async enterText(text: string) {
      const engine = await store.loadEngine();
      const isCommand = !services.isFile(pathIn(text) ?? text.trim()) && engine.readLaunch(text) !== null;
      if (isCommand) begin(ofCommand(text));
      else await openPath(text);
    },
    /** Nothing crashed: the question alone, which the facts of the form will answer. */
    async ask(question: AskedQuestion) {
      await store.loadEngine();
      sources = [];
      setScreen('log', { menu: null, progress: null });
      begin({ input: '', reading: null, command: null, question });
      setScreen('facts', { focus: firstStop(store.get()) });
    },
    /** Forgets what was read. */
    startOver() {
      sources = [];
      setScreen('log', emptyScreens().log);
      store.setRecord(withoutIncident(store.get().record));
      store.set({ notice: null });
    },
  };
};
