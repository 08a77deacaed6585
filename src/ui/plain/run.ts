import { createInterface } from 'node:readline/promises';
import { exitLines } from '../exit-line.js';
import type { StartOptions } from '../start.js';
import type { WizardState } from '../state/wizard-state.js';
import { createWizard } from '../wizard.js';
import { converse } from './conversation.js';

/** As wide as the terminal, if it tells; else as every terminal is. */
const columnsOf = (output: NodeJS.WriteStream): number => Math.max(20, Math.min(100, output.columns || 80));

/**
 * The wizard as plain prompts, one after the other, for screen readers and dumb terminals: nothing is drawn over, every
 * line is said once. What it knew at the end; the session is saved by then.
 */
export const runPlain = async ({
  record,
  services,
  lang,
  keyboard,
  sources,
  command,
}: StartOptions): Promise<WizardState> => {
  const engine = await services.engine();
  const wizard = createWizard(record, services, { lang, plain: true, spoken: true, engine });
  const lines = createInterface({ input: keyboard, output: process.stdout, terminal: false });
  const queue = lines[Symbol.asyncIterator]();
  lines.on('SIGINT', () => lines.close());
  if (sources.length > 0) await wizard.openSources(sources, command);
  await converse(wizard, {
    columns: () => columnsOf(process.stdout),
    tell: text => process.stdout.write(`${text}\n`),
    async next() {
      const { value, done } = await queue.next();
      return done ? null : value;
    },
    onInterrupt(stop) {
      process.on('SIGINT', stop);
      return () => process.off('SIGINT', stop);
    },
  });
  lines.close();
  wizard.end();
  const state = wizard.get();
  process.stdout.write(`\n${exitLines(state, wizard.written())}`);
  return state;
};
