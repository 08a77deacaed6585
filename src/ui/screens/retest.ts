import { say, type Text } from '../../common/text.js';
import { gib } from '../../common/units.js';
import { phaseName } from '../../log/phase-words.js';
import type { RetestLoad, RetestVia } from '../../retest/types.js';
import { currentRound, maskedNames, reachedStep } from '../../session/record.js';
import type { Action } from '../input/keys.js';
import { fieldWith } from '../input/text-field.js';
import { BLANK, cell, type Line, line, paragraph, span, spread } from '../lines.js';
import type { LiveRetest } from '../state/live-retest.js';
import { commandToTry } from '../state/selectors.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { howToApply } from '../widgets/apply.js';
import { clock } from '../widgets/clock.js';
import { commandBlock } from '../widgets/diff.js';
import { fieldRow } from '../widgets/field.js';
import { memoryLine } from '../widgets/memory-line.js';
import { rebuiltNote } from '../widgets/rebuilt.js';
import { type Area, fromRow, MOVES, readOn, type Screen, type View } from './screen.js';

const VIAS: RetestVia[] = ['local', 'manual'];

/** `4` or `4x2000`: requests at once, and tokens of each prompt (as long as the server admits where none is named). */
export const parseLoad = (text: string): RetestLoad | null => {
  const match = /^\s*(\d{1,4})\s*(?:[x×*]\s*(\d{1,7})\s*)?$/i.exec(text);
  const concurrent = Number(match?.[1] ?? 0);
  return concurrent > 0 ? { concurrent, promptTokens: match?.[2] ? Number(match[2]) : null } : null;
};

const loadText = (load: RetestLoad, lang: WizardState['lang']): string =>
  tell(load.promptTokens === null ? STR.retest.loadLongest : STR.retest.loadOf, lang, {
    n: load.concurrent,
    tokens: load.promptTokens ?? 0,
  });

/** Saved sessions hold no secrets: such a command cannot be started before it is entered again. */
const isMasked = (command: string) => /\*\*\*/.test(command);

const viaOf = (state: WizardState): RetestVia => state.screens.retest.via;

const labelled = (label: Text, text: string, state: WizardState, columns: number): Line[] => {
  const [first, ...rest] = paragraph(text, columns - 14);
  return [
    [...cell(` ${say(label, state.lang)}`, 13, 'dim'), span(' '), ...(first ?? [])],
    ...rest.map((row): Line => [span(' '.repeat(14)), ...row]),
  ];
};

/** A reason from elsewhere as a sentence of its own. */
const sentence = (text: string, lang: WizardState['lang']): string => {
  const [first = '', ...rest] = text.trim();
  if (first === '') return '';
  const whole = first.toUpperCase() + rest.join('');
  return /[.!?。！？]$/.test(whole) ? whole : `${whole}${lang === 'en' ? '.' : '。'}`;
};

/** Whether Enter would start it. */
const startable = (state: WizardState): boolean => {
  const command = commandToTry(state);
  return command !== null && viaOf(state) !== 'manual' && !isMasked(command);
};

/** What to do by hand, above a command that may be long: where, how it is applied, and where its output goes. */
const byHand = (state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  return [
    ...labelled(STR.retest.where, say(STR.retest.vias.manual, lang), state, columns),
    ...paragraph(say(howToApply(state) ?? STR.retest.manualAsk, lang), columns - 1, 'strong', 1),
    ...paragraph(say(STR.retest.manualPaste, lang), columns - 1, 'accent', 1),
    BLANK,
  ];
};

