import { say } from '../../common/text.js';
import type { Step } from '../../session/record.js';
import { FORM } from '../form/rows.js';
import { commandToTry } from '../state/selectors.js';
import { STR, tell } from '../strings.js';
import type { Wizard } from '../wizard.js';
import { inform, type Person } from './person.js';

/** Does what was typed on a step. False when it ends the conversation. */
type Reply = (typed: string, wizard: Wizard, person: Person) => boolean | Promise<boolean>;

/** On to the next step; where there is none that could be reached, nothing is left to be said. */
const goOn: Reply = (_typed, wizard) => {
  const before = wizard.step();
  wizard.forward();
  return wizard.step() !== before;
};

/** `maxModelLen=8192`, `command=vllm serve …` */
const correct = (typed: string, wizard: Wizard, person: Person): void => {
  const { lang } = wizard.get();
  const [, name = '', text = ''] = /^(\w+)\s*[=:]\s*(.*)$/.exec(typed) ?? [];
  if (name.toLowerCase() === 'command') {
    if (wizard.isLaunch(text)) wizard.setCommand(text);
    else inform(tell(STR.facts.wrong, lang, { what: say(STR.facts.command, lang) }), person);
    return;
  }
  const row = FORM.find(candidate => candidate.name.toLowerCase() === name.toLowerCase());
  const value = row?.parse(text) ?? null;
  if (row && value !== null) wizard.correct(row.name, value);
  else inform(`? ${typed}  (command, ${FORM.map(candidate => candidate.name).join(', ')})`, person);
};

/** Starts the re-test and says each phase once, when it begins. */
const start = async (wizard: Wizard, person: Person): Promise<void> => {
  let told = 0;
  const unsubscribe = wizard.subscribe(() => {
    const phases = wizard.get().live?.phases ?? [];
    for (; told < phases.length; told++) {
      const { atMs, phase } = phases[told]!;
      person.tell(`  ${Math.round(atMs / 1000)} s  ${phase}`);
    }
  });
  const release = person.onInterrupt(() => wizard.stopRetest());
  await wizard.startRetest();
  release();
  unsubscribe();
};

/** What may be typed on each step; `b` and `q` mean the same on all. */
export const REPLIES: Record<Exclude<Step, 'log'>, Reply> = {
  facts(typed, wizard, person) {
    if (typed === '') return goOn(typed, wizard, person);
    correct(typed, wizard, person);
    return true;
  },
  diagnosis: goOn,
  fixes(typed, wizard, person) {
    if (typed === '') return goOn(typed, wizard, person);
    const fixes = wizard.get().answer?.fixes ?? [];
    for (const number of typed.match(/\d{1,3}/g) ?? []) {
      const fix = fixes[Number(number) - 1];
      if (fix) wizard.toggleFix(fix.id);
    }
    return true;
  },
  async retest(typed, wizard, person) {
    if (typed === 'y' && commandToTry(wizard.get()) !== null) await start(wizard, person);
    else if (typed === 'n') wizard.skipRetest();
    return true;
  },
  result(typed, wizard) {
    if (typed === 'w') wizard.writeCommand();
    else if (typed === 'r') wizard.writeReport();
    return typed === 'w' || typed === 'r';
  },
};
