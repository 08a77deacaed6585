import { say } from '../../common/text.js';
import { gib } from '../../common/units.js';
import type { FixChange, ProposedFix } from '../../plan/types.js';
import { writtenChange } from '../../plan/written.js';
import { BLANK, beside, type Line, line, paragraph, span, spread, type Tone, truncate, wrap } from '../lines.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { diffRows } from '../widgets/diff.js';
import { memoryBar } from '../widgets/memory-bar.js';
import { rebuiltNote } from '../widgets/rebuilt.js';
import { fromRow, MOVES, moved, readOn, type Screen } from './screen.js';

const WIDE = 110;

const valueText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);

/** `--max-num-seqs 256 → 64` */
export const changeText = (change: FixChange, lang: WizardState['lang']): string => {
  const { flag, from, to } = change;
  if (to === null) return `${flag} ${say(STR.fixes.remove, lang)}`;
  if (to === true) return flag;
  if (from === null || from === undefined) return writtenChange(change);
  return `${flag} ${valueText(from)} → ${valueText(to)}`;
};

const range = (saves: NonNullable<ProposedFix['savesGiB']>): string =>
  saves.high - saves.low > 0.05 ? `${gib(saves.low)}–${gib(saves.high)}` : gib(saves.gib);

const enough = (fix: ProposedFix, lang: WizardState['lang']): { text: string; tone: Tone } => {
  if (fix.sufficient === null) return { text: '', tone: 'dim' };
  if (!fix.sufficient) return { text: say(STR.fixes.notEnough, lang), tone: 'warn' };
  return { text: say(STR.fixes.enoughAlone, lang), tone: 'good' };
};

const proof = (fix: ProposedFix, lang: WizardState['lang']): string =>
  fix.sufficient && fix.clearedBy
    ? say({ log: STR.fixes.byLog, prediction: STR.fixes.byPrediction, retest: STR.fixes.byRetest }[fix.clearedBy], lang)
    : '';

const colon = (lang: WizardState['lang']): string => (lang === 'en' ? ': ' : '：');

/** Only where something fails can a fix be enough. */
const isFailure = (state: WizardState): boolean => state.answer?.verdict === 'oom';

/** Everything about the fix in focus. */
const detail = (fix: ProposedFix, state: WizardState, columns: number): Line[] => {
  const { lang } = state;
  const rows: Line[] = [];
  const put = (text: string, tone: Tone = 'plain') => {
    if (text) rows.push(...paragraph(text, columns, tone, 7));
  };
  put(say(fix.why, lang));
  put(fix.changes.map(change => changeText(change, lang)).join(', '), 'strong');
  const { text, tone } = enough(fix, lang);
  const facts = [
    fix.savesGiB ? tell(STR.fixes.saves, lang, { gib: range(fix.savesGiB) }) : '',
    isFailure(state) ? [text || say(STR.fixes.maybe, lang), proof(fix, lang)].filter(Boolean).join(' · ') : '',
    fix.assumed ? say(STR.fixes.assumed, lang) : '',
    fix.validFor ? tell(STR.fixes.checkedFor, lang, { version: fix.validFor }) : '',
  ].filter(Boolean);
  put(facts.join(' · '), isFailure(state) && tone === 'good' ? 'good' : 'dim');
  if (say(fix.costs, lang)) put(`${say(STR.fixes.costs, lang)}${colon(lang)}${say(fix.costs, lang)}`);
  const { helped = null, vain = null, worse = null } = fix.threads ?? {};
  if (helped !== null) put(tell(STR.fixes.threads, lang, { helped, vain: (vain ?? 0) + (worse ?? 0) }), 'dim');
  fix.steps.forEach((step, i) => {
    put(`${i + 1}. ${say(step, lang)}`);
  });
  if (fix.check) put(`${say(STR.fixes.check, lang)}${colon(lang)}${say(fix.check, lang)}`, 'dim');
  return rows;
};

/** The selected set: is it enough, what becomes of memory and command. */
const effect = (state: WizardState, columns: number, whole: boolean, rows: number): Line[] => {
  const { lang, preview, answer } = state;
  if (!preview || !answer) return [];
  const out: Line[] = [];
  const verdict =
    preview.fixes.length === 0 || !isFailure(state)
      ? { text: '', tone: 'plain' as const }
      : preview.enough === true
        ? { text: `✓ ${say(STR.fixes.selectedEnough, lang)}`, tone: 'good' as const }
        : preview.enough === false
          ? { text: `✗ ${say(STR.fixes.selectedNot, lang)}`, tone: 'bad' as const }
          : { text: `? ${say(STR.fixes.selectedMaybe, lang)}`, tone: 'warn' as const };
  const saves = preview.savesGiB ? ` · ${tell(STR.fixes.saves, lang, { gib: range(preview.savesGiB) })}` : '';
  out.push(
    spread(
      [span(`${tell(STR.fixes.selectedCount, lang, { n: preview.fixes.length })}${saves}`)],
      [span(verdict.text, verdict.tone)],
      columns,
    ),
  );
  const bar = memoryBar(preview.budget ?? answer.budget, lang, columns, {
    gpu: preview.budget ? say(STR.budget.predicted, lang) : say(STR.budget.now, lang),
    spoken: state.spoken,
  });
  const changes =
    answer.launch && preview.command
      ? diffRows(answer.launch.text, preview.command, columns, !whole)
      : answer.launch
        ? [line(say(STR.fixes.unchanged, lang), 'dim')]
        : [
            ...paragraph(say(STR.fixes.noCommand, lang), columns, 'warn'),
            ...preview.fixes.flatMap(fix =>
              fix.changes
                .filter(change => change.where !== 'host' && change.where !== 'request')
                .map(change => line(`+ ${changeText(change, lang)}`, 'good')),
            ),
          ];
  // Under a low ceiling the command matters more than the picture.
  if (whole || out.length + changes.length + bar.length <= rows) out.push(...bar);
  else if (bar.length > 1 && out.length + changes.length + 2 <= rows) out.push(...bar.slice(0, 2));
  const rebuilt = rebuiltNote(state);
  if (rebuilt) out.push(...paragraph(rebuilt, columns, 'warn'));
  out.push(...(whole ? [BLANK, line(say(STR.fixes.yourCommand, lang), 'strong')] : []), ...changes);
  return whole ? out : out.slice(0, rows);
};