const before = (state: WizardState, area: Area): View => {
  const { columns } = area;
  const { lang } = state;
  const focus = fromRow(state.screens.retest.top, area);
  const command = commandToTry(state);
  const body: Line[] = [];
  const round = currentRound(state.record);
  const attempt = round?.attempt;
  if (attempt) {
    const again = attempt.outcome === 'proven' ? STR.retest.onceMore : STR.retest.again;
    const text = [
      say(STR.retest.outcomes[attempt.outcome], lang),
      sentence(attempt.why ? say(attempt.why, lang) : attempt.reason, lang),
      startable(state) ? say(again, lang) : '',
    ];
    body.push(...paragraph(text.filter(Boolean).join(' '), columns - 1, 'warn', 1));
    if (attempt.leftBehind.length)
      body.push(
        ...paragraph(tell(STR.retest.left, lang, { what: attempt.leftBehind.join(', ') }), columns - 1, 'bad', 1),
      );
    body.push(BLANK);
  }
  if (command === null) {
    body.push(...paragraph(say(STR.retest.noCommand, lang), columns - 1, 'warn', 1));
    return { top: [], body, focus, bottom: [] };
  }
  const via = viaOf(state);
  const { plan, load } = state.screens.retest;
  if (plan?.simulated) body.push(...paragraph(say(STR.simulatedLong, lang), columns - 1, 'warn', 1), BLANK);
  if (via === 'manual') body.push(...byHand(state, columns));
  else body.push(line(` ${say(STR.retest.what, lang)}`, 'strong'));
  const rebuilt = rebuiltNote(state);
  if (rebuilt) body.push(...paragraph(rebuilt, columns - 1, 'warn', 1));
  body.push(...commandBlock(command, columns - 1, 3), BLANK);
  if (!state.preview?.command) {
    const why = state.preview?.fixes.length ? STR.retest.unchangedWarning : STR.fixes.nothing;
    body.push(...paragraph(say(why, lang), columns - 1, 'warn', 1));
  }
  if (isMasked(command))
    body.push(
      ...paragraph(tell(STR.retest.masked, lang, { names: maskedNames(command).join(', ') }), columns - 1, 'warn', 1),
    );
  if (via !== 'manual') {
    body.push(...labelled(STR.retest.where, say(STR.retest.vias[plan?.via ?? via], lang), state, columns));
    const minutes = Math.round((plan?.timeoutMs ?? 0) / 60_000);
    body.push(
      ...(load
        ? [[...cell(` ${say(STR.retest.load, lang)}`, 13, 'dim'), span(' '), ...fieldRow(load, columns - 15, '4x2000')]]
        : labelled(
            STR.retest.load,
            plan?.load
              ? loadText(plan.load, lang)
              : say(state.spoken ? STR.retest.oneRequest : STR.retest.noLoad, lang),
            state,
            columns,
          )),
      ...paragraph(
        tell(state.spoken ? STR.retest.howLongSpoken : STR.retest.howLong, lang, { minutes }),
        columns - 1,
        'plain',
        1,
      ),
      ...paragraph(say(STR.retest.touches, lang), columns - 1, 'plain', 1),
      BLANK,
      ...paragraph(say(state.spoken ? STR.retest.notBeforeYes : STR.retest.notBefore, lang), columns - 1, 'strong', 1),
    );
  }
  return { top: [], body, focus, bottom: [] };
};

/** One row a phase, with its time; what is going on now is the last. */
const phaseRows = (live: LiveRetest, state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const elapsed = state.now.getTime() - live.startedAt.getTime();
  const shown = live.phases.filter(({ phase }) => phaseName(phase) !== null);
  return shown.map(({ phase, atMs }, i): Line => {
    const next = shown[i + 1];
    const done = next !== undefined || live.readyUrl !== null;
    const took = (next?.atMs ?? elapsed) - atMs;
    return spread(
      [
        span(done ? ' ✓ ' : ' ▸ ', done ? 'good' : 'accent'),
        span(say(phaseName(phase)!, lang), done ? 'plain' : 'strong'),
      ],
      [span(clock(took), 'dim')],
      Math.min(columns, 60),
    );
  });
};

