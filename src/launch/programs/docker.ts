import type { Slot } from '../args/slot.js';
import { type Problem, problem } from '../problems.js';
import { behind, type EnvSetting, type Setting, settingOf } from '../reading.js';
import type { Word } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import { type ContainerKind, optionAt } from './container-options.js';
import { envPairs, gpuSetting, hostPort } from './container-settings.js';

/** A variable of the container; another one can be added behind it. */
interface ContainerVariable extends EnvSetting {
  insertAfter(text: string, name: string, value: string): Edit[];
}

/** What a container command (docker, podman, nerdctl, apptainer) says beside the program that it runs. */
interface ContainerCommand {
  env: ContainerVariable[];
  image: Setting | null;
  gpus: Setting | null;
  shmSize: Setting | null;
  ipc: Setting | null;
  /** Host side of the first published port; undefined: none published. */
  outerPort: number | null | undefined;
  problems: Problem[];
  /** `--entrypoint` and the words after the image. */
  inner: Word[];
  entrypoint: Word | null;
  imageWord: Word | null;
  appendEnv(text: string, name: string, value: string): Edit[] | null;
  appendOption(text: string, flag: string, value: string): Edit[] | null;
}

const NAMES = /^(?:docker|podman|nerdctl|apptainer|singularity|enroot)(?:\.exe)?$/;

/** The container program in the words, where its options begin, and what it does; null where there is none. */
export const findContainer = (words: Word[]): { options: number; kind: ContainerKind } | null => {
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.text.text.replace(/^.*[/\\]/, '');
    if (!NAMES.test(name)) continue;
    const sif = /^(?:apptainer|singularity)$/.test(name);
    let at = i + 1;
    if (words[at]?.text.text === 'container') at++;
    while (/^--?[a-z]/.test(words[at]?.text.text ?? '') && at < i + 6) at++;
    const verb = words[at]?.text.text;
    if (verb === 'run' || verb === 'create') return { options: at + 1, kind: sif ? 'sif' : 'run' };
    if (verb === 'exec') return { options: at + 1, kind: sif ? 'sif' : 'exec' };
    if (verb === 'instance' && sif) return null;
  }
  return null;
};

/** Reads the options of a container command, its image and what runs in it. Never fails: options that are not known are passed over. */
export const readContainer = (
  words: Word[],
  { options, kind }: NonNullable<ReturnType<typeof findContainer>>,
): ContainerCommand => {
  const env: ContainerVariable[] = [];
  const problems: Problem[] = [];
  let gpus: Setting | null = null;
  let shmSize: Setting | null = null;
  let ipc: Setting | null = null;
  let outerPort: number | null | undefined;
  let entrypoint: Word | null = null;
  let lastEnv: { flag: Word; value: Word } | null = null;
  let i = options;
  for (let option = optionAt(words, i, kind); option; option = optionAt(words, i, kind)) {
    const { name, word, value, valueWord, isVllm, next } = option;
    i = next;
    if (isVllm) problems.push(problem('flag-before-image', word.start, { name }));
    if (value === null) continue;
    const slot: Slot = { text: value, start: valueWord.start, end: valueWord.end, bare: valueWord.bare };
    if (name === 'e' || name === 'env') {
      const own = valueWord === word ? [word] : [word, valueWord];
      for (const setting of envPairs(slot, kind === 'sif'))
        env.push({
          ...setting,
          remove: whole => word.layout.remove(whole, own),
          insertAfter: (whole, another, text) => envAfter(whole, valueWord, another, text),
        });
      lastEnv = { flag: word, value: valueWord };
    } else if (name === 'gpus') gpus = gpuSetting(slot);
    else if (name === 'device' && value.text.startsWith('nvidia.com/gpu='))
      gpus = behind(settingOf(slot), 'nvidia.com/gpu=');
    else if (name === 'shm-size') shmSize = settingOf(slot);
    else if (name === 'ipc') ipc = settingOf(slot);
    else if ((name === 'p' || name === 'publish') && outerPort === undefined) outerPort = hostPort(value.text);
    else if (name === 'entrypoint') entrypoint = { ...valueWord, text: value };
  }
  const imageWord = words[i] ?? null;
  const image = imageWord && kind !== 'exec' ? settingOf({ ...imageWord }) : null;
  /** What a new option comes after: the last variable, else the last option, else the verb. */
  const last = lastEnv?.value ?? words[i - 1]!;
  /** `-e NAME=value` behind a word, with the flag as the last one was written. */
  const envAfter = (text: string, after: Word, name: string, value: string): Edit[] => {
    const typed = lastEnv?.flag.text.text ?? '-e';
    // apptainer's -e is another option.
    const flag = typed.startsWith('--') || kind === 'sif' ? '--env' : '-e';
    const joined = typed.startsWith('--env=');
    return after.layout.insertAfter(text, after, { flag, value: `${name}=${value}`, joined });
  };
  const optionAfter = (text: string, flag: string, value: string): Edit[] => {
    const joined = words.slice(options, i).some(word => /^--[a-z-]+=/.test(word.text.text));
    return last.layout.insertAfter(text, last, { flag, value, joined });
  };
  return {
    env,
    image: image && behind(image, 'docker://'),
    gpus,
    shmSize,
    ipc,
    outerPort,
    problems,
    entrypoint,
    imageWord,
    inner: words.slice(i + 1),
    appendEnv: (text, name, value) => envAfter(text, last, name, value),
    // Only `run` and `create` make a container; apptainer has no such options.
    appendOption: (text, flag, value) => (kind === 'run' ? optionAfter(text, flag, value) : null),
  };
};
