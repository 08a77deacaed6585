import { maskSecrets } from '../../common/mask.js';
import { say, type Text } from '../../common/text.js';
import type { Evidence } from '../../diagnosis/types.js';
import { phaseName } from '../../log/phase-words.js';
import { likeliness } from '../../report/likeliness.js';
import { currentRound } from '../../session/record.js';
import type { Answer } from '../../session/types.js';
import { emptyField } from '../input/text-field.js';
import { BLANK, beside, type Line, line, paragraph, span, spread, truncate, widthOf, wrap } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { fieldRow } from '../widgets/field.js';
import { marked, withCarets } from '../widgets/marked.js';
import { memoryBar } from '../widgets/memory-bar.js';
import type { Wizard } from '../wizard.js';
import { type Area, MOVES, moved, type Screen, type View } from './screen.js';

/** Side by side from this width on. */
const WIDE = 110;

/** A part of the body on which the cursor can stand. */
interface Item {
  heading: Text | null;
  /** Line of the log that it stands on, for showing its context. */
  logLine: number | null;
  rows(columns: number, here: boolean): Line[];
}

/** At most `most` rows, with `…` at the end where there were more. */
const shortened = (rows: Line[], most: number, columns: number): Line[] => {
  if (rows.length <= most) return [...rows];
  const last = rows[most - 1]!;
  return [...rows.slice(0, most - 1), truncate([...last, span(' …', 'dim')], columns)];
};

/** Marked words in a manner without styles; said aloud they need no pointing at. */
const pointed = (rows: Line[], state: WizardState): Line[] => (state.plain && !state.spoken ? withCarets(rows) : rows);

const evidenceItem = (evidence: Evidence, heading: Text, state: WizardState): Item => ({
  heading,
  logLine: evidence.line,
  rows(columns, here) {
    const at = evidence.line === null ? '' : String(evidence.line);
    const width = columns - widthOf(at) - 2;
    const text = maskSecrets(evidence.text.trim());
    const says = say(evidence.says, state.lang);
    const whole = text ? wrap([span(here ? ' › ' : '   ', 'accent'), ...marked(text)], width, 3) : [];
    // The line under the cursor is shown whole, the others are cut.
    const cut = shortened(whole, here ? 6 : 2, width);
    if (cut.length) cut[0] = spread(cut[0]!, [span(at, 'dim')], columns);
    const rows = pointed(cut, state);
    if (says && says !== text)
      rows.push(
        ...(rows.length === 0
          ? paragraph(`${here ? ' › ' : '   '}${says}`, columns, here ? 'strong' : 'plain', 0)
          : paragraph(says, columns - 2, 'dim', 5)),
      );
    return rows;
  },
});

const textItem = (heading: Text, text: string, logLine: number | null = null, extra: string | null = null): Item => ({
  heading,
  logLine,
  rows: (columns, here) => [
    ...wrap([span(here ? ' › ' : '   ', 'accent'), span(text, here ? 'strong' : 'plain')], columns, 3),
    ...(extra ? paragraph(extra, columns, 'strong', 5) : []),
  ],
});

/** Nothing crashed: what is shown is computed, not read. */
const asked = (state: WizardState) => currentRound(state.record)?.reading === null;

const items = (answer: Answer, state: WizardState): Item[] => {
  const { lang } = state;
  const oom = answer.verdict === 'oom';
  const [first, ...others] = answer.causes;
  const because = oom && first ? first.because : answer.proof;
  const list: Item[] = because.map(evidence =>
    evidenceItem(evidence, asked(state) ? STR.diagnosis.limits : STR.diagnosis.why, state),
  );
  if (oom && first) list.push(...first.against.map(evidence => evidenceItem(evidence, STR.diagnosis.against, state)));
  list.push(
    ...answer.questions.map(question =>
      textItem(STR.diagnosis.settles, say(question.ask, lang), null, question.command ?? null),
    ),
  );
  list.push(
    ...(oom ? others : answer.causes)
      .slice(0, 4)
      .map(cause =>
        textItem(STR.diagnosis.else, `${say(cause.title, lang)}  ${cause.id} · ${say(likeliness(cause.score), lang)}`),
      ),
  );
  list.push(
    ...answer.otherRuns.map(run =>
      textItem(
        STR.diagnosis.otherRuns,
        `${tell(STR.diagnosis.lines, lang, { a: run.firstLine, b: run.lastLine })}: ${say(run.summary, lang)}`,
        run.lastLine,
      ),
    ),
  );
  return list;
};