/** What a start looks like while it goes on. */
export const running = (live: LiveRetest, state: WizardState, columns: number, room: number): View => {
  const { lang } = state;
  const elapsed = clock(state.now.getTime() - live.startedAt.getTime());
  const top: Line[] = [
    spread(
      [
        span(
          ` ${say(live.stopping ? STR.retest.stopping : STR.retest.running, lang)}`,
          live.stopping ? 'warn' : 'strong',
        ),
        span(live.plan.simulated ? ` · ${say(STR.simulated, lang)}` : '', 'warn'),
      ],
      [span(elapsed, 'strong')],
      columns,
    ),
  ];
  const { bisecting } = state;
  if (bisecting) {
    const { holds, fails, next, remaining } = bisecting.progress;
    const values = { flag: bisecting.flag, holds: holds ?? '–', fails: fails ?? '–', next, remaining };
    top.push(...paragraph(tell(STR.bisect.progress, lang, values), columns - 1, 'accent', 1));
  }
  top.push(...phaseRows(live, state, columns));
  if (live.readyUrl) top.push(line(` ${say(STR.retest.ready, lang)} ${live.readyUrl}`, 'good'));
  if (live.request)
    top.push(
      live.request.ok
        ? line(` ${say(STR.retest.answered, lang)}`, 'good')
        : line(` ${tell(STR.retest.notAnswered, lang, { detail: live.request.detail })}`, 'bad'),
    );
  if (live.load)
    top.push(
      line(
        ` ${tell(STR.retest.loadAnswered, lang, { answered: live.load.answered, sent: live.load.sent })}`,
        live.load.ok ? 'good' : 'bad',
      ),
    );
  const budget = (state.preview?.budget ?? state.answer?.budget)?.perGpu.budgetGiB;
  if (live.memory.length)
    top.push([
      ...cell(` ${say(STR.retest.gpu, lang)}`, 13, 'dim'),
      span(' '),
      ...memoryLine(live.memory, columns - 15, budget ? ` · ${say(STR.budget.budget, lang)} ${gib(budget.gib)}` : ''),
    ]);
  // Phases and figures stay; the tail of the output gets the room that is left.
  const kept = top.slice(0, Math.max(3, room - 3));
  const left = Math.max(1, room - kept.length - 1);
  const body = live.tail.slice(-left).map(text => line(` ${text}`, 'dim'));
  return { top: [...kept, line(` ${say(STR.retest.log, lang)}`, 'strong')], body, focus: null, bottom: [] };
};

/** A launch that cannot be started from here at all. */
const onlyByHand = (state: WizardState): boolean => state.screens.retest.plan?.start === null;

export const retestScreen: Screen = {
  view(state, area) {
    return state.live ? running(state.live, state, area.columns, area.rows) : before(state, area);
  },

  actions(state): Action[] {
    if (state.live) return ['stop'];
    const command = commandToTry(state);
    if (command === null) return ['skip', 'back'];
    if (viaOf(state) === 'manual')
      return ['copy', 'write', ...(onlyByHand(state) ? [] : (['via'] as const)), 'skip', ...MOVES, 'back'];
    if (state.screens.retest.load) return ['next', 'back'];
    return [...(isMasked(command) ? [] : (['next'] as const)), 'via', 'load', 'skip', ...MOVES, 'back'];
  },

  field: state => (state.live ? null : state.screens.retest.load),
  onField: (load, wizard) => wizard.setScreen('retest', { load }),

  labels: state =>
    state.screens.retest.load
      ? { next: STR.labels.take, back: STR.labels.leaveIt }
      : {
          next: STR.labels.start,
          down: STR.labels.scroll,
          // What held is not left out by going on.
          ...(reachedStep(state.record) === 'result' ? { skip: STR.labels.result } : {}),
        },

  onPaste(text, wizard) {
    if (viaOf(wizard.get()) === 'manual' && !wizard.get().live) void wizard.manualResult(text);
  },

  act(action, wizard) {
    const state = wizard.get();
    const via = viaOf(state);
    const { load, plan } = state.screens.retest;
    if (load && !state.live) {
      const typed = parseLoad(load.text);
      if (action === 'next' && typed === null && load.text.trim() !== '') {
        wizard.set({ notice: { tone: 'warn', text: STR.retest.wrongLoad } });
        return;
      }
      if (action === 'next' && plan) wizard.setScreen('retest', { plan: { ...plan, load: typed ?? undefined } });
      wizard.setScreen('retest', { load: null });
      return;
    }
    const top = state.live ? null : readOn(action, state.screens.retest.top, retestScreen, wizard);
    if (top !== null) wizard.setScreen('retest', { top });
    switch (action) {
      case 'next':
        void wizard.startRetest();
        break;
      case 'via':
        wizard.chooseVia(VIAS[(VIAS.indexOf(via) + 1) % VIAS.length]!);
        break;
      case 'load':
        wizard.setScreen('retest', { load: fieldWith(plan?.load ? String(plan.load.concurrent) : '') });
        break;
      case 'stop':
        wizard.stopRetest();
        break;
      case 'copy':
        wizard.copyCommand();
        break;
      case 'write':
        wizard.writeCommand();
        break;
      case 'skip':
        if (reachedStep(state.record) === 'result') wizard.forward();
        else wizard.skipRetest();
        break;
      case 'back':
        wizard.back();
        break;
    }
  },
};
