import { withHome } from '../common/home.js';
import { maskSecrets } from '../common/mask.js';
import { fill, type Lang, type Text } from '../common/text.js';
import { mergeFacts } from '../facts/merge.js';
import type { FactName, Facts } from '../facts/types.js';
import type { LogReading, Phase } from '../log/types.js';
import { BISECT_FLAGS, type BisectProgress, bisect, type Trial } from '../retest/bisect.js';
import type { RetestEvent, RetestPlan, RetestVia } from '../retest/types.js';
import { commonStart } from '../session/complete-path.js';
import type { Preview } from '../session/preview.js';
import {
  type AskedQuestion,
  type Attempt,
  attemptFrom,
  currentRound,
  maskedNames,
  newRound,
  type Round,
  reachedStep,
  type SessionRecord,
  STEPS,
  type Step,
  stepOf,
  withAttempt,
  withHeld,
} from '../session/record.js';
import type { Answer } from '../session/types.js';
import { openPaste, type Paste, readSources } from './intake.js';
import { emptyScreens, type ScreenStates } from './screen-states.js';
import { firstStop } from './screens/facts.js';
import type { Engine, MachineFindings, Services, Source } from './services.js';
import { STR } from './strings.js';
import { fieldWith } from './text-field.js';

/** What a running re-test shows; kept small whatever the child prints. */
export interface LiveRetest {
  plan: RetestPlan;
  startedAt: Date;
  phases: { phase: Phase; atMs: number }[];
  /** Use and total of the fullest GPU, the last samples. */
  memory: { atMs: number; usedGiB: number; totalGiB: number }[];
  tail: string[];
  readyUrl: string | null;
  request: { ok: boolean; detail: string } | null;
  load: { ok: boolean; sent: number; answered: number } | null;
  stopping: boolean;
}

export interface Notice {
  tone: 'good' | 'bad' | 'warn';
  text: Text;
}

export interface WizardState {
  record: SessionRecord;
  answer: Answer | null;
  /** The answer to the first round: what it was like before anything was changed. */
  first: Answer | null;
  /** What the start that held has shown, read like any log; null while none has. */
  proven: Answer | null;
  preview: Preview | null;
  lang: Lang;
  /** No styles at all: what colour would mark is marked by signs. */
  plain: boolean;
  /** Said line by line: no drawings, and everything in full, since nothing can be moved to. */
  spoken: boolean;
  overlay: 'help' | 'quit' | null;
  notice: Notice | null;
  /** A wait: what for, since when, and how to end it. */
  busy: { what: Text; since: Date } | null;
  machine: MachineFindings | null;
  live: LiveRetest | null;
  /** A search for the largest value that holds: the flag and how far it has come. */
  bisecting: { flag: string; progress: BisectProgress; stopping: boolean } | null;
  screens: ScreenStates;
  /** Clock of the screen; moves only while something is waited for. */
  now: Date;
  ended: boolean;
}

/** A command, a script or a compose file is no longer; a log mostly is. In bytes. */
const LONGEST_COMMAND = 20_000;
const MEMORY_SAMPLES = 120;
const LIVE_TAIL = 200;
const TICK_MS = 250;

const same = (text: string): Text => ({ en: text, zh: text });
const inBoth = (text: string | Text): Text => (typeof text === 'string' ? same(text) : text);

/** The text of an error for the screen: what happened and what to do next where it says so. */
const errorText = (error: unknown): Text => {
  const { what, next = '' } = error as { what?: string | Text; next?: string | Text };
  if (!what) return same(error instanceof Error ? error.message : String(error));
  const [said, advice] = [inBoth(what), inBoth(next)];
  return { en: `${said.en} ${advice.en}`.trim(), zh: `${said.zh} ${advice.zh}`.trim() };
};

/**
 * The wizard without its screens: one record, what is being done, and the commands that change them. Every change of the
 * record is written at once, so that nothing is lost whatever ends the program.
 */
