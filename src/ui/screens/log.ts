import { type Lang, say, type Text } from '../../common/text.js';
import { gib } from '../../common/units.js';
import type { Facts } from '../../facts/types.js';
import { phaseName } from '../../log/phase-words.js';
import type { LogReading } from '../../log/types.js';
import { currentRound, QUESTIONS } from '../../session/record.js';
import type { Answer } from '../../session/types.js';
import { type Action, bindingOf } from '../input/keys.js';
import { emptyField } from '../input/text-field.js';
import { BLANK, cell, type Line, line, padTo, paragraph, span, spread, truncate } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { fieldRow } from '../widgets/field.js';
import { marked } from '../widgets/marked.js';
import { moved, type Screen } from './screen.js';

const WAYS: { kind: Text; command: string }[] = [
  { kind: { en: 'Docker', zh: 'Docker' }, command: 'docker logs NAME 2>&1 | npx vllm-oom-doctor' },
  { kind: { en: 'Kubernetes', zh: 'Kubernetes' }, command: 'kubectl logs POD -p | npx vllm-oom-doctor' },
  { kind: { en: 'systemd', zh: 'systemd' }, command: 'journalctl -u vllm -b | npx vllm-oom-doctor' },
  { kind: { en: 'a shell', zh: '终端' }, command: 'vllm serve … 2>&1 | tee vllm.log' },
  { kind: { en: 'killed?', zh: '被杀死？' }, command: 'dmesg -T | grep -i kill' },
];

const size = (bytes: number): string =>
  bytes < 1024
    ? `${bytes} B`
    : bytes < 2 ** 20
      ? `${(bytes / 1024).toFixed(0)} KiB`
      : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const questionText = {
  'why-so-much': STR.log.whySoMuch,
  'will-it-fit': STR.log.willItFit,
  'save-memory': STR.log.saveMemory,
};

interface Lit {
  label: Text;
  value: string;
  line: number | undefined;
}

/** The facts that light up while a text comes in, each with the line that it came from. */
const lit = (facts: Facts, lang: Lang): Lit[] => {
  const rows: Lit[] = [];
  const put = (label: Text, parts: (string | undefined)[], at: number | undefined) => {
    const value = parts.filter(Boolean).join(' · ');
    if (value) rows.push({ label, value, line: at });
  };
  const { vllmVersion, engine, model, gpuName, gpuCount, gpuTotalGiB, tensorParallelSize } = facts;
  put({ en: 'vLLM', zh: 'vLLM' }, [vllmVersion?.value, engine?.value], (vllmVersion ?? engine)?.line);
  put({ en: 'Model', zh: '模型' }, [model?.value, facts.quantization?.value], model?.line);
  const count = gpuCount?.value ?? tensorParallelSize?.value;
  put(
    { en: 'GPU', zh: 'GPU' },
    [
      gpuName ? `${count ? `${count} × ` : ''}${gpuName.value}` : undefined,
      gpuTotalGiB ? `${gib(gpuTotalGiB.value)} GiB` : undefined,
    ],
    gpuName?.line ?? gpuTotalGiB?.line,
  );
  put(
    { en: 'Settings', zh: '参数' },
    [
      tensorParallelSize && `TP ${tensorParallelSize.value}`,
      facts.gpuMemoryUtilization && `util ${facts.gpuMemoryUtilization.value}`,
      facts.maxModelLen && `len ${facts.maxModelLen.value.toLocaleString('en-US')}`,
      facts.maxNumSeqs && `seqs ${facts.maxNumSeqs.value}`,
    ],
    (tensorParallelSize ?? facts.gpuMemoryUtilization ?? facts.maxModelLen ?? facts.maxNumSeqs)?.line,
  );
  const { weightsGiB, kvCacheGiB, requestedGiB, freeGiB } = facts;
  put(
    { en: 'Measured', zh: '实测' },
    [
      weightsGiB && `${lang === 'en' ? 'weights' : '权重'} ${gib(weightsGiB.value)}`,
      kvCacheGiB && `KV ${gib(kvCacheGiB.value)}`,
    ],
    (weightsGiB ?? kvCacheGiB)?.line,
  );
  put(
    STR.log.failure,
    [
      requestedGiB && `${say(STR.budget.askedFor, lang)} ${gib(requestedGiB.value)} GiB`,
      freeGiB && `${lang === 'en' ? 'free' : '空闲'} ${gib(freeGiB.value)}`,
    ],
    (requestedGiB ?? freeGiB)?.line,
  );
  return rows;
};