const gpuName = (answer: Answer, lang: WizardState['lang']): string | undefined => {
  const { gpuName: name, gpuIndex, gpuCount } = answer.facts;
  if (!name) return undefined;
  const count = gpuCount && gpuCount.value > 1 ? `${gpuCount.value} × ` : '';
  return gpuIndex
    ? `GPU ${gpuIndex.value} · ${name.value}`
    : `${count}${name.value}${count ? ` (${lang === 'en' ? 'each' : '每张'})` : ''}`;
};

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
  return paragraph(text.join(' · '), columns - 1, 'warn', 1);
};

const contextView = (state: WizardState, { columns, rows: room }: Area): View => {
  const { lang, answer, screens } = state;
  const context = screens.diagnosis.context!;
  const excerpts = answer?.excerpts ?? [];
  const body: Line[] = [];
  let before: number | null = null;
  const digits = String(excerpts.at(-1)?.line ?? 0).length;
  const centre = excerpts.findIndex(({ line: at }) => at >= context.line);
  const from = Math.max(0, Math.min(centre + context.top, excerpts.length - 1));
  for (const excerpt of excerpts.slice(from)) {
    if (body.length >= room) break;
    if (before !== null && excerpt.line > before + 1)
      body.push(line(`  ${tell(STR.diagnosis.gap, lang, { n: excerpt.line - before - 1 })}`, 'dim'));
    before = excerpt.line;
    const here = excerpt.line === context.line;
    body.push(
      ...pointed(
        shortened(
          wrap(
            [
              span(here ? '›' : ' ', 'accent'),
              span(`${String(excerpt.line).padStart(digits)} `, 'dim'),
              ...(here ? marked(maskSecrets(excerpt.text)) : searched(maskSecrets(excerpt.text), context.query)),
            ],
            columns,
            digits + 2,
          ),
          here ? 8 : 3,
          columns,
        ),
        state,
      ),
    );
  }
  return {
    top: [line(` ${tell(STR.diagnosis.context, lang, { line: context.line })}`, 'strong')],
    body: body.length ? body : [line(` ${say(STR.diagnosis.noContext, lang)}`, 'dim')],
    focus: [0, 0],
    bottom: context.search
      ? [[span(` ${say(STR.diagnosis.find, lang)}`, 'strong'), ...fieldRow(context.search, columns - 12)]]
      : [],
  };
};

const searched = (text: string, query: string): Line => {
  const at = query === '' ? -1 : text.toLowerCase().indexOf(query.toLowerCase());
  if (at < 0) return line(text);
  const hit = text.slice(at, at + query.length);
  return [span(text.slice(0, at)), span(hit, 'mark'), span(text.slice(at + query.length))];
};

/** The next line of the excerpts, from the one shown on, that holds the query. */
const findNext = (wizard: Wizard) => {
  const { answer, screens } = wizard.get();
  const { context } = screens.diagnosis;
  if (!context || context.query === '') return;
  const excerpts = answer?.excerpts ?? [];
  const query = context.query.toLowerCase();
  const hits = excerpts.filter(({ text }) => text.toLowerCase().includes(query));
  const next = hits.find(({ line: at }) => at > context.line) ?? hits[0];
  if (next) wizard.setScreen('diagnosis', { context: { ...context, line: next.line, top: -3 } });
  else wizard.set({ notice: { tone: 'warn', text: STR.diagnosis.noHit } });
};

export const canGoToFixes = (state: WizardState): boolean => (state.answer?.fixes.length ?? 0) > 0;