export const createWizard = (
  record: SessionRecord,
  services: Services,
  options: { lang: Lang; plain?: boolean; spoken?: boolean; engine?: Engine; onEnd?: () => void },
) => {
  let state: WizardState = {
    record,
    answer: null,
    first: null,
    proven: null,
    preview: null,
    lang: options.lang,
    plain: options.plain ?? false,
    spoken: options.spoken ?? false,
    overlay: null,
    notice: null,
    busy: null,
    machine: null,
    live: null,
    bisecting: null,
    screens: emptyScreens(),
    now: services.now(),
    ended: false,
  };
  const listeners = new Set<() => void>();
  let engine: Engine | null = options.engine ?? null;
  /** There is nothing to think about before something was read or asked, and by then it is loaded. */
  const thinking = (): Engine => {
    if (!engine) throw new Error('the engine was used before it was loaded');
    return engine;
  };
  const loaded = async () => {
    engine ??= await services.engine();
  };
  const written: string[] = [];
  let saveFailed = false;
  let sources: Source[] = [];
  let paste: Paste | null = null;
  let stopRunning: (() => void) | null = null;
  let ticker: NodeJS.Timeout | null = null;

  let queued = false;
  /** Tells the screen, at most once per turn of the event loop. */
  const changed = () => {
    if (queued) return;
    queued = true;
    setImmediate(() => {
      queued = false;
      for (const listener of [...listeners]) listener();
    });
  };

  const set = (patch: Partial<WizardState>) => {
    state = { ...state, ...patch };
    changed();
  };

  const setScreen = <S extends keyof ScreenStates>(screen: S, patch: Partial<ScreenStates[S]>) =>
    set({ screens: { ...state.screens, [screen]: { ...state.screens[screen], ...patch } } });

  const answerKey = (of: SessionRecord): unknown[] => [
    of.rounds.length,
    ...of.rounds.flatMap(round => [round.reading, round.command]),
    of.userFacts,
    of.probeFacts,
    of.sameMachine,
    of.modelConfig,
  ];
  const sameKey = (a: unknown[], b: unknown[]) => a.length === b.length && a.every((item, i) => item === b[i]);

  const selectedIds = (of: SessionRecord, answer: Answer | null): string[] =>
    currentRound(of)?.selected ?? answer?.selected ?? [];

  /** Everything that follows from the record. */
  const derive = (before: WizardState, next: SessionRecord, fresh = false): Partial<WizardState> => {
    if (next.rounds.length === 0) return { record: next, answer: null, first: null, proven: null, preview: null };
    const known = !fresh && sameKey(answerKey(before.record), answerKey(next));
    const answer = known ? before.answer : thinking().answerOf(next);
    const preview = answer && thinking().previewFixes(answer, selectedIds(next, answer), next.modelConfig);
    const first = next.rounds.length < 2 ? answer : known ? before.first : thinking().answerOf(next, 0);
    const attempt = currentRound(next)?.attempt;
    const same = currentRound(before.record)?.attempt === attempt;
    const proven =
      attempt?.outcome !== 'proven' || !attempt.reading
        ? null
        : known && same && !fresh
          ? before.proven
          : thinking().answerOf({ ...next, rounds: [...next.rounds, newRound('', attempt.reading, attempt.command)] });
    return { record: next, answer, first, proven, preview };
  };

  const save = (next: SessionRecord) => {
    try {
      services.save(next);
    } catch (error) {
      if (!saveFailed)
        set({
          notice: {
            tone: 'warn',
            text: {
              en: `This session cannot be saved (${(error as NodeJS.ErrnoException).code ?? error}); it goes on, but cannot be resumed.`,
              zh: `本次会话无法保存（${(error as NodeJS.ErrnoException).code ?? error}）；可以继续，但之后无法恢复。`,
            },
          },
        });
      saveFailed = true;
    }
  };

  const setRecord = (next: SessionRecord) => {
    const stamped = { ...next, updatedAt: services.now().toISOString() };
    set(derive(state, stamped));
    if (stamped.rounds.length > 0) save(stamped);
    if (stepOf(stamped) === 'retest') planAhead(state.screens.retest.via);
  };

  /** What a re-test would do, worked out before the screen shows it. */
  const planAhead = (via: RetestVia) => {
    const command = commandToTry(state);
    if (command === null) return;
    const plan = thinking().planRetest(command, via);
    // A command that cannot be started here (a file of another host, YAML) can still be tried by hand.
    if (plan.start === null && via !== 'manual') return planAhead('manual');
    const { load } = state.screens.retest.plan ?? {};
    setScreen('retest', { via, plan: { ...plan, load } });
  };

  /** Another choice of fixes makes another command: one that a search found is no longer it. */
  const setRound = (patch: Partial<Round>) => {
    const round = currentRound(state.record);
    if (round) setRecord({ ...state.record, rounds: state.record.rounds.with(-1, { ...round, ...patch }) });
  };

  const tick = () => {
    const waiting = state.busy !== null || state.live !== null;
    if (waiting && !ticker) ticker = setInterval(() => set({ now: services.now() }), TICK_MS);
    if (!waiting && ticker) {
      clearInterval(ticker);
      ticker = null;
    }
  };

  const waitFor = async (what: Text, work: (signal: AbortSignal) => Promise<void>) => {
    const abort = new AbortController();
    const stop = () => abort.abort();
    stopRunning = stop;
    set({ busy: { what, since: services.now() }, now: services.now(), notice: null });
    tick();
    try {
      await work(abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) set({ notice: { tone: 'bad', text: errorText(error) } });
    } finally {
      // Something else may be waited for by now.
      if (stopRunning === stop) {
        stopRunning = null;
        set({ busy: null });
        tick();
      }
    }
  };

  /** A new incident from what was read: one round, everything else about it unknown. */
  const begin = (
    input: string,
    reading: LogReading | null,
    command: string | null,
    question: AskedQuestion | null,
    stay = false,
  ) => {
    const next: SessionRecord = {
      ...state.record,
      question,
      retestSkipped: false,
      rounds: [newRound(input, reading, command)],
      position: null,
    };
    const withAnswer = derive(state, next, true);
    // What cannot be diagnosed stays on the first screen, which says what is missing; one more key goes on.
    const { verdict } = withAnswer.answer!;
    const unclear = question === null && (verdict === 'not-vllm' || verdict === 'insufficient-log');
    setRecord({ ...next, position: unclear || stay ? 'log' : null });
  };

  /** A short text that is a launch command and no log is taken as the command. */
  const commandOnly = (reading: LogReading, text: string | null): string | null => {
    if (text === null) return null;
    // What a launch names itself (an image, a flag) is no message of a server that ran.
    const silent = reading.runs.every(
      run =>
        run.traces.length === 0 &&
        /^(?:none|unknown)$/.test(run.phase) &&
        run.events.every(({ kind }) => kind === 'info'),
    );
    const launch = silent ? thinking().readLaunch(text) : null;
    return launch && launch.shape !== 'log' ? text : null;
  };

  const readAll = async (pasted: Paste | null, given: string | null = null, stay = false) => {
    let whole = false;
    const read = sources;
    await waitFor(STR.log.readingIt, async signal => {
      await loaded();
      const reading = await readSources(read, services, signal, progress =>
        setScreen('log', {
          progress: { ...progress, reading: progress.reading ?? state.screens.log.progress?.reading ?? null },
        }),
      );
      setScreen('log', {
        progress: { lines: reading.lines, bytes: reading.bytes, reading },
        field: { text: '', cursor: 0 },
        adding: false,
      });
      const input = sources.map(source => source.name).join(', ');
      const small = sources.length === 1 && given === null && reading.bytes <= LONGEST_COMMAND;
      const text = small ? (pasted?.text() ?? (await wholeText(sources[0]!))) : null;
      const command = commandOnly(reading, text);
      if (command) begin(input, null, command, 'will-it-fit');
      else begin(input, reading, given, null, stay);
      whole = true;
    });
    // Half a text is not shown as if it were all.
    if (!whole && sources === read) {
      sources = [];
      setScreen('log', { progress: null });
    }
  };

  const wizard = {
    /** The room between header and footer, as last drawn. */
    area: { columns: 80, rows: 20 },
    get: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    set,
    setScreen,
    /** Loads what thinks, so that it is there when something was read. */
    warmUp: loaded,
    isLaunch: (text: string) => thinking().readLaunch(text) !== null,

    // Log
    pasteStart() {
      if (paste) return;
      const keep = state.screens.log.progress !== null && currentRound(state.record) !== null ? sources : [];
      paste = openPaste(keep, services, progress => setScreen('log', { progress }));
      set({ notice: null });
    },
    pasteText(text: string) {
      paste?.add(text);
    },
    /** `more`: more of it may follow, so the first screen stays until Enter. */
    async pasteEnd(more = false) {
      const ended = paste;
      paste = null;
      if (!ended) return;
      const text = ended.text();
      if (text.trim() === '') return;
      // A dropped file arrives as its path.
      const path = pathIn(text);
      if (path !== null && services.isFile(path)) return wizard.openPath(path);
      sources = [...ended.earlier, ended.end(ended.earlier.length ? `paste ${ended.earlier.length + 1}` : 'paste')];
      await readAll(ended, null, more);
    },
    isPasting: () => paste !== null,
    async openPath(typed: string) {
      const path = pathIn(typed) ?? typed.trim();
      await waitFor(STR.log.readingIt, async () => {
        const source = await services.openFile(path);
        sources = state.screens.log.adding ? [...sources, source] : [source];
      });
      if (state.notice?.tone !== 'bad') await readAll(null);
    },
    async openSources(given: Source[], command: string | null = null) {
      sources = given;
      await readAll(null, command);
    },
    /** Enter in the field of the first screen: a path, or a command typed by hand. */
    async enterText(text: string) {
      await loaded();
      const path = pathIn(text) ?? text.trim();
      if (!services.isFile(path) && thinking().readLaunch(text)) begin('', null, text, 'will-it-fit');
      else await wizard.openPath(text);
    },
    /** Tab in the field of the first screen: as far as all paths that begin so agree; several are told. */
    async completePath() {
      const { text } = state.screens.log.field;
      const paths = await services.complete.path(text);
      if (state.screens.log.field.text !== text) return;
      const start = commonStart(paths);
      if (start.length > text.length) setScreen('log', { field: fieldWith(start) });
      else if (paths.length > 1) {
        const names = paths.map(path => path.slice(path.lastIndexOf('/', path.length - 2) + 1));
        const shown = names.slice(0, 12).join('  ') + (names.length > 12 ? '  …' : '');
        set({ notice: { tone: 'good', text: same(shown) } });
      } else if (paths.length === 0) set({ notice: { tone: 'warn', text: STR.log.noSuchPath } });
    },
    async ask(question: AskedQuestion) {
      await loaded();
      sources = [];
      setScreen('log', { menu: null, progress: null });
      begin('', null, null, question);
      setScreen('facts', { focus: firstStop(state) });
    },
    startOver() {
      sources = [];
      setScreen('log', { ...emptyScreens().log });
      set({
        ...derive(state, { ...state.record, rounds: [], question: null, userFacts: {}, position: null }, true),
        notice: null,
      });
    },
    async probe() {
      const { probe } = services;
      if (!probe) {
        set({ notice: { tone: 'warn', text: STR.log.noProbe } });
        return;
      }
      await waitFor(STR.log.looking, async signal => {
        const machine = await probe(signal);
        set({ machine });
        await loaded();
        setRecord({ ...state.record, probeFacts: machine.facts });
        setScreen('log', { found: machine.logs.length > 0 ? { logs: machine.logs, focus: 0 } : null });
        if (machine.shown === '') set({ notice: { tone: 'warn', text: STR.log.nothingFound } });
        else if (machine.logs.length === 0)
          set({ notice: { tone: 'good', text: fill(STR.log.foundMachine, { shown: machine.shown }) } });
      });
    },

    // Facts
    correct(name: FactName, value: unknown) {
      const userFacts = mergeFacts(state.record.userFacts, { [name]: { value, from: 'user' } } as Facts);
      changedFacts({ ...state.record, userFacts });
    },
    takeBack(name: FactName) {
      const { [name]: _gone, ...userFacts } = state.record.userFacts;
      changedFacts({ ...state.record, userFacts });
    },
    setCommand(text: string) {
      const round = currentRound(state.record);
      if (!round) return;
      const command = text.trim() === '' ? null : text;
      changedFacts({ ...state.record, rounds: state.record.rounds.with(-1, { ...round, command }) });
    },
    answerSameMachine(sameMachine: boolean) {
      changedFacts({ ...state.record, sameMachine });
    },

    // Fixes
    toggleFix(id: string) {
      const selected = selectedIds(state.record, state.answer);
      setRound({
        selected: selected.includes(id) ? selected.filter(other => other !== id) : [...selected, id],
        held: null,
      });
    },
    selectAdvised() {
      setRound({ selected: null, held: null });
    },
    selected: () => selectedIds(state.record, state.answer),

    // Re-test
    chooseVia: (via: RetestVia) => planAhead(via),
    async startRetest() {
      const { plan } = state.screens.retest;
      if (!plan || state.live) return;
      try {
        const attempt = await attemptOnce(plan);
        setRecord(withAttempt(state.record, attempt));
        setScreen('diagnosis', { focus: 0 });
        setScreen('fixes', { focus: 0 });
      } catch (error) {
        set({ notice: { tone: 'bad', text: errorText(error) } });
      } finally {
        if (state.overlay === 'quit') wizard.end();
      }
    },
    /** Starts the command with other values of a flag until the largest that holds is known. */
    async startBisect(name: keyof typeof BISECT_FLAGS) {
      const command = commandToTry(state);
      const flag = BISECT_FLAGS[name];
      const { via } = state.screens.retest;
      if (command === null || !flag || state.live || state.bisecting || via === 'manual') return;
      const facts = (state.proven ?? state.answer)?.facts ?? {};
      const held = thinking().readLaunch(command)?.args[name] ?? facts[FLAG_FACTS[name]!]?.value;
      let best: Attempt | null = null;
      const first = typeof held === 'number' ? held : flag.usual;
      const start: BisectProgress = { holds: null, fails: null, next: first, remaining: 0 };
      set({ bisecting: { flag: flag.flag, progress: start, stopping: false }, notice: null });
      const trial = async (value: number): Promise<Trial> => {
        if (state.bisecting?.stopping) return null;
        const { text } = thinking().editLaunch(command, [{ where: 'vllm', flag: flag.flag, to: value }]);
        const plan = thinking().planRetest(text, via);
        const attempt = await attemptOnce(plan);
        if (attempt.outcome === 'stopped' || attempt.outcome === 'not-started') return null;
        if (attempt.outcome === 'proven') {
          if (value >= (state.bisecting?.progress.holds ?? 0)) best = attempt;
          return { holds: true };
        }
        const estimate = attempt.reading?.runs[attempt.reading.judged]?.facts.estimatedMaxModelLen?.value;
        return { holds: false, hint: name === 'max-model-len' ? (estimate ?? null) : null };
      };
      try {
        const { holds, fails, stopped } = await bisect(flag, first, trial, progress =>
          set({ bisecting: { flag: flag.flag, progress, stopping: state.bisecting?.stopping ?? false } }),
        );
        if (best) setRecord(withHeld(state.record, best));
        const text = holds === null ? STR.bisect.none : stopped ? STR.bisect.soFar : STR.bisect.found;
        const values = { flag: flag.flag, holds: holds ?? '–', fails: fails ?? '–' };
        set({ notice: { tone: holds === null ? 'warn' : 'good', text: fill(text, values) } });
      } catch (error) {
        set({ notice: { tone: 'bad', text: errorText(error) } });
      } finally {
        set({ bisecting: null, live: null });
        tick();
        if (state.overlay === 'quit') wizard.end();
      }
    },
    stopRetest() {
      if (state.bisecting) set({ bisecting: { ...state.bisecting, stopping: true } });
      if (!state.live || state.live.stopping) return;
      set({ live: { ...state.live, stopping: true } });
      stopRunning?.();
    },
    skipRetest() {
      setRecord({ ...state.record, retestSkipped: true, position: null });
    },
    /** What the user pasted from a machine elsewhere is the attempt's log. */
    async manualResult(text: string) {
      const { plan } = state.screens.retest;
      if (!plan) return;
      const startedAt = services.now();
      await waitFor(STR.log.readingIt, async () => {
        const reading = await services.readLog(slices(text));
        const verdict = thinking().answerOf({
          ...state.record,
          rounds: [...state.record.rounds, newRound('', reading, plan.command)],
        })!.verdict;
        const outcome = verdict === 'healthy' ? 'proven' : verdict === 'oom' || verdict === 'not-oom' ? 'failed' : null;
        if (outcome === null) {
          set({ notice: { tone: 'warn', text: STR.retest.pasteDecidesNothing } });
          return;
        }
        const result = { outcome, reason: '', events: [], log: text, startupMs: null } as const;
        setRecord(withAttempt(state.record, attemptFrom(plan, startedAt, { ...result, events: [] }, reading)));
      });
    },

    // Result
    copyCommand() {
      const command = commandToTry(state);
      if (command === null) return;
      services.copy(command);
      set({ notice: withMissing(command, STR.result.copied) });
    },
    writeCommand() {
      const command = commandToTry(state);
      if (command !== null)
        writing(() => [services.writeNew(`vllm-command.${extensionOf(state)}`, `${command.trimEnd()}\n`)], command);
    },
    writeReport() {
      const answer = reportedAnswer(state);
      if (!answer) return;
      const options = { lang: state.lang, showSecrets: false };
      writing(() =>
        (['md', 'html', 'json'] as const).map(extension =>
          services.writeNew(
            `vllm-oom-report.${extension}`,
            thinking().renderAnswer(answer, extension === 'md' ? 'markdown' : extension, options),
          ),
        ),
      );
    },

    // Getting around
    step: (): Step => stepOf(state.record),
    /** Enter: this step is done; on to the next. */
    forward() {
      const step = stepOf(state.record);
      const next = STEPS[STEPS.indexOf(step) + 1];
      if (!next) return;
      const done: Partial<Round> =
        step === 'facts'
          ? { factsSeen: true }
          : step === 'diagnosis'
            ? { diagnosisSeen: true }
            : step === 'fixes'
              ? fixesDone(state)
              : {};
      const round = currentRound(state.record);
      const rounds = round ? state.record.rounds.with(-1, { ...round, ...done }) : state.record.rounds;
      const moved = { ...state.record, rounds };
      const reached = reachedStep(moved);
      const position = STEPS.indexOf(next) < STEPS.indexOf(reached) ? next : null;
      set({ notice: null });
      setRecord({ ...moved, position });
    },
    back() {
      const index = STEPS.indexOf(stepOf(state.record));
      if (index > 0) {
        set({ notice: null });
        setRecord({ ...state.record, position: STEPS[index - 1]! });
      }
    },
    /** Stops what is being waited for. False when nothing is. */
    stopWaiting(): boolean {
      if (!state.busy || !stopRunning) return false;
      stopRunning();
      return true;
    },
    /** Leaves whatever is going on, without asking: what runs is stopped first. */
    leave() {
      if (!state.live && !state.bisecting) {
        wizard.end();
        return;
      }
      set({ overlay: 'quit' });
      wizard.stopRetest();
    },
    /** Leaves; while a re-test runs it asks first. */
    quit() {
      if (state.live || state.bisecting) set({ overlay: 'quit' });
      else wizard.end();
    },
    end() {
      if (state.ended) return;
      stopRunning?.();
      if (ticker) clearInterval(ticker);
      ticker = null;
      set({ ended: true });
      options.onEnd?.();
    },
    /** Files written so far. */
    written: (): readonly string[] => written,
    services,
  };

  /** One start from plan to result, told to the screen as it goes; always ends with nothing running. */
  const attemptOnce = async (plan: RetestPlan): Promise<Attempt> => {
    const abort = new AbortController();
    const startedAt = services.now();
    set({
      live: {
        plan,
        startedAt,
        phases: [],
        memory: [],
        tail: [],
        readyUrl: null,
        request: null,
        load: null,
        stopping: false,
      },
      notice: null,
      now: startedAt,
    });
    stopRunning = () => abort.abort();
    tick();
    try {
      const result = await services.retest(plan, {
        onEvent: event => set(liveAfter(state, event)),
        signal: abort.signal,
      });
      const reading = result.log.trim() === '' ? null : await services.readLog(slices(result.log));
      return attemptFrom(plan, startedAt, result, reading);
    } finally {
      stopRunning = null;
      // Between two starts of a search the last one stays on the screen.
      if (!state.bisecting) set({ live: null });
      tick();
    }
  };

  const writing = (write: () => string[], command = '') => {
    try {
      const paths = write();
      written.push(...paths);
      set({ notice: withMissing(command, fill(STR.result.written, { paths: paths.join(', ') })) });
    } catch (error) {
      set({ notice: { tone: 'bad', text: errorText(error) } });
    }
  };

  const changedFacts = (next: SessionRecord) => {
    const round = currentRound(next);
    if (!round) return setRecord(next);
    // What was merely advised is advised anew; what somebody chose stays chosen as long as it is still offered.
    const chosen = isAdvice(round.selected, state.answer) ? null : round.selected;
    const put = (selected: string[] | null): SessionRecord => ({
      ...next,
      rounds: next.rounds.with(-1, { ...round, selected, held: null }),
    });
    setRecord(put(chosen));
    const offered = new Set(state.answer?.fixes.map(({ id }) => id));
    const gone = chosen?.filter(id => !offered.has(id)) ?? [];
    if (!chosen || gone.length === 0) return;
    const kept = chosen.filter(id => offered.has(id));
    setRecord(put(kept.length > 0 ? kept : null));
    set({ notice: { tone: 'warn', text: fill(STR.fixes.gone, { ids: gone.join(', ') }) } });
  };

  set(derive(state, record, true));
  // A session that is opened again may stand before its re-test.
  if (record.rounds.length > 0 && stepOf(record) === 'retest') planAhead('local');
  return wizard;
};

