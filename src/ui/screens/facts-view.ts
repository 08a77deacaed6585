import { maskSecrets } from '../../common/mask.js';
import { say, type Text } from '../../common/text.js';
import type { Fact, FactName } from '../../facts/types.js';
import { originName, sourceName } from '../../report/document.js';
import { factValue } from '../../report/fact-names.js';
import { currentRound } from '../../session/record.js';
import { factOf, nameOf, type Stop, stops, type Typed } from '../form/stops.js';
import { BLANK, cell, type Line, line, lineWidth, span, spread, truncate } from '../lines.js';
import type { ScreenStates } from '../state/screen-states.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { pointer, toneOf } from '../widgets/choices.js';
import { fieldRow } from '../widgets/field.js';
import { rebuiltNote } from '../widgets/rebuilt.js';
import { paragraph, wrap } from '../wrapping.js';
import type { Area, View } from './screen.js';

type Editing = NonNullable<ScreenStates['facts']['editing']>;

/** How many names are offered below a field. */
export const MOST_CANDIDATES = 5;

/** Columns of the labels, at most and at least. */
const LABEL = { most: 26, least: 12 };

const labelWidth = (columns: number): number => Math.min(LABEL.most, Math.max(LABEL.least, columns >> 1) - 4);

/** Where what is said below a row begins: under its value, further left on a narrow screen. */
const indentBelow = (columns: number): number => Math.min(labelWidth(columns) + 4, columns >> 2);

const titleOf = (stop: Exclude<Stop, { kind: 'go' }>): Text =>
  stop.kind === 'command' ? STR.facts.command : stop.row.label;