export const fixesScreen: Screen = {
  view(state, area) {
    const { columns, rows } = area;
    const { answer, lang, screens } = state;
    if (!answer) return { top: [], body: [], focus: null, bottom: [] };
    const wide = columns >= WIDE;
    const left = wide ? Math.floor(columns * 0.55) : columns;
    const selected = new Set(state.preview?.fixes.map(fix => fix.id));
    const at = Math.min(screens.fixes.focus, Math.max(0, answer.fixes.length - 1));
    const { wholeCommand } = screens.fixes;
    if (wholeCommand !== null)
      return { top: [], body: effect(state, columns - 1, true, rows), focus: fromRow(wholeCommand, area), bottom: [] };
    const body: Line[] = [];
    let focus: [number, number] | null = null;
    answer.fixes.forEach((fix, i) => {
      const here = i === at;
      const from = body.length;
      const { text, tone } = isFailure(state) ? enough(fix, lang) : { text: '', tone: 'dim' as const };
      const saves = fix.savesGiB ? `${range(fix.savesGiB)} GiB${text ? ' · ' : ''}` : '';
      body.push(
        spread(
          [
            span(here ? ' › ' : '   ', 'accent'),
            span(selected.has(fix.id) ? '[x] ' : '[ ] ', selected.has(fix.id) ? 'good' : 'plain'),
            span(say(fix.title, lang), here ? 'strong' : 'plain'),
          ],
          [span(columns >= 70 ? saves : '', 'dim'), span(text, tone)],
          left,
        ),
      );
      if (here || state.spoken) body.push(...detail(fix, state, left - 1));
      if (here) focus = [from, body.length - 1];
    });
    if (answer.fixes.length === 0) body.push(line(` ${say(STR.fixes.none, lang)}`));
    if (answer.notHelpful.length) {
      body.push(BLANK, line(` ${say(STR.fixes.notHelpful, lang)}`, 'strong'));
      for (const tip of answer.notHelpful)
        body.push(
          ...wrap(
            [span(`   ${tip.title ? say(tip.title, lang) : tip.id}${colon(lang)}`, 'dim'), span(say(tip.why, lang))],
            left - 1,
            5,
          ),
        );
      if (at === answer.fixes.length - 1 && focus) focus = [focus[0], body.length - 1];
    }
    if (wide) {
      const right = effect(state, columns - left - 4, false, rows);
      return { top: [], body: beside(body, [], left), focus, bottom: [], side: { rows: right, at: left + 3 } };
    }
    const room = Math.max(4, Math.floor(rows * 0.42));
    const bottom = effect(state, columns - 2, false, room).map((row): Line => truncate([span(' '), ...row], columns));
    return { top: [], body, focus, bottom: [line(state.spoken ? '' : '─'.repeat(columns), 'dim'), ...bottom] };
  },

  actions: state =>
    state.screens.fixes.wholeCommand !== null
      ? ['back', 'command', 'next', ...MOVES]
      : ['next', 'toggle', ...MOVES, 'command', 'advised', 'back'],

  labels: () => ({ next: STR.labels.retest }),

  act(action, wizard) {
    const { answer, screens } = wizard.get();
    if (!answer) return;
    const { focus, wholeCommand } = screens.fixes;
    if (wholeCommand !== null) {
      const top = readOn(action, wholeCommand, fixesScreen, wizard);
      if (top !== null) wizard.setScreen('fixes', { wholeCommand: top });
      if (action === 'back' || action === 'command' || action === 'next')
        wizard.setScreen('fixes', { wholeCommand: null });
      if (action === 'next') wizard.forward();
      return;
    }
    const to = moved(action, focus, Math.max(1, answer.fixes.length), 5);
    if (to !== null) wizard.setScreen('fixes', { focus: to });
    else if (action === 'toggle') {
      const fix = answer.fixes[Math.min(focus, answer.fixes.length - 1)];
      if (fix) wizard.toggleFix(fix.id);
    } else if (action === 'advised') wizard.selectAdvised();
    else if (action === 'command') wizard.setScreen('fixes', { wholeCommand: 0 });
    else if (action === 'next') wizard.forward();
    else if (action === 'back') wizard.back();
  },
};