const litRows = (facts: Facts, lang: Lang, columns: number): Line[] => {
  const rows = lit(facts, lang);
  if (rows.length === 0) return [line(`  ${say(STR.log.noFactsYet, lang)}`, 'dim')];
  return rows.map(row =>
    spread(
      [...cell(`  ${say(row.label, lang)}`, 14, 'dim'), span(row.value)],
      row.line === undefined ? [] : [span(`${say(STR.line, lang)} ${row.line}`, 'dim')],
      columns,
    ),
  );
};

/** What is wrong with the text as a log of a failure, and the command that fetches what is missing. */
const objection = (reading: LogReading, answer: Answer, lang: Lang, columns: number): Line[] => {
  const rows: Line[] = [];
  if (answer.verdict === 'not-vllm')
    rows.push(
      ...paragraph(
        `! ${reading.program ? tell(STR.log.notVllm, lang, { program: reading.program }) : say(STR.log.noVllm, lang)}`,
        columns,
        'warn',
        2,
      ),
    );
  else if (answer.verdict === 'insufficient-log' || answer.verdict === 'healthy')
    rows.push(
      ...paragraph(`! ${say(answer.summary, lang)}`, columns, answer.verdict === 'healthy' ? 'good' : 'warn', 2),
    );
  const question = answer.questions.find(asked => asked.command);
  if (answer.verdict === 'insufficient-log' && question)
    rows.push(
      ...paragraph(say(question.ask, lang), columns, 'plain', 2),
      line(`  ${say(STR.log.fetch, lang)}`, 'dim'),
      ...paragraph(question.command!, columns, 'strong', 4),
    );
  else if (answer.verdict === 'not-vllm' || answer.verdict === 'insufficient-log')
    rows.push(line(`  ${say(STR.log.fetch, lang)}`, 'dim'), line(`    ${WAYS[0]!.command}`, 'strong'));
  return rows;
};

const box = (inner: Line[], columns: number): Line[] => {
  const width = Math.max(4, columns - 4);
  return [
    line(`╭${'─'.repeat(width + 2)}╮`, 'accent'),
    ...inner.map(row => [span('│ ', 'accent'), ...padTo(truncate(row, width), width), span(' │', 'accent')]),
    line(`╰${'─'.repeat(width + 2)}╯`, 'accent'),
  ];
};

const keyRow = (action: Action, lang: Lang, label?: Text): Line => [
  ...cell(`  ${bindingOf(action).shown}`, 12, 'strong'),
  span(say(label ?? bindingOf(action).label, lang)),
];

const hasText = (state: WizardState) => currentRound(state.record) !== null;
const fieldOpen = (state: WizardState) =>
  state.busy === null && state.screens.log.menu === null && (!hasText(state) || state.screens.log.adding);

const list = (state: WizardState): { rows: Text[]; focus: number } | null => {
  const { menu, found } = state.screens.log;
  if (menu !== null) return { rows: QUESTIONS.map(question => questionText[question]), focus: menu };
  if (found && found.logs.length > 0)
    return { rows: found.logs.map(({ shown }) => ({ en: shown, zh: shown })), focus: found.focus };
  return null;
};