/** The command as one row, masked: what is on the screen may be shared. */
const commandInOneRow = (state: WizardState): string =>
  maskSecrets(state.answer?.launch?.text ?? '')
    .replace(/\\\s*\n/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const originOf = (fact: Fact<unknown>, state: WizardState): string =>
  `${say(originName(fact), state.lang)}${fact.line ? ` ${fact.line}` : ''}`;

/** What is not known, and what it would decide: over several rows where it is long. */
const unknownRows = (head: Line, decides: string, columns: number): Line[] =>
  wrap([...head, span('? ', 'warn'), span(decides, 'dim')], columns, lineWidth(head) + 2);

/** What Enter does in the field that is open. */
const hintFor = (name: Typed, state: WizardState): Text => {
  if (name === 'command') return state.answer?.launch ? STR.facts.newCommand : STR.facts.pasteCommand;
  return name in state.record.userFacts ? STR.facts.typingCorrected : STR.facts.typing;
};

/** A field that is open: what is typed, the names that it may mean, and what Enter does or what is wrong. */
const editingRows = (editing: Editing, title: string, head: Line, state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const label = labelWidth(columns);
  const { choice, wrong } = editing;
  const candidates = choice?.candidates.slice(0, MOST_CANDIDATES) ?? [];
  const hint = wrong ? tell(STR.facts.wrong, lang, { what: title }) : say(hintFor(editing.row, state), lang);
  return [
    [...head, ...fieldRow(editing.field, columns - label - 5)],
    ...candidates.map((candidate, n) => {
      const chosen = n === choice?.focus;
      const sign = span(chosen ? '▸ ' : '  ', 'accent');
      return truncate([span(' '.repeat(label + 4)), sign, span(candidate, chosen ? 'strong' : 'dim')], columns);
    }),
    ...paragraph(hint, columns, wrong ? 'bad' : 'dim', indentBelow(columns)),
  ];
};

/** The launch command, where it comes from, and that it was rebuilt where it was. */
const commandRows = (head: Line, state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const text = commandInOneRow(state);
  if (!text) return unknownRows(head, say(STR.facts.commandWhy, lang), columns);
  const from = currentRound(state.record)?.command ? 'command' : 'log';
  const note = rebuiltNote(state);
  return [
    spread([...head, span(text)], [span(say(sourceName(from), lang), 'dim')], columns),
    ...(note ? paragraph(note, columns, 'warn', indentBelow(columns)) : []),
  ];
};

/** The rows of one place where the cursor can stand. */
const stopRows = (stop: Stop, here: boolean, state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  if (stop.kind === 'go') return [[pointer(here), span(say(STR.facts.goOn, lang), toneOf(here))], BLANK];
  const title = say(titleOf(stop), lang);
  const head: Line = [pointer(here), ...cell(title, labelWidth(columns), toneOf(here)), span(' ')];
  const { editing } = state.screens.facts;
  if (editing?.row === nameOf(stop)) return editingRows(editing, title, head, state, columns);
  if (stop.kind === 'command') return commandRows(head, state, columns);
  const { row, fact } = stop;
  const releases = row.name === 'vllmVersion' ? state.answer?.facts.vllmReleases : undefined;
  if (!fact && releases) {
    const origin = span(originOf(releases, state), 'dim');
    return [spread([...head, span('? ', 'warn'), span(factValue('vllmReleases', releases.value))], [origin], columns)];
  }
  if (!fact) return unknownRows(head, say(row.decides, lang), columns);
  const origin = span(originOf(fact, state), fact.from === 'user' ? 'accent' : 'dim');
  return [spread([...head, span(factValue(row.name, fact.value))], [origin], columns)];
};

/** The heading above a stop: known, or what is not known would decide; none above the way on. */
const headingOf = (stop: Stop, state: WizardState): Text | null => {
  if (stop.kind === 'go') return null;
  const known = stop.kind === 'fact' ? stop.fact : state.answer?.launch;
  return known ? STR.facts.known : STR.facts.unknownOnes;
};

const headingRow = (heading: Text, state: WizardState, columns: number): Line => {
  const title = line(` ${say(heading, state.lang)}`, 'strong');
  return heading === STR.facts.known
    ? title
    : spread(title, [span(say(STR.facts.unknownHint, state.lang), 'dim')], columns);
};

/** What was found on this machine, and whether it is the one that crashed. */
const machineRows = ({ machine, record, lang }: WizardState, columns: number): Line[] => {
  if (!machine?.shown) return [];
  const { sameMachine } = record;
  const said = sameMachine === null ? STR.facts.isItThis : sameMachine ? STR.facts.itIs : STR.facts.itIsNot;
  return [
    ...paragraph(` ${tell(STR.facts.machine, lang, { shown: machine.shown })}`, columns, 'plain', 1),
    line(`  ${say(said, lang)}`, sameMachine === null ? 'warn' : 'dim'),
    BLANK,
  ];
};

/** Sizes that vLLM or torch printed; nobody is asked for them. */
const MEASURED: { name: FactName; label: Text }[] = [
  { name: 'weightsGiB', label: { en: 'weights', zh: '模型权重' } },
  { name: 'activationGiB', label: { en: 'peak', zh: '激活峰值' } },
  { name: 'nonTorchGiB', label: { en: 'non-torch', zh: '非 torch' } },
  { name: 'graphsGiB', label: { en: 'graphs', zh: 'CUDA 图' } },
  { name: 'kvCacheGiB', label: { en: 'KV cache', zh: 'KV 缓存' } },
  { name: 'requestedGiB', label: { en: 'asked for', zh: '申请' } },
  { name: 'freeGiB', label: { en: 'free', zh: '空闲' } },
  { name: 'otherProcessesGiB', label: { en: 'other processes', zh: '其他进程' } },
];

/** What was measured, each size with its line. */
const measuredRows = (state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const measured = MEASURED.flatMap(({ name, label }) => {
    const fact = factOf(state, name);
    if (!fact || fact.from === 'user' || fact.from === 'default') return [];
    const at = fact.line ? ` (${say(STR.line, lang)} ${fact.line})` : '';
    return [`${say(label, lang)} ${factValue(name, fact.value)}${at}`];
  });
  if (measured.length === 0) return [];
  return [
    BLANK,
    line(` ${say(STR.facts.measured, lang)} (GiB)`, 'strong'),
    ...paragraph(measured.join(' · '), columns, 'plain', 3),
  ];
};

/** The form: what is known and where it comes from, what is not and what it would decide. */
export const factsView = (state: WizardState, area: Area): View => {
  const columns = Math.min(area.columns, 100);
  const { lang, screens, record } = state;
  const list = stops(state);
  const focusAt = Math.min(screens.facts.focus, list.length - 1);
  const body: Line[] = machineRows(state, columns);
  let focus: [number, number] | null = null;
  let heading: Text | null = null;
  list.forEach((stop, i) => {
    const above = headingOf(stop, state);
    if (above && above !== heading) body.push(headingRow(above, state, columns));
    heading = above;
    const from = body.length;
    body.push(...stopRows(stop, i === focusAt, state, columns));
    if (i === focusAt) focus = [from, body.length - 1];
  });
  body.push(...measuredRows(state, columns));
  const hint = record.question !== null && !state.answer?.launch ? STR.facts.tellMe : STR.facts.nothingMust;
  return { top: paragraph(say(hint, lang), columns, 'dim', 1), body, focus, bottom: [] };
};
