import { maskSecrets } from '../../common/mask.js';
import { say, type Text } from '../../common/text.js';
import type { Fact, FactName } from '../../facts/types.js';
import { sourceName } from '../../report/document.js';
import { factValue } from '../../report/fact-names.js';
import { candidatesFor } from '../form/candidates.js';
import { FORM } from '../form/rows.js';
import { factOf, stops } from '../form/stops.js';
import { fieldWith } from '../input/text-field.js';
import { BLANK, cell, type Line, line, lineWidth, paragraph, span, spread, truncate, wrap } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { fieldRow } from '../widgets/field.js';
import { rebuiltNote } from '../widgets/rebuilt.js';
import type { Wizard } from '../wizard.js';
import { MOVES, moved, type Screen } from './screen.js';

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

/** The command as one row, masked: what is on the screen may be shared. */
const commandRow = (state: WizardState): string =>
  maskSecrets(state.answer?.launch?.text ?? '')
    .replace(/\\\s*\n/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const origin = (fact: Fact<unknown>, state: WizardState): string =>
  `${say(sourceName(fact.from), state.lang)}${fact.line ? ` ${fact.line}` : ''}`;

const LABEL = 26;

/** What is not known, and what it would decide: over several rows where it is long. */
const unknownRows = (head: Line, decides: string, columns: number): Line[] =>
  wrap([...head, span('? ', 'warn'), span(decides, 'dim')], columns, lineWidth(head) + 2);

/** What Enter does in the field that is open. */
const hintFor = (name: FactName | 'command', state: WizardState): Text => {
  if (name === 'command') return state.answer?.launch ? STR.facts.newCommand : STR.facts.pasteCommand;
  return name in state.record.userFacts ? STR.facts.typingCorrected : STR.facts.typing;
};

/** The known command as it can be edited in one row; empty where it has to be pasted anew (files, several lines). */
const editableCommand = (state: WizardState): string => {
  const text = (state.answer?.launch?.text ?? '').replace(/\\\r?\n[ \t]{0,200}/g, '').trim();
  return text.includes('\n') ? '' : text;
};

export const factsScreen: Screen = {
  view(state, area) {
    const columns = Math.min(area.columns, 100);
    const { lang, screens, machine, record } = state;
    const { editing } = screens.facts;
    const rows = stops(state);
    const focusAt = Math.min(screens.facts.focus, rows.length - 1);
    const label = Math.min(LABEL, Math.max(12, columns >> 1) - 4);
    const body: Line[] = [];
    let focus: [number, number] | null = null;
    if (machine && machine.shown !== '') {
      body.push(...paragraph(` ${tell(STR.facts.machine, lang, { shown: machine.shown })}`, columns, 'plain', 1));
      const said =
        record.sameMachine === null ? STR.facts.isItThis : record.sameMachine ? STR.facts.itIs : STR.facts.itIsNot;
      body.push(line(`  ${say(said, lang)}`, record.sameMachine === null ? 'warn' : 'dim'), BLANK);
    }
    let heading: Text | null = null;
    rows.forEach((stop, i) => {
      const here = i === focusAt;
      const pointer = span(here ? ' › ' : '   ', 'accent');
      const title =
        stop.kind === 'go'
          ? null
          : (stop.kind === 'fact' ? stop.fact : state.answer?.launch)
            ? STR.facts.known
            : STR.facts.unknownOnes;
      if (title && title !== heading) {
        heading = title;
        body.push(
          title === STR.facts.known
            ? line(` ${say(title, lang)}`, 'strong')
            : spread(
                [span(` ${say(title, lang)}`, 'strong')],
                [span(say(STR.facts.unknownHint, lang), 'dim')],
                columns,
              ),
        );
      }
      const from = body.length;
      if (stop.kind === 'go') {
        body.push([pointer, span(say(STR.facts.goOn, lang), here ? 'strong' : 'plain')], BLANK);
      } else {
        const name = stop.kind === 'command' ? 'command' : stop.row.name;
        const title = stop.kind === 'command' ? STR.facts.command : stop.row.label;
        const head: Line = [pointer, ...cell(say(title, lang), label, here ? 'strong' : 'plain'), span(' ')];
        if (editing?.row === name) {
          body.push([...head, ...fieldRow(editing.field, columns - label - 5)]);
          editing.choice?.candidates.slice(0, 5).forEach((candidate, n) => {
            const chosen = n === editing.choice!.focus;
            body.push(
              truncate(
                [
                  span(' '.repeat(label + 4)),
                  span(chosen ? '▸ ' : '  ', 'accent'),
                  span(candidate, chosen ? 'strong' : 'dim'),
                ],
                columns,
              ),
            );
          });
          const hint = editing.wrong
            ? tell(STR.facts.wrong, lang, { what: say(title, lang) })
            : say(hintFor(name, state), lang);
          body.push(...paragraph(hint, columns, editing.wrong ? 'bad' : 'dim', Math.min(label + 4, columns >> 2)));
        } else if (stop.kind === 'command') {
          const text = commandRow(state);
          const where = state.record.rounds.at(-1)?.command ? sourceName('command') : sourceName('log');
          if (text) body.push(spread([...head, span(text)], [span(say(where, lang), 'dim')], columns));
          else body.push(...unknownRows(head, say(STR.facts.commandWhy, lang), columns));
          const rebuilt = rebuiltNote(state);
          if (text && rebuilt) body.push(...paragraph(rebuilt, columns, 'warn', Math.min(label + 4, columns >> 2)));
        } else if (stop.fact)
          body.push(
            spread(
              [...head, span(factValue(stop.row.name, stop.fact.value))],
              [span(origin(stop.fact, state), stop.fact.from === 'user' ? 'accent' : 'dim')],
              columns,
            ),
          );
        else body.push(...unknownRows(head, say(stop.row.decides, lang), columns));
      }
      if (here) focus = [from, body.length - 1];
    });
    const measured = MEASURED.flatMap(({ name, label: title }) => {
      const fact = factOf(state, name);
      return fact && fact.from !== 'user' && fact.from !== 'default'
        ? [
            `${say(title, lang)} ${factValue(name, fact.value)}${fact.line ? ` (${say(STR.line, lang)} ${fact.line})` : ''}`,
          ]
        : [];
    });
    if (measured.length)
      body.push(
        BLANK,
        line(` ${say(STR.facts.measured, lang)} (GiB)`, 'strong'),
        ...paragraph(measured.join(' · '), columns, 'plain', 3),
      );
    return {
      top: paragraph(
        say(record.question !== null && !state.answer?.launch ? STR.facts.tellMe : STR.facts.nothingMust, lang),
        columns,
        'dim',
        1,
      ),
      body,
      focus,
      bottom: [],
    };
  },

  actions(state) {
    const { editing, focus } = state.screens.facts;
    if (editing) return editing.row === 'command' ? ['next', 'back'] : ['next', 'complete', 'up', 'down', 'back'];
    const stop = stops(state)[focus];
    const corrected = stop?.kind === 'fact' && stop.row.name in state.record.userFacts;
    return [
      'next',
      ...MOVES,
      ...(corrected ? (['forget'] as const) : []),
      ...(state.machine?.shown ? (['yes', 'no'] as const) : []),
      'back',
    ];
  },

  labels(state) {
    const { editing, focus } = state.screens.facts;
    const stop = stops(state)[focus];
    const known = stop?.kind === 'fact' ? stop.fact : state.answer?.launch;
    const next = editing
      ? STR.labels.take
      : stop?.kind === 'go'
        ? STR.labels.diagnosis
        : known
          ? STR.labels.correct
          : STR.labels.fillIn;
    return { next, ...(editing ? { back: STR.labels.leaveIt } : {}) };
  },

  field: state => state.screens.facts.editing?.field ?? null,
  onField(field, wizard) {
    const { editing } = wizard.get().screens.facts;
    if (!editing) return;
    wizard.setScreen('facts', { editing: { ...editing, field, wrong: false } });
    void suggest(wizard);
  },
  onPaste(text, wizard) {
    const { editing } = wizard.get().screens.facts;
    if (editing && editing.row !== 'command') return;
    if (!editing && (text.length > 20_000 || !wizard.isLaunch(text))) {
      wizard.set({ notice: { tone: 'warn', text: STR.facts.pasteElsewhere } });
      return;
    }
    if (editing && !wizard.isLaunch(text)) {
      wizard.setScreen('facts', { editing: { ...editing, wrong: true } });
      return;
    }
    // Its line breaks belong to it: compose files, YAML, continued lines.
    wizard.setCommand(text);
    done(wizard, 'command');
    wizard.set({ notice: { tone: 'good', text: STR.facts.commandTaken } });
  },

  act(action, wizard) {
    const state = wizard.get();
    const { focus, editing } = state.screens.facts;
    const rows = stops(state);
    const stop = rows[Math.min(focus, rows.length - 1)]!;
    if (editing) {
      if (action === 'back') wizard.setScreen('facts', { editing: null });
      if (action === 'next') take(wizard);
      const { choice } = editing;
      if (choice && choice.candidates.length > 0) {
        const shown = Math.min(5, choice.candidates.length);
        const to = moved(action, choice.focus, shown);
        if (to !== null) wizard.setScreen('facts', { editing: { ...editing, choice: { ...choice, focus: to } } });
        if (action === 'complete') {
          wizard.setScreen('facts', { editing: { ...editing, field: fieldWith(choice.candidates[choice.focus]!) } });
          void suggest(wizard);
        }
      }
      return;
    }
    const to = moved(action, focus, rows.length);
    if (to !== null) {
      wizard.setScreen('facts', { focus: to });
      return;
    }
    switch (action) {
      case 'next': {
        if (stop.kind === 'go') {
          wizard.forward();
          break;
        }
        const row = stop.kind === 'command' ? 'command' : stop.row.name;
        const value =
          stop.kind === 'command' ? editableCommand(state) : stop.fact ? String(plainValue(stop.fact.value)) : '';
        const field = fieldWith(value);
        wizard.setScreen('facts', { editing: { row, field, choice: null, wrong: false } });
        break;
      }
      case 'forget':
        if (stop.kind === 'fact') wizard.takeBack(stop.row.name);
        break;
      case 'yes':
        wizard.answerSameMachine(true);
        break;
      case 'no':
        wizard.answerSameMachine(false);
        break;
      case 'back':
        wizard.back();
        break;
    }
  },
};

const plainValue = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : value);

