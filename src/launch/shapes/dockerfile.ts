import { type Problem, problem } from '../problems.js';
import { type CommandReading, readCommand, readImage, readScriptText } from '../programs/command.js';
import { wordsOfLiteral } from '../programs/literal-words.js';
import { type EnvSetting, type Shape, settingOf } from '../reading.js';
import { POSIX } from '../shell/dialect.js';
import { lexReferences } from '../shell/lexer.js';
import { type Scope, splitWords, textValue, type Value, type Word, withVariables } from '../shell/words.js';
import { type Edit, lineEnd, lineStart, newlineOf, nextLine } from '../text/edits.js';
import { parseLiteral } from '../text/literal.js';
import { PLAIN, Traced } from '../text/traced.js';

interface Instruction {
  name: string;
  /** What stands behind the keyword, continued lines included. */
  body: Traced;
  start: number;
  end: number;
}

/** The instructions of a Dockerfile; comment lines inside continued ones are left in place for the readers to skip. */
const instructionsOf = (text: string): Instruction[] => {
  const instructions: Instruction[] = [];
  let at = 0;
  while (at < text.length) {
    const head = /[ \t]{0,80}([A-Za-z]{2,12})[ \t]+/y;
    head.lastIndex = at;
    const match = head.exec(text);
    let end = at;
    // A line ends the instruction unless it ends in a backslash; comments and blank lines in between do not.
    for (;;) {
      const stop = lineEnd(text, end);
      const line = text.slice(end, stop);
      const continued = /\\[ \t]*$/.test(line.slice(-80)) || (end > at && /^\s*#/.test(line));
      if (!continued || nextLine(text, stop) >= text.length) {
        end = stop;
        break;
      }
      end = nextLine(text, stop);
    }
    if (match && match.index + match[0].length <= end) {
      const from = match.index + match[0].length;
      instructions.push({
        name: match[1]!.toUpperCase(),
        body: Traced.of(text.slice(from, end), from),
        start: at,
        end,
      });
    }
    at = nextLine(text, end);
  }
  return instructions;
};

interface Stage {
  image: Traced | null;
  variables: Map<string, Value | null>;
  env: EnvSetting[];
  cmd: Instruction | null;
  entrypoint: Instruction | null;
  lastEnv: Instruction | null;
}

const setting = (word: Word, name: string, value: Traced, remove: (text: string) => Edit[]): EnvSetting => {
  const slot = { text: value, start: word.end - value.length, end: word.end, bare: word.bare };
  return { ...settingOf(slot), name, remove };
};

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

const stagesOf = (instructions: Instruction[]): Stage[] => {
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

/** The words of a JSON-form instruction; null for the shell form. */
const jsonWords = (instruction: Instruction | null, scope: Scope, problems: Problem[]): Word[] | null => {
  if (!instruction || !/^\s*\[/.test(instruction.body.text)) return null;
  const literal = parseLiteral(instruction.body.text);
  if (literal?.kind !== 'array') return null;
  const plain = wordsOfLiteral(literal, instruction.body, { continuation: '\\' });
  const expanded = wordsOfLiteral(literal, instruction.body, { continuation: '\\', scope });
  return plain.map((word, i) => {
    // A script handed to a shell is expanded by that shell.
    if (/^-[a-z]{0,3}c$/.test(plain[i - 1]?.text.text ?? '')) return word;
    if (!lexReferences(word.text).some(part => part.ref)) return word;
    problems.push(problem('variable-in-json-form', word.start, { text: word.text.text }));
    return { ...expanded[i]!, unresolved: [] };
  });
};

const readStage = (stage: Stage): CommandReading | null => {
  const scope = withVariables(stage.variables);
  const problems: Problem[] = [];
  const entry = jsonWords(stage.entrypoint, scope, problems);
  const cmd = jsonWords(stage.cmd, scope, problems);
  const image = stage.image?.text ?? '';
  let reading: CommandReading | null = null;
  if (stage.entrypoint && !entry) reading = readScriptText(stage.entrypoint.body, POSIX, { scope });
  if (!reading && (entry || cmd)) reading = readCommand([...(entry ?? []), ...(cmd ?? [])], [], { scope, list: true });
  if (!reading && stage.cmd && !cmd) reading = readScriptText(stage.cmd.body, POSIX, { scope });
  if (!reading && cmd && !stage.entrypoint) reading = readImage(cmd, null, { image, list: true });
  return reading && { ...reading, problems: [...reading.problems, ...problems] };
};

/** A Dockerfile: FROM, ENV, ENTRYPOINT and CMD of its last stage that starts vLLM. */
export const dockerfile: Shape = {
  name: 'dockerfile',
  read: text => {
    const marks = text.match(/(?:^|\n)[ \t]{0,20}(?:FROM|CMD|ENTRYPOINT|ENV|RUN|WORKDIR|COPY|EXPOSE)[ \t]+\S/g) ?? [];
    if (!marks.some(mark => /FROM|CMD|ENTRYPOINT/.test(mark))) return null;
    for (const stage of stagesOf(instructionsOf(text)).toReversed()) {
      const reading = readStage(stage);
      if (!reading) continue;
      const image =
        stage.image &&
        settingOf({
          text: stage.image,
          start: stage.image.start(0),
          end: stage.image.end(stage.image.length - 1),
          bare: PLAIN,
        });
      return {
        ...reading,
        shape: 'dockerfile',
        argv: undefined,
        image,
        env: [...stage.env, ...reading.env],
        appendEnv: (whole, name, value) => {
          const before = stage.lastEnv;
          const target = stage.entrypoint ?? stage.cmd!;
          const line = `ENV ${name}=${/\s/.test(value) ? JSON.stringify(value) : value}`;
          return before
            ? [{ start: before.end, end: before.end, text: `${newlineOf(whole)}${line}` }]
            : [{ start: target.start, end: target.start, text: `${line}${newlineOf(whole)}` }];
        },
        extent: { start: 0, end: text.length },
      };
    }
    return null;
  },
};
