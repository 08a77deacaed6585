import { type Problem, problem } from '../problems.js';
import { type CommandReading, readCommand, readImage, readScriptText } from '../programs/command.js';
import { wordsOfLiteral } from '../programs/literal-words.js';
import { type Shape, settingOf } from '../reading.js';
import { POSIX } from '../shell/dialect.js';
import { lexReferences } from '../shell/lexer.js';
import { type Scope, type Word, withVariables } from '../shell/words.js';
import { newlineOf } from '../text/edits.js';
import { parseLiteral } from '../text/literal.js';
import { PLAIN } from '../text/traced.js';
import { type Instruction, instructionsOf } from './dockerfile-instructions.js';
import { type Stage, stagesOf } from './dockerfile-stages.js';

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

/** What a stage starts: its entrypoint with CMD behind it, or CMD alone, or the image with CMD as its arguments. */
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