/** Ends the typing; the cursor stays on its row wherever that has gone. */
const done = (wizard: Wizard, row: FactName | 'command') => {
  const focus = stops(wizard.get()).findIndex(stop =>
    row === 'command' ? stop.kind === 'command' : stop.kind === 'fact' && stop.row.name === row,
  );
  wizard.setScreen('facts', { editing: null, focus: Math.max(0, focus) });
};

/** Enter in a field: the value is taken, or the field says that it is none. */
const take = (wizard: Wizard) => {
  const { editing } = wizard.get().screens.facts;
  if (!editing) return;
  const { row } = editing;
  const text = editing.field.text.trim();
  if (row === 'command') {
    if (text !== '' && !wizard.isLaunch(text)) {
      wizard.setScreen('facts', { editing: { ...editing, wrong: true } });
      return;
    }
    // Nothing typed keeps the known one.
    if (text !== '' && text !== editableCommand(wizard.get())) wizard.setCommand(text);
  } else if (text === '') wizard.takeBack(row);
  else {
    const value = FORM.find(({ name }) => name === row)!.parse(text);
    if (value === null) {
      wizard.setScreen('facts', { editing: { ...editing, wrong: true } });
      return;
    }
    if (value !== wizard.get().answer?.facts[row]?.value) wizard.correct(row, value);
  }
  done(wizard, row);
};

const suggest = async (wizard: Wizard) => {
  const { editing } = wizard.get().screens.facts;
  const kind = FORM.find(({ name }) => name === editing?.row)?.completes;
  if (!editing || !kind) return;
  const names = await wizard.services.complete[kind]().catch(() => []);
  const now = wizard.get().screens.facts.editing;
  if (now?.row !== editing.row) return;
  const candidates = candidatesFor(now.field.text, names);
  wizard.setScreen('facts', { editing: { ...now, choice: candidates.length ? { candidates, focus: 0 } : null } });
};