export const diagnosisScreen: Screen = {
  view(state, area) {
    const { columns } = area;
    const { answer, lang, screens } = state;
    if (!answer) return { top: [], body: [], focus: null, bottom: [] };
    if (screens.diagnosis.context) return contextView(state, area);
    const wide = columns >= WIDE;
    const left = wide ? Math.floor(columns * 0.55) : columns;
    const list = items(answer, state);
    const at = Math.min(screens.diagnosis.focus, list.length);
    const body: Line[] = [];
    let focus: [number, number] = [0, 0];
    const picture = memoryBar(answer.budget, lang, (wide ? columns - left - 4 : columns) - 2, {
      requestedGiB: answer.facts.requestedGiB?.value,
      gpu: gpuName(answer, lang),
      // Under a low ceiling the proof matters more than what the budget comes to.
      brief: area.rows < 26,
      spoken: state.spoken,
    }).map((row): Line => [span(' '), ...row]);
    const attempted = lastAttempt(state, columns);
    body.push(...attempted, ...headRows(answer, state, columns), BLANK);
    const start = body.length;
    // Place 0 is the top: the sentence and the picture.
    if (at === 0) focus = [0, start - 1];
    if (!wide && picture.length) body.push(...picture, BLANK);
    const proof: Line[] = [];
    let heading: Text | null = null;
    list.forEach((item, i) => {
      if (item.heading && item.heading !== heading) {
        if (heading) proof.push(BLANK);
        heading = item.heading;
        proof.push(
          item.logLine !== null
            ? spread([span(` ${say(heading, lang)}`, 'strong')], [span(say(STR.line, lang), 'dim')], left)
            : line(` ${say(heading, lang)}`, 'strong'),
        );
      }
      const from = proof.length;
      proof.push(...item.rows(left, i === at - 1));
      if (i === at - 1) focus = [body.length + from, body.length + proof.length - 1];
    });
    body.push(...(wide ? beside(proof, picture, left, 3) : proof));
    if (!canGoToFixes(state))
      body.push(
        BLANK,
        line(
          ` ${say(answer.verdict === 'insufficient-log' ? STR.diagnosis.nothingYet : STR.diagnosis.nothingToFix, lang)}`,
          'dim',
        ),
      );
    return { top: [], body, focus, bottom: [] };
  },

  actions(state) {
    const { context } = state.screens.diagnosis;
    if (context?.search) return ['next', 'back'];
    if (context) return ['back', 'down', 'up', 'pageDown', 'pageUp', 'search', 'searchNext'];
    return [
      ...(canGoToFixes(state) ? (['next'] as const) : []),
      ...MOVES,
      ...(asked(state) ? [] : (['context'] as const)),
      'report',
      'back',
    ];
  },

  labels: state => ({
    next: state.screens.diagnosis.context?.search ? STR.labels.find : STR.labels.fixes,
  }),

  field: state => state.screens.diagnosis.context?.search ?? null,
  onField(search, wizard) {
    const { context } = wizard.get().screens.diagnosis;
    if (context) wizard.setScreen('diagnosis', { context: { ...context, search } });
  },

  act(action, wizard) {
    const state = wizard.get();
    const { answer } = state;
    if (!answer) return;
    const { focus, context } = state.screens.diagnosis;
    if (context?.search) {
      if (action === 'back') wizard.setScreen('diagnosis', { context: { ...context, search: null } });
      if (action === 'next') {
        wizard.setScreen('diagnosis', { context: { ...context, search: null, query: context.search.text.trim() } });
        findNext(wizard);
      }
      return;
    }
    if (context) {
      const steps = { down: 1, up: -1, pageDown: 10, pageUp: -10 }[action as 'down'];
      if (steps) wizard.setScreen('diagnosis', { context: { ...context, top: context.top + steps } });
      if (action === 'search') wizard.setScreen('diagnosis', { context: { ...context, search: emptyField } });
      if (action === 'searchNext') findNext(wizard);
      if (action === 'back') wizard.setScreen('diagnosis', { context: null });
      return;
    }
    const list = items(answer, state);
    const to = moved(action, Math.min(focus, list.length), list.length + 1, 5);
    if (to !== null) wizard.setScreen('diagnosis', { focus: to });
    else if (action === 'next') wizard.forward();
    else if (action === 'back') wizard.back();
    else if (action === 'report') wizard.writeReport();
    else if (action === 'context') {
      const logLine =
        list[Math.min(focus, list.length) - 1]?.logLine ?? list.find(item => item.logLine !== null)?.logLine;
      if (logLine != null)
        wizard.setScreen('diagnosis', { context: { line: logLine, top: -4, search: null, query: '' } });
      else wizard.set({ notice: { tone: 'warn', text: STR.diagnosis.noContext } });
    }
  },
};