export type Wizard = ReturnType<typeof createWizard>;

/** Choosing fixes again after an attempt means that the attempt proves nothing about them. */
const fixesDone = (state: WizardState): Partial<Round> => {
  const round = currentRound(state.record);
  const command = commandToTry(state);
  const stale = round?.attempt && round.attempt.command !== command;
  const selected = round?.selected ?? state.answer?.selected ?? [];
  return { fixesChosen: true, selected, ...(stale ? { attempt: null } : {}) };
};

/** The command with the selected fixes; as it is when they change nothing in it; null when none is known. */
export const commandToTry = (state: WizardState): string | null =>
  currentRound(state.record)?.held ?? state.preview?.command ?? state.answer?.launch?.text ?? null;

/** Whether a choice is what is advised, in any order. */
const isAdvice = (selected: readonly string[] | null, answer: Answer | null): boolean =>
  selected === null ||
  (selected.length === answer?.selected.length && selected.every(id => answer.selected.includes(id)));

/** What was done with a command; told too whether it holds secrets, which the screen hides, or lacks them. */
const withMissing = (command: string, done: Text): Notice => {
  const names = maskedNames(command);
  if (names.length === 0) {
    const { secrets } = STR.result;
    const holds = maskSecrets(command) !== command;
    return { tone: 'good', text: holds ? { en: `${done.en} ${secrets.en}`, zh: `${done.zh} ${secrets.zh}` } : done };
  }
  const missing = fill(STR.result.missing, { names: names.join(', ') });
  return { tone: 'warn', text: { en: `${missing.en} ${done.en}`, zh: `${missing.zh}${done.zh}` } };
};

