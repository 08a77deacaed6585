import { problem } from '../problems.js';
import { environmentOf } from '../python/environment.js';
import { Names } from '../python/names.js';
import { readPython } from '../python/read.js';
import type { Shape } from '../reading.js';
import { Traced } from '../text/traced.js';
import { NO_SURROUNDINGS } from '../yaml/reading.js';

const SIGNS =
  /\bFast\w{0,30}Model\.from_pretrained\(|\b(?:LLM|AsyncEngineArgs|EngineArgs|LLMConfig|vLLMEngineProcessorConfig)[ \t]{0,8}\(|\b(?:use_vllm|vllm_\w+)[ \t]{0,8}=[ \t]{0,8}[\w"'[{]|["'](?:[^"'\s]{0,200}\/)?vllm["']\s{0,40},\s{0,40}["']serve["']|["']vllm\.entrypoints|(?:^|\n)[ \t]{0,40}(?:import|from) \w|(?:^|\n)[ \t]{0,40}\w{1,60} = (?:\{|dict\()/;

/** A command line that hands its code to Python is a shell's. */
const isCommandLine = (text: string): boolean => {
  const line = /\S[^\n]{0,400}/.exec(text)?.[0] ?? '';
  return (
    !line.startsWith('#') && /(?:^|[\s/!])python[\d.]{0,6}(?: {1,4}-[A-Za-z]{1,4}){0,4} {1,4}-c {1,4}["']/.test(line)
  );
};

/** Python that starts vLLM: `LLM(…)`, engine arguments, Ray Serve, TRL's trainers, a command for subprocess. */
export const python: Shape = {
  name: 'python',
  read: text => {
    if (isCommandLine(text) || !SIGNS.test(text) || /^\s{0,40}#!\/(?:usr\/)?bin\/(?:env )?(?:ba)?sh/.test(text))
      return null;
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
      env: env.settings,
      appendEnv: env.append,
      extent: { start: reading.at, end: reading.end },
    };
  },
};