export const logScreen: Screen = {
  view(state, area) {
    const columns = Math.min(area.columns, 100);
    const room = area.rows;
    const { lang, screens, answer } = state;
    const { progress, menu, found } = screens.log;
    const round = currentRound(state.record);
    const body: Line[] = [];
    let focus: [number, number] | null = null;
    const choice = list(state);
    const showList = (title: Text) => {
      if (!choice) return;
      body.push(line(` ${say(title, lang)}`, 'strong'));
      choice.rows.forEach((row, i) => {
        if (i === choice.focus) focus = [body.length, body.length];
        body.push([
          span(i === choice.focus ? ' › ' : '   ', 'accent'),
          span(say(row, lang), i === choice.focus ? 'strong' : 'plain'),
        ]);
      });
    };
    if (menu !== null) {
      showList(STR.log.nothingCrashed);
      return { top: [], body, focus, bottom: [] };
    }
    const reading = progress?.reading ?? round?.reading ?? null;
    const looking = state.busy !== null && !hasText(state);
    if ((fieldOpen(state) || looking) && !progress) {
      body.push(line(` ${say(STR.log.ask, lang)}`, 'strong'));
      body.push(...box([fieldRow(screens.log.field, columns - 4, say(STR.log.placeholder, lang))], columns));
      body.push(keyRow('machine', lang), keyRow('nothing', lang, STR.log.nothingHint));
      if (state.machine?.shown) body.push(BLANK, ...paragraph(state.machine.shown, columns - 1, 'dim', 1));
      if (found && choice) {
        body.push(BLANK);
        showList(STR.log.found);
      } else if (room >= 13) {
        body.push(BLANK, line(` ${say(STR.log.where, lang)}`, 'strong'));
        for (const way of WAYS)
          body.push(truncate([...cell(`  ${say(way.kind, lang)}`, 14, 'dim'), span(way.command)], columns));
      }
      return { top: [], body, focus, bottom: [] };
    }
    const lines = progress?.lines ?? round?.reading?.lines ?? 0;
    const bytes = progress?.bytes ?? round?.reading?.bytes ?? 0;
    const counted = tell(STR.log.counted, lang, { lines: lines.toLocaleString('en-US'), size: size(bytes) });
    if (round && !round.reading && state.record.question)
      body.push(line(` ${say(questionText[state.record.question], lang)}`, 'strong'));
    else
      body.push(
        spread([span(` ${counted}`, 'strong')], [span(truncateName(round?.input ?? '', columns), 'dim')], columns),
      );
    body.push(BLANK, line(` ${say(STR.log.says, lang)}`, 'strong'));
    const run = reading?.runs[reading.judged];
    body.push(...litRows(state.busy === null && answer ? answer.facts : (run?.facts ?? {}), lang, columns));
    const phase = run && phaseName(run.phase);
    const failed = answer?.verdict === 'oom' || answer?.verdict === 'not-oom';
    if (phase && answer?.verdict !== 'healthy')
      body.push([
        ...cell(`  ${say(failed ? STR.log.failedIn : STR.log.cameTo, lang)}`, 14, 'dim'),
        span(say(phase, lang)),
      ]);
    if (reading && answer && state.busy === null && round?.reading) {
      const first = (answer.causes[0]?.because ?? answer.proof).find(item => item.line !== null);
      if (first && answer.verdict === 'oom')
        body.push(
          spread(
            [span('  › ', 'accent'), ...marked(first.text.trim())],
            [span(`${say(STR.line, lang)} ${first.line}`, 'dim')],
            columns,
          ),
        );
      const said = objection(reading, answer, lang, columns - 1);
      if (said.length) body.push(BLANK, ...said);
      body.push(BLANK, line(` ${say(STR.log.pasteMore, lang)}`, 'dim'));
    }
    if (screens.log.adding)
      body.push(...box([fieldRow(screens.log.field, columns - 4, say(STR.log.placeholder, lang))], columns));
    return { top: [], body, focus: screens.log.adding ? [body.length - 1, body.length - 1] : null, bottom: [] };
  },

  actions(state) {
    if (list(state)) return ['next', 'down', 'up', 'back'];
    if (state.busy) return ['back'];
    if (fieldOpen(state)) {
      const typed = state.screens.log.field.text !== '';
      const enter = typed ? (['next', 'complete'] as const) : [];
      const clear = typed ? (['startOver'] as const) : [];
      return state.screens.log.adding ? [...enter, 'back', ...clear] : [...enter, 'machine', 'nothing', ...clear];
    }
    return ['next', 'add', 'startOver', 'machine', 'nothing'];
  },

  labels(state) {
    const { menu, found } = state.screens.log;
    if (menu !== null || (fieldOpen(state) && !found))
      return { next: menu === null ? STR.labels.read : STR.labels.choose };
    if (found) return { next: STR.labels.read };
    return { next: STR.labels.facts };
  },

  field: state => (fieldOpen(state) ? state.screens.log.field : null),
  onField: (field, wizard) => wizard.setScreen('log', { field }),

  act(action, wizard) {
    const state = wizard.get();
    const { menu, found, field, adding } = state.screens.log;
    const choice = list(state);
    if (choice && (action === 'up' || action === 'down')) {
      const focus = moved(action, choice.focus, choice.rows.length)!;
      wizard.setScreen('log', menu === null ? { found: { ...found!, focus } } : { menu: focus });
      return;
    }
    switch (action) {
      case 'next':
        if (menu !== null) void wizard.ask(QUESTIONS[menu]!);
        else if (fieldOpen(state) && field.text.trim() !== '') void wizard.enterText(field.text);
        else if (choice && found) {
          const { source } = found.logs[found.focus]!;
          wizard.setScreen('log', { found: null });
          void wizard.openSources([source]);
        } else if (hasText(state) && !adding) wizard.forward();
        break;
      case 'back':
        if (menu !== null) wizard.setScreen('log', { menu: null });
        else if (found) wizard.setScreen('log', { found: null });
        else if (adding) wizard.setScreen('log', { adding: false, field: emptyField });
        break;
      case 'machine':
        void wizard.probe();
        break;
      case 'nothing':
        wizard.setScreen('log', { menu: 0 });
        break;
      case 'add':
        wizard.setScreen('log', { adding: true });
        break;
      case 'complete':
        void wizard.completePath();
        break;
      case 'startOver':
        wizard.startOver();
        break;
    }
  },
};

const truncateName = (name: string, columns: number): string => {
  const most = Math.max(8, columns >> 1);
  return name.length > most ? `…${name.slice(1 - most)}` : name;
};