/** A simulated machine: the demo's, or one on which a re-test ran. */
export const isSimulatedSession = ({ record, live }: WizardState): boolean =>
  record.demo !== null || live?.plan.simulated === true || record.rounds.some(round => round.attempt?.simulated);

/** The answer as it is reported: with the fixes that were chosen, proven ones said to be so. */
export const reportedAnswer = (state: WizardState): Answer | null => {
  const { answer, preview, record } = state;
  if (!answer) return null;
  const ids = preview?.fixes.map(fix => fix.id) ?? answer.selected;
  const attempt = currentRound(record)?.attempt;
  const proven = attempt?.outcome === 'proven' && !attempt.simulated;
  return {
    ...answer,
    selected: ids,
    fixes: answer.fixes.map(fix => (proven && ids.includes(fix.id) ? { ...fix, clearedBy: 'retest' as const } : fix)),
  };
};

/** Compose files and YAML keep their kind; everything else is for a shell. */
const extensionOf = (state: WizardState): string =>
  /compose|kubernetes|helm|skypilot|dstack|yaml/.test(state.answer?.launch?.shape ?? '') ? 'yaml' : 'sh';

/** The facts that the flags of a search set. */
const FLAG_FACTS: Record<string, FactName> = {
  'max-model-len': 'maxModelLen',
  'max-num-seqs': 'maxNumSeqs',
  'gpu-memory-utilization': 'gpuMemoryUtilization',
};

