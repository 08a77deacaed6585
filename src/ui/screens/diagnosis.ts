import { type Lang, say, type Text } from '../../common/text.js';
import { phaseName } from '../../log/phase-words.js';
import { likeliness } from '../../report/likeliness.js';
import type { Answer } from '../../session/types.js';
import { BLANK, beside, type Line, line, span, spread } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { memoryBar } from '../widgets/memory-bar.js';
import { remains } from '../widgets/remains.js';
import { paragraph } from '../wrapping.js';
import { asked, type Item, items } from './diagnosis-items.js';
import { contextAround } from './log-context.js';
import { EMPTY_VIEW, leftOf, MOVES, moved, type Screen } from './screen.js';

/** Which GPU the picture is of: the one that failed, else what all are. */
const gpuName = (answer: Answer, lang: Lang): string | undefined => {
  const { gpuName: name, gpuIndex, gpuCount } = answer.facts;
  if (!name) return undefined;
  const count = gpuCount && gpuCount.value > 1 ? `${gpuCount.value} × ` : '';
  return gpuIndex
    ? `GPU ${gpuIndex.value} · ${name.value}`
    : `${count}${name.value}${count ? ` (${lang === 'en' ? 'each' : '每张'})` : ''}`;
};

/** The sentence, and what is known about it in a few words: id, likeliness, phase, releases. */
const headRows = (answer: Answer, state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const first = answer.verdict === 'oom' ? answer.causes[0] : undefined;
  const rows = paragraph(say(first?.summary ?? answer.summary, lang), columns - 1, 'strong', 1);
  const phase = answer.verdict === 'oom' ? phaseName(answer.phase) : null;
  const about = [
    first ? (asked(state) ? first.id : `${first.id} · ${say(likeliness(first.score), lang)}`) : '',
    phase
      ? tell(asked(state) ? STR.diagnosis.wouldFailIn : STR.diagnosis.failedIn, lang, { phase: say(phase, lang) })
      : '',
    first?.regressedIn ? tell(STR.diagnosis.regressed, lang, { version: first.regressedIn }) : '',
    first?.fixedIn ? tell(STR.diagnosis.repaired, lang, { version: first.fixedIn }) : '',
  ].filter(Boolean);
  rows.push(...paragraph(about.join(' · '), columns - 1, 'dim', 1));
  return rows;
};

/** What was tried before, beside the new diagnosis. */
const lastAttempt = (state: WizardState, columns: number): Line[] => {
  const { record, lang } = state;
  const before = record.rounds.at(-2);
  if (!before?.attempt) return [];
  const { attempt } = before;
  const tried = before.selected ?? [];
  const reached = phaseName(attempt.phases.at(-1)?.phase ?? 'unknown');
  const text = [
    `${say(STR.diagnosis.lastAttempt, lang)}${attempt.simulated ? ` (${say(STR.simulated, lang)})` : ''}`,
    tried.length ? `${say(STR.diagnosis.tried, lang)} ${tried.join(', ')}` : '',
    say(STR.retest.outcomes[attempt.outcome], lang),
    reached ? `${say(STR.diagnosis.cameTo, lang)} ${say(reached, lang)}` : '',
  ].filter(Boolean);
  return [...paragraph(text.join(' · '), columns - 1, 'warn', 1), ...remains(attempt, state, columns)];
};

const canGoToFixes = (state: WizardState): boolean => (state.answer?.fixes.length ?? 0) > 0;

/** The items below their headings, and the rows of the one in place `at` (1-based; 0: none of them). */
const proofRows = (
  list: Item[],
  at: number,
  columns: number,
  lang: Lang,
): { rows: Line[]; focus: [number, number] | null } => {
  const rows: Line[] = [];
  let focus: [number, number] | null = null;
  let heading: Text | null = null;
  list.forEach((item, i) => {
    if (item.heading !== heading) {
      if (heading) rows.push(BLANK);
      heading = item.heading;
      const title = line(` ${say(heading, lang)}`, 'strong');
      rows.push(item.logLine === null ? title : spread(title, [span(say(STR.line, lang), 'dim')], columns));
    }
    const from = rows.length;
    rows.push(...item.rows(columns, i === at - 1));
    if (i === at - 1) focus = [from, rows.length - 1];
  });
  return { rows, focus };
};

/** The sentence, where every GiB went, and what proves it; the cursor walks the proof. */
export const diagnosisScreen: Screen = {
  view(state, { columns, rows: room }) {
    const { answer, lang, screens } = state;
    if (!answer) return EMPTY_VIEW;
    const left = leftOf(columns) ?? columns;
    const isWide = left < columns;
    const picture = memoryBar(answer.budget, lang, (isWide ? columns - left - 4 : columns) - 2, {
      requestedGiB: answer.facts.requestedGiB?.value,
      gpu: gpuName(answer, lang),
      // Under a low ceiling the proof matters more than what the budget comes to.
      brief: room < 26,
      spoken: state.spoken,
    }).map((row): Line => [span(' '), ...row]);
    const body: Line[] = [...lastAttempt(state, columns), ...headRows(answer, state, columns), BLANK];
    // Place 0 is the top: the sentence and the picture.
    const top: [number, number] = [0, body.length - 1];
    if (!isWide && picture.length) body.push(...picture, BLANK);
    const list = items(answer, state);
    const proof = proofRows(list, Math.min(screens.diagnosis.focus, list.length), left, lang);
    const focus: [number, number] = proof.focus ? [body.length + proof.focus[0], body.length + proof.focus[1]] : top;
    body.push(...(isWide ? beside(proof.rows, picture, left, 3) : proof.rows));
    if (!canGoToFixes(state)) {
      const why = answer.verdict === 'insufficient-log' ? STR.diagnosis.nothingYet : STR.diagnosis.nothingToFix;
      body.push(BLANK, line(` ${say(why, lang)}`, 'dim'));
    }
    return { top: [], body, focus, bottom: [] };
  },

  actions: state => [
    ...(canGoToFixes(state) ? (['next'] as const) : []),
    ...MOVES,
    ...(asked(state) ? [] : (['context'] as const)),
    'report',
    'back',
  ],

  labels: () => ({ next: STR.labels.fixes }),

  act(action, wizard) {
    const state = wizard.get();
    const { answer } = state;
    if (!answer) return;
    const list = items(answer, state);
    const focus = Math.min(state.screens.diagnosis.focus, list.length);
    const to = moved(action, focus, list.length + 1, 5);
    if (to !== null) wizard.setScreen('diagnosis', { focus: to });
    else if (action === 'next') wizard.forward();
    else if (action === 'back') wizard.back();
    else if (action === 'report') wizard.writeReport();
    else if (action === 'context') {
      const logLine = list[focus - 1]?.logLine ?? list.find(item => item.logLine !== null)?.logLine;
      if (logLine != null) wizard.setScreen('diagnosis', { context: contextAround(logLine) });
      else wizard.set({ notice: { tone: 'warn', text: STR.diagnosis.noContext } });
    }
  },
};
