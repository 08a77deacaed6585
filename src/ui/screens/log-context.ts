import { maskSecrets } from '../../common/mask.js';
import { say } from '../../common/text.js';
import { emptyField } from '../input/text-field.js';
import { type Line, line, span } from '../lines.js';
import type { ScreenStates } from '../state/screen-states.js';
import type { WizardState } from '../state/wizard-state.js';
import { STR, tell } from '../strings.js';
import { fieldRow } from '../widgets/field.js';
import { pointed, shortened } from '../widgets/log-rows.js';
import { marked } from '../widgets/marked.js';
import type { Wizard } from '../wizard.js';
import { wrap } from '../wrapping.js';
import type { Screen } from './screen.js';

type Context = NonNullable<ScreenStates['diagnosis']['context']>;

const contextOf = (state: WizardState): Context => state.screens.diagnosis.context!;

/** The log opened around one of its lines, a few rows above it first. */
export const contextAround = (logLine: number): Context => ({ line: logLine, top: -4, search: null, query: '' });

/** The place of what is looked for in a line, in any case of its letters; -1 where it is not. */
const placeOf = (text: string, query: string): number =>
  query === '' ? -1 : text.toLowerCase().indexOf(query.toLowerCase());

const withHit = (text: string, query: string): Line => {
  const at = placeOf(text, query);
  if (at < 0) return line(text);
  const end = at + query.length;
  return [span(text.slice(0, at)), span(text.slice(at, end), 'mark'), span(text.slice(end))];
};

/** Goes to the next line, from the one shown on, that holds the query; from the last one back to the first. */
const findNext = (wizard: Wizard) => {
  const state = wizard.get();
  const context = contextOf(state);
  if (context.query === '') return;
  const hits = (state.answer?.excerpts ?? []).filter(({ text }) => placeOf(text, context.query) >= 0);
  const next = hits.find(({ line: at }) => at > context.line) ?? hits[0];
  if (next) wizard.setScreen('diagnosis', { context: { ...context, line: next.line, top: -3 } });
  else wizard.set({ notice: { tone: 'warn', text: STR.diagnosis.noHit } });
};

/** The lines that were kept of the log, around the one that proves something; shown over the diagnosis. */
export const contextScreen: Screen = {
  view(state, { columns, rows: room }) {
    const { lang, answer } = state;
    const context = contextOf(state);
    const excerpts = answer?.excerpts ?? [];
    const digits = String(excerpts.at(-1)?.line ?? 0).length;
    const centre = excerpts.findIndex(({ line: at }) => at >= context.line);
    const from = Math.max(0, Math.min(centre + context.top, excerpts.length - 1));
    const body: Line[] = [];
    let before: number | null = null;
    for (const { line: at, text } of excerpts.slice(from)) {
      if (body.length >= room) break;
      if (before !== null && at > before + 1)
        body.push(line(`  ${tell(STR.diagnosis.gap, lang, { n: at - before - 1 })}`, 'dim'));
      before = at;
      const here = at === context.line;
      const shown = maskSecrets(text);
      const row = [
        span(here ? '›' : ' ', 'accent'),
        span(`${String(at).padStart(digits)} `, 'dim'),
        ...(here ? marked(shown) : withHit(shown, context.query)),
      ];
      body.push(...pointed(shortened(wrap(row, columns, digits + 2), here ? 8 : 3, columns), state));
    }
    return {
      top: [line(` ${tell(STR.diagnosis.context, lang, { line: context.line })}`, 'strong')],
      body: body.length ? body : [line(` ${say(STR.diagnosis.noContext, lang)}`, 'dim')],
      focus: [0, 0],
      bottom: context.search
        ? [[span(` ${say(STR.diagnosis.find, lang)}`, 'strong'), ...fieldRow(context.search, columns - 12)]]
        : [],
    };
  },

  actions: state =>
    contextOf(state).search ? ['next', 'back'] : ['back', 'down', 'up', 'pageDown', 'pageUp', 'search', 'searchNext'],

  labels: () => ({ next: STR.labels.find }),

  field: state => contextOf(state).search,
  onField: (search, wizard) => wizard.setScreen('diagnosis', { context: { ...contextOf(wizard.get()), search } }),

  act(action, wizard) {
    const context = contextOf(wizard.get());
    const show = (patch: Partial<Context> | null) =>
      wizard.setScreen('diagnosis', { context: patch && { ...context, ...patch } });
    if (context.search) {
      const query = action === 'next' ? context.search.text.trim() : context.query;
      show({ search: null, query });
      if (action === 'next') findNext(wizard);
      return;
    }
    const steps = { down: 1, up: -1, pageDown: 10, pageUp: -10 }[action as 'down'];
    if (steps) show({ top: context.top + steps });
    else if (action === 'search') show({ search: emptyField });
    else if (action === 'searchNext') findNext(wizard);
    else if (action === 'back') show(null);
  },
};
