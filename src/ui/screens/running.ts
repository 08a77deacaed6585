import { say } from '../../common/text.js';
import { gib } from '../../common/units.js';
import { phaseName } from '../../log/phase-words.js';
import { cell, type Line, line, span, spread } from '../lines.js';
import type { LiveRetest } from '../state/live-retest.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { clock } from '../widgets/clock.js';
import { memoryLine } from '../widgets/memory-line.js';
import { paragraph } from '../wrapping.js';
import { type Area, EMPTY_VIEW, type Screen, type View } from './screen.js';

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
const running = (live: LiveRetest, state: WizardState, { columns, rows: room }: Area): View => {
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

/** A start while it goes on: its phases, memory and output. It can only be stopped. */
export const runningScreen: Screen = {
  view: (state, area) => (state.live ? running(state.live, state, area) : EMPTY_VIEW),
  actions: () => ['stop'],
  act(action, wizard) {
    if (action === 'stop') wizard.stopRetest();
  },
};
