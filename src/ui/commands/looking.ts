import { fill } from '../../common/text.js';
import { commonStart } from '../../session/complete-path.js';
import { fieldWith } from '../input/text-field.js';
import { STR } from '../strings.js';
import type { Store } from './store.js';
import type { Work } from './work.js';

/** As many names are told as fit on a row or two. */
const MOST_NAMES = 12;

/** What the first screen looks up on this machine: its GPUs and logs, the files that a path begun may mean. */
export const lookingCommands = (store: Store, work: Work) => {
  const { services, setScreen, notify } = store;
  return {
    /** GPUs, memory and logs of this machine; the user says later whether it is the one that crashed. */
    async probe() {
      const { probe } = services;
      if (!probe) {
        notify('warn', STR.log.noProbe);
        return;
      }
      await work.waitFor(STR.log.looking, async signal => {
        const machine = await probe(signal);
        store.set({ machine });
        await store.loadEngine();
        store.setRecord({ ...store.get().record, probeFacts: machine.facts });
        const { logs, shown } = machine;
        setScreen('log', { found: logs.length > 0 ? { logs, focus: 0 } : null });
        if (shown === '') notify('warn', STR.log.nothingFound);
        else if (logs.length === 0) notify('good', fill(STR.log.foundMachine, { shown }));
      });
    },
    /** Tab in the field of the first screen: as far as all paths that begin so agree; several are told. */
    async completePath() {
      const { text } = store.get().screens.log.field;
      const paths = await services.complete.path(text);
      if (store.get().screens.log.field.text !== text) return;
      const start = commonStart(paths);
      if (start.length > text.length) setScreen('log', { field: fieldWith(start) });
      else if (paths.length > 1) {
        const names = paths.map(path => path.slice(path.lastIndexOf('/', path.length - 2) + 1));
        const shown = names.slice(0, MOST_NAMES).join('  ') + (names.length > MOST_NAMES ? '  …' : '');
        notify('good', { en: shown, zh: shown });
      } else if (paths.length === 0) notify('warn', STR.log.noSuchPath);
    },
  };
};
