import { type EnvSetting, settingOf } from '../reading.js';
import { type Scope, splitWords, textValue, type Value, type Word, withVariables } from '../shell/words.js';
import { type Edit, lineStart, nextLine } from '../text/edits.js';
import type { Traced } from '../text/traced.js';
import type { Instruction } from './dockerfile-instructions.js';

/** What a stage sets and starts: everything from one FROM to the next. */
export interface Stage {
  image: Traced | null;
  variables: Map<string, Value | null>;
  env: EnvSetting[];
  cmd: Instruction | null;
  entrypoint: Instruction | null;
  lastEnv: Instruction | null;
}

/** A variable as a setting; its value ends where its word does. */
const setting = (word: Word, name: string, value: Traced, remove: (text: string) => Edit[]): EnvSetting => {
  const slot = { text: value, start: word.end - value.length, end: word.end, bare: word.bare };
  return { ...settingOf(slot), name, remove };
};

/** `ENV NAME=value …`, and the old `ENV NAME value`: settings of the stage, and variables for what follows. */
const readEnv = (instruction: Instruction, scope: Scope, stage: Stage): void => {
  const words = splitWords(instruction.body, () => null, scope);
  const removeLine = (text: string): Edit[] => [
    { start: lineStart(text, instruction.start), end: nextLine(text, instruction.end), text: '' },
  ];
  const first = words[0];
  if (!first) return;
  if (!first.text.text.includes('=') && words[1]) {
    // ENV NAME value
    const value = instruction.body.slice(instruction.body.text.indexOf(words[1].text.text));
    stage.variables.set(first.text.text, textValue(value));
    stage.env.push(setting(words[1], first.text.text, value, removeLine));
    return;
  }
  for (const word of words) {
    const match = /^([A-Za-z_]\w{0,100})=/.exec(word.text.text);
    if (!match) continue;
    const value = word.text.slice(match[0].length);
    stage.variables.set(match[1]!, word.unresolved.length ? null : textValue(value));
    stage.env.push(
      setting(word, match[1]!, value, words.length === 1 ? removeLine : text => word.layout.remove(text, [word])),
    );
  }
};

/** The stages of a Dockerfile; what stands before the first FROM belongs to one without an image. */
export const stagesOf = (instructions: Instruction[]): Stage[] => {
  const stages: Stage[] = [];
  const global = new Map<string, Value | null>();
  const fresh = (image: Traced | null): Stage => ({
    image,
    variables: new Map(global),
    env: [],
    cmd: null,
    entrypoint: null,
    lastEnv: null,
  });
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    const scope = withVariables(stage?.variables ?? global);
    switch (instruction.name) {
      case 'FROM': {
        const word = splitWords(instruction.body, () => null, scope).find(
          candidate => !candidate.text.text.startsWith('--'),
        );
        stages.push(fresh(word?.text ?? null));
        break;
      }
      case 'ARG': {
        const match = /^([A-Za-z_]\w{0,100})(=?)/.exec(instruction.body.text);
        if (!match) break;
        const value = match[2]
          ? splitWords(instruction.body.slice(match[0].length), () => null, scope)[0]?.text
          : undefined;
        (stage?.variables ?? global).set(match[1]!, value ? textValue(value) : (global.get(match[1]!) ?? null));
        break;
      }
      case 'ENV': {
        const target = stage ?? fresh(null);
        if (!stage) stages.push(target);
        readEnv(instruction, scope, target);
        target.lastEnv = instruction;
        break;
      }
      case 'CMD':
      case 'ENTRYPOINT': {
        const target = stage ?? fresh(null);
        if (!stage) stages.push(target);
        if (instruction.name === 'CMD') target.cmd = instruction;
        else target.entrypoint = instruction;
        break;
      }
    }
  }
  return stages;
};
