import { type Problem, problem } from '../problems.js';
import type { EnvSetting, Reading } from '../reading.js';
import { type Dialect, POSIX, POSIX_FOLDED, POSIX_QUOTED } from '../shell/dialect.js';
import { addToScript, variableBefore } from '../shell/environment.js';
import { type Command, readScript, type Script } from '../shell/script.js';
import { type Scope, splitWords, type Value, type Word, withVariables } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import type { Traced } from '../text/traced.js';
import { findContainer, readContainer } from './docker.js';
import { readProgram } from './index.js';
import { readKubectlRun } from './kubectl.js';
import { readImageArguments } from './vllm.js';

/** A launch found in a command, without the carrier around it. */
export type CommandReading = Omit<Reading, 'shape' | 'extent'> & {
  shape: string | null;
  container: boolean;
  argv: Word[];
};

const SHELL = /(?:^|[/\\])(?:ba|z|da|k)?sh(?:\.exe)?$/;
const MAX_NESTING = 6;

/** The script of `bash -c '…'` among the words; null when there is none. */
const shellScriptWord = (words: Word[]): { script: Word; rest: Word[] } | null => {
  for (let i = 0; i + 1 < words.length; i++) {
    if (!SHELL.test(words[i]!.text.text)) continue;
    for (let j = i + 1; j < Math.min(words.length, i + 6); j++) {
      const text = words[j]!.text.text;
      if (/^-[a-z]{0,4}c$/.test(text)) return words[j + 1] ? { script: words[j + 1]!, rest: words.slice(j + 2) } : null;
      if (!text.startsWith('-')) break;
    }
  }
  return null;
};

const emptySettings = { image: null, gpus: null, shmSize: null } as const;

interface CommandOptions {
  scope?: Scope;
  list?: boolean;
  depth?: number;
  /** Dialect of scripts inside. */
  inner?: Dialect;
  /** Adds a variable to the script around the command; null: before the command itself is the place for it. */
  addVariable?(text: string, name: string, value: string): Edit[] | null;
}

/** Reads the launch in the words of one command: vLLM itself, a container, a shell with a script. */
export const readCommand = (words: Word[], env: EnvSetting[], options: CommandOptions = {}): CommandReading | null => {
  const depth = options.depth ?? 0;
  if (!words.length || depth > MAX_NESTING) return null;
  const below = { ...options, depth: depth + 1 };
  const pod = readKubectlRun(words);
  if (pod) return readPod(pod, words, env, below);
  const found = findContainer(words);
  if (found) return readContained(readContainer(words, found), found.kind !== 'run', words, env, below);
  return readShell(words, env, below) ?? readStarted(words, env, options) ?? readHanded(words, env, below);
};

/** `kubectl run`: a command of its own, or arguments of the image's entrypoint. */
const readPod = (
  pod: NonNullable<ReturnType<typeof readKubectlRun>>,
  words: Word[],
  env: EnvSetting[],
  options: CommandOptions,
): CommandReading | null => {
  const image = { image: pod.image?.value ?? '' };
  const ofImage = () => (pod.inner.length ? readImage(pod.inner, pod.anchor, image) : null);
  const inner = pod.isCommand ? readCommand(pod.inner, [], options) : ofImage();
  return (
    inner && {
      ...inner,
      shape: 'kubernetes',
      image: pod.image,
      env: [...env, ...pod.env, ...inner.env],
      appendEnv: pod.appendEnv,
      appendContainer: undefined,
      container: true,
      argv: words,
    }
  );
};

/** A container: what runs in it, and what its options say. `exec`: a command is named, so the image's own does not run. */
const readContained = (
  container: ReturnType<typeof readContainer>,
  exec: boolean,
  words: Word[],
  env: EnvSetting[],
  options: CommandOptions,
): CommandReading | null => {
  const { entrypoint, imageWord, image, gpus, shmSize, ipc, outerPort } = container;
  if (!imageWord) return null;
  const inner = readInner(entrypoint, container.inner, imageWord, { ...options, image: image?.value ?? '', exec });
  return (
    inner && {
      ...inner,
      image,
      gpus,
      shmSize,
      ipc,
      outerPort,
      env: [...env, ...container.env, ...inner.env],
      appendEnv: container.appendEnv,
      appendContainer: container.appendOption,
      container: true,
      problems: [...container.problems, ...inner.problems],
      argv: words,
    }
  );
};

/** `bash -c '…'` with a launch in its script. */
const readShell = (words: Word[], env: EnvSetting[], options: CommandOptions): CommandReading | null => {
  const shell = shellScriptWord(words);
  if (!shell) return null;
  const folded = { scalar: POSIX_FOLDED, quotes: POSIX_QUOTED, none: POSIX }[shell.script.folded ?? 'none'];
  // What follows the script are its $0 and "$@".
  const positional = new Map<string, Value>([['@', { kind: 'list', words: shell.rest.slice(1) }]]);
  const scope = withVariables(positional, options.scope);
  const reading = readScriptText(shell.script.text, options.inner ?? folded, { ...options, list: false, scope });
  return reading && { ...reading, env: [...env, ...reading.env], argv: words };
};

/** A program that starts vLLM, with the variables in front of it. */
const readStarted = (words: Word[], env: EnvSetting[], options: CommandOptions): CommandReading | null => {
  const program = readProgram(words, { list: options.list });
  if (!program) return null;
  return {
    ...emptySettings,
    ...program,
    shape: program.shape ?? null,
    env: [...env, ...words.slice(0, program.from).flatMap(variableOf)],
    container: false,
    argv: words,
    appendEnv: (text, name, value) => options.addVariable?.(text, name, value) ?? variableBefore(words, name, value),
  };
};

