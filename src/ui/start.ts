import type { ReadStream } from 'node:tty';
import type { Lang } from '../common/text.js';
import type { SessionRecord } from '../session/record.js';
import { exitLines } from './exit-line.js';
import { createController } from './input/controller.js';
import { openKeyboard } from './input/keyboard.js';
import { runPlain } from './plain/run.js';
import type { Services, Source } from './services.js';
import type { WizardState } from './state/wizard-state.js';
import { type Manner, withColourDecided } from './terminal.js';
import { createWizard } from './wizard.js';

/** What a wizard is started with. */
export interface StartOptions {
  record: SessionRecord;
  services: Services;
  lang: Lang;
  manner: Exclude<Manner, 'none'>;
  keyboard: ReadStream;
  /** Texts to begin with: files named as arguments, a pipe. */
  sources: Source[];
  /** The launch command that was given beside them. */
  command: string | null;
}

/** Runs the wizard until the user leaves; what it knew at the end. The session is saved by then. */
export const startWizard = async (options: StartOptions): Promise<WizardState> => {
  const { record, services, lang, keyboard, manner, sources, command } = options;
  if (manner === 'plain') return runPlain(options);
  let leave = () => {};
  const left = new Promise<void>(resolve => {
    leave = resolve;
  });
  const wizard = createWizard(record, services, {
    lang,
    ...(record.rounds.length > 0 ? { engine: await services.engine() } : {}),
    plain: Boolean(process.env.NO_COLOR),
    onEnd: () => leave(),
  });
  const { draw } = await withColourDecided(process.env, () => import('./app.js'));
  const keys = openKeyboard(keyboard, process.stdout);
  // The terminal may be gone before we are: nobody is left to be told.
  process.stdout.on('error', () => {});
  let crash: { error: unknown } | null = null;
  // A fault of ours must not leave a terminal behind that shows nothing and takes no line.
  const onCrash = (error: unknown) => {
    crash ??= { error };
    wizard.leave();
  };
  const onSignal = () => wizard.leave();
  const signals = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;
  const faults = ['uncaughtException', 'unhandledRejection'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  for (const fault of faults) process.on(fault, onCrash);
  const undraw = draw(wizard, process.stdout, onCrash);
  keys.listen(createController(wizard));
  // After the first frame.
  setTimeout(() => void wizard.warmUp(), 20);
  if (sources.length > 0) void wizard.openSources(sources, command);
  await left;
  await undraw();
  keys.close();
  for (const signal of signals) process.off(signal, onSignal);
  for (const fault of faults) process.off(fault, onCrash);
  if (crash) throw (crash as { error: unknown }).error;
  const state = wizard.get();
  process.stdout.write(exitLines(state, wizard.written()));
  return state;
};
