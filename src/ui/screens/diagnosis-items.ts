import { maskSecrets } from '../../common/mask.js';
import { say, type Text } from '../../common/text.js';
import type { Evidence } from '../../diagnosis/types.js';
import { likeliness } from '../../report/likeliness.js';
import { currentRound } from '../../session/record.js';
import type { Answer } from '../../session/types.js';
import { type Line, span, spread, widthOf } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { pointer, toneOf } from '../widgets/choices.js';
import { pointed, shortened } from '../widgets/log-rows.js';
import { marked } from '../widgets/marked.js';
import { paragraph, wrap } from '../wrapping.js';

/** A part of the body on which the cursor can stand. */
export interface Item {
  /** Items of one heading stand together below it. */
  heading: Text;
  /** Line of the log that it stands on, for showing its context. */
  logLine: number | null;
  /** `here`: the cursor stands on it. */
  rows(columns: number, here: boolean): Line[];
}

const evidenceItem = (evidence: Evidence, heading: Text, state: WizardState): Item => ({
  heading,
  logLine: evidence.line,
  rows(columns, here) {
    const at = evidence.line === null ? '' : String(evidence.line);
    const width = columns - widthOf(at) - 2;
    const text = maskSecrets(evidence.text.trim());
    const says = say(evidence.says, state.lang);
    const whole = text ? wrap([pointer(here), ...marked(text)], width, 3) : [];
    // The line under the cursor is shown whole, the others are cut.
    const cut = shortened(whole, here ? 6 : 2, width);
    if (cut.length) cut[0] = spread(cut[0]!, [span(at, 'dim')], columns);
    const rows = pointed(cut, state);
    if (says && says !== text)
      rows.push(
        ...(rows.length === 0
          ? paragraph(`${pointer(here).text}${says}`, columns, toneOf(here), 0)
          : paragraph(says, columns - 2, 'dim', 5)),
      );
    return rows;
  },
});

const textItem = (heading: Text, text: string, logLine: number | null = null, extra: string | null = null): Item => ({
  heading,
  logLine,
  rows: (columns, here) => [
    ...wrap([pointer(here), span(text, toneOf(here))], columns, 3),
    ...(extra ? paragraph(extra, columns, 'strong', 5) : []),
  ],
});

/** Nothing crashed: what is shown is computed, not read. */
export const asked = (state: WizardState) => currentRound(state.record)?.reading === null;

/** What the diagnosis rests on, in the order in which it is told. */
export const items = (answer: Answer, state: WizardState): Item[] => {
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