/** `NAME=value` among the words before a program; none for any other word. */
const variableOf = (word: Word): EnvSetting[] => {
  const match = /^([A-Za-z_]\w{0,100})=/.exec(word.text.text);
  if (!match) return [];
  const value = word.text.slice(match[0].length);
  return [
    {
      name: match[1]!,
      value: value.text,
      at: word.start,
      set: (_text, wanted) => {
        const place = value.place();
        return place
          ? [{ start: place.start, end: place.end, text: place.context.encode(wanted) }]
          : [{ start: word.end, end: word.end, text: wanted }];
      },
      remove: text => word.layout.remove(text, [word]),
    },
  ];
};

/** Programs that speak of a command and do not start it. */
const SPEAKERS = /^(?:echo|printf|grep|pgrep|pkill|kill|ps|curl|awk|sed|write-host|test|\[)$/i;

/** A command handed over as one quoted word: `tmux new "vllm serve …"`, `ssh host "…"`, `su -c "…"`. */
const readHanded = (words: Word[], env: EnvSetting[], options: CommandOptions): CommandReading | null => {
  if (options.list || SPEAKERS.test(words[0]!.text.text)) return null;
  for (const word of words) {
    if (!word.quoted || !/\bvllm serve\s|-m vllm\.entrypoints/.test(word.text.text)) continue;
    const reading = readScriptText(word.text, options.inner ?? POSIX, options);
    if (reading) return { ...reading, env: [...env, ...reading.env], argv: words };
  }
  return null;
};

interface InnerOptions extends CommandOptions {
  image: string;
  exec: boolean;
}

/** What runs inside a container: its entrypoint (or the image's own) with the words after the image. */
const readInner = (
  entrypoint: Word | null,
  rest: Word[],
  imageWord: Word,
  options: InnerOptions,
): CommandReading | null => {
  const head = entrypoint ? splitWords(entrypoint.text, () => entrypoint.layout) : [];
  const words = [...head.map(word => ({ ...word, start: entrypoint!.start, end: entrypoint!.end })), ...rest];
  const direct = readCommand(words, [], options);
  if (direct) return direct;
  if (options.exec || entrypoint) return null;
  return readImage(rest, imageWord, options);
};

/** The image's own entrypoint is vLLM's server: what follows are its arguments. */
export const readImage = (
  words: Word[],
  anchor: Word | null,
  options: { image: string; list?: boolean },
): CommandReading | null => {
  const serve = words[0]?.text.text === 'serve';
  const reading = readImageArguments(serve ? words.slice(1) : words, words[0] ?? anchor, options.list);
  const flags = reading.args.length + (reading.model ? 1 : 0);
  const looksLikeVllm =
    /vllm/i.test(options.image) ||
    reading.args.some(arg =>
      /^(?:max-model-len|tensor-parallel-size|gpu-memory-utilization|served-model-name|max-num-seqs|kv-cache-dtype)$/.test(
        arg.name,
      ),
    );
  if (!looksLikeVllm || (!flags && !/vllm/i.test(options.image))) return null;
  return {
    ...emptySettings,
    ...reading,
    program: serve ? 'serve' : 'image',
    shape: null,
    env: [],
    container: false,
    argv: words,
  };
};

/** Reads a script and the first launch in it. */
export const readScriptText = (
  source: Traced,
  dialect: Dialect,
  options: CommandOptions = {},
): (CommandReading & { script: Script; command: Command }) | null => {
  if ((options.depth ?? 0) > MAX_NESTING) return null;
  const script = readScript(source, dialect, options.scope);
  const found: { reading: CommandReading; command: Command }[] = [];
  for (const command of script.commands) {
    const reading = readCommand(command.words, command.env, {
      ...options,
      scope: script.scope,
      addVariable: (text, name, value) => addToScript(text, script, command, name, value),
    });
    if (reading) found.push({ reading, command });
  }
  if (!found.length)
    for (const command of script.commands)
      for (const heredoc of command.heredocs) {
        const reading = readScriptText(heredoc, dialect, {
          ...options,
          depth: (options.depth ?? 0) + 1,
          scope: script.scope,
        });
        if (reading)
          return { ...reading, shape: reading.shape ?? 'shell-script', env: [...command.env, ...reading.env] };
      }
  const first = found[0];
  if (!first) return null;
  const { reading, command } = first;
  const problems: Problem[] = [
    ...reading.problems,
    ...script.problems.filter(
      problem => problem.at >= command.start && problem.at <= command.end + 2000 && inCommand(problem, command, script),
    ),
  ];
  const others = found.filter(other => sameKind(other.reading, reading));
  if (others.length > 1) problems.push(problem('several-launches', others[1]!.command.start, { count: others.length }));
  return { ...reading, problems, script, command };
};

/** Launches of servers count; a benchmark client beside its server does not. */
const sameKind = (a: CommandReading, b: CommandReading) => a.program !== 'bench' || b.program === 'bench';

const inCommand = (problem: Problem, command: Command, script: Script): boolean => {
  const next = script.commands.find(other => other.start > command.start);
  return (
    problem.at <= command.end || (problem.code.startsWith('broken-continuation') && (!next || problem.at < next.start))
  );
};
