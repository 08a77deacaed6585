import { readText } from './read.js';

const STARTABLE = new Set(['vllm-serve', 'api-server', 'docker-run', 'shell-script']);

/**
 * The program, its arguments and the variables set for it, as the shell would start them. Null for shapes that only
 * another program can start, for several launches in one text, and while a variable's value is not in the text.
 */
export const startableCommand = (
  text: string,
): { file: string; args: string[]; env: Record<string, string> } | null => {
  const reading = readText(text);
  if (!reading?.argv || !STARTABLE.has(reading.shape)) return null;
  if (reading.problems.some(problem => problem.code === 'several-launches')) return null;
  const words = reading.argv;
  if (words.some(word => word.unresolved.length)) return null;
  const env: Record<string, string> = {};
  for (const setting of reading.env) if (setting.at <= words[0]!.start) env[setting.name] = setting.value;
  let at = 0;
  while (at < words.length) {
    const text = words[at]!.text.text;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(text);
    if (assignment) env[assignment[1]!] = assignment[2]!;
    // `env`, `exec` and `nohup` only prepare the start.
    else if (!/^(?:env|exec|nohup)$/.test(text)) break;
    at++;
  }
  const [file, ...args] = words.slice(at).map(word => word.text.text);
  return file === undefined ? null : { file, args, env };
};