const wholeText = async (source: Source): Promise<string> => {
  let text = '';
  for await (const chunk of source.open()) text += chunk;
  return text;
};

async function* slices(text: string): AsyncIterable<string> {
  for (let at = 0; at < text.length; at += 65_536) {
    await new Promise<void>(resolve => setImmediate(resolve));
    yield text.slice(at, at + 65_536);
  }
}

/** The path in a text that is one line: unquoted, `file://` and backslashes undone, as terminals drop files. */
export const pathIn = (text: string): string | null => {
  let path = text.trim();
  if (path === '' || path.length > 4096 || /[\r\n]/.test(path)) return null;
  const quoted = /^(['"])(.*)\1$/.exec(path);
  if (quoted) path = quoted[2]!;
  else path = path.replace(/\\([ '"()&[\]$!#;])/g, '$1');
  if (path.startsWith('file://')) {
    try {
      path = decodeURIComponent(path.slice('file://'.length));
    } catch {
      return null;
    }
  }
  return withHome(path);
};

const liveAfter = (state: WizardState, event: RetestEvent): Partial<WizardState> => {
  const { live } = state;
  if (!live) return {};
  switch (event.type) {
    case 'phase':
      return { live: { ...live, phases: [...live.phases, { phase: event.phase, atMs: event.atMs }] } };
    case 'line':
      return { live: { ...live, tail: [...live.tail.slice(1 - LIVE_TAIL), maskSecrets(event.text)] } };
    case 'memory': {
      const fullest = event.gpus.reduce<(typeof event.gpus)[number] | null>(
        (most, gpu) => (most && most.usedGiB >= gpu.usedGiB ? most : gpu),
        null,
      );
      if (!fullest) return {};
      const { usedGiB, totalGiB } = fullest;
      const memory = [...live.memory.slice(1 - MEMORY_SAMPLES), { atMs: event.atMs, usedGiB, totalGiB }];
      return { live: { ...live, memory } };
    }
    case 'ready':
      return { live: { ...live, readyUrl: event.url } };
    case 'load':
      return { live: { ...live, load: { ok: event.ok, sent: event.sent, answered: event.answered } } };
    case 'request':
      return { live: { ...live, request: { ok: event.ok, detail: maskSecrets(event.detail) } } };
    default:
      return {};
  }
};
