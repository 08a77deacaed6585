import { problem } from '../problems.js';
import { environmentOf, readPython } from '../python/calls.js';
import { Names } from '../python/names.js';
import type { Shape } from '../reading.js';
import { newlineOf } from '../text/edits.js';
import { Traced } from '../text/traced.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';

const SIGNS =
  /\b(?:LLM|AsyncEngineArgs|EngineArgs|LLMConfig|vLLMEngineProcessorConfig)[ \t]{0,8}\(|\b(?:use_vllm|vllm_\w+)[ \t]{0,8}=[ \t]{0,8}[\w"'[{]|["'](?:[^"'\s]{0,200}\/)?vllm["']\s{0,40},\s{0,40}["']serve["']|["']vllm\.entrypoints|(?:^|\n)[ \t]{0,40}(?:import|from) \w|(?:^|\n)[ \t]{0,40}\w{1,60} = (?:\{|dict\()/;

/** Python that starts vLLM: `LLM(…)`, engine arguments, Ray Serve, TRL's trainers, a command for subprocess. */
export const python: Shape = {
  name: 'python',
  read: text => {
    if (!SIGNS.test(text) || /^\s{0,40}#!\/(?:usr\/)?bin\/(?:env )?(?:ba)?sh/.test(text)) return null;
    const source = Traced.of(text);
    const names = new Names(text);
    const found = readPython(source, names);
    if (!found) return null;
    const { reading, count } = found;
    const problems = [...reading.problems];
    if (count > 1) problems.push(problem('several-launches', reading.at, { count }));
    const env = environmentOf(source, names);
    return {
      ...NO_SURROUNDINGS,
      ...reading,
      problems,
      shape: reading.shape ?? 'python',
      env,
      appendEnv: (whole, name, value) => {
        const last = env.at(-1);
        const line = `os.environ[${JSON.stringify(name)}] = ${JSON.stringify(value)}`;
        if (!last)
          return [
            {
              start: 0,
              end: 0,
              text: `${/^import os$/m.test(whole) ? '' : `import os${newlineOf(whole)}`}${line}${newlineOf(whole)}`,
            },
          ];
        const indent = /[ \t]*$/.exec(whole.slice(0, last.at))![0];
        return [{ start: last.at, end: last.at, text: `${line}${newlineOf(whole)}${indent}` }];
      },
      extent: { start: reading.at, end: reading.end },
    };
  },
};
