import { flagKind, resolveFlag } from '../args/flags.js';
import { replaceText, type Slot } from '../args/slot.js';
import { type Problem, problem } from '../problems.js';
import { behind, type EnvSetting, type Setting, settingOf } from '../reading.js';
import type { Word } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import type { Traced } from '../text/traced.js';

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

/** docker's and podman's options without a value; all others take one. */
const SWITCHES = new Set(
  'detach interactive tty rm init privileged read-only no-healthcheck oom-kill-disable publish-all sig-proxy disable-content-trust quiet help replace tls-verify rmi no-hosts env-host http-proxy nv rocm cleanenv contain containall writable writable-tmpfs no-home fakeroot compat userns'.split(
    ' ',
  ),
);

const NAMES = /^(?:docker|podman|nerdctl|apptainer|singularity|enroot)(?:\.exe)?$/;

/** Index of the container program in the words; -1 when there is none. */
export const findContainer = (words: Word[]): { at: number; options: number; kind: 'run' | 'exec' | 'sif' } | null => {
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.text.text.replace(/^.*[/\\]/, '');
    if (!NAMES.test(name)) continue;
    const sif = /^(?:apptainer|singularity)$/.test(name);
    let at = i + 1;
    if (words[at]?.text.text === 'container') at++;
    while (/^--?[a-z]/.test(words[at]?.text.text ?? '') && at < i + 6) at++;
    const verb = words[at]?.text.text;
    if (verb === 'run' || verb === 'create') return { at: i, options: at + 1, kind: sif ? 'sif' : 'run' };
    if (verb === 'exec') return { at: i, options: at + 1, kind: sif ? 'sif' : 'exec' };
    if (verb === 'instance' && sif) return null;
  }
  return null;
};

const hostPort = (text: string): number | null => {
  const parts = text.replace(/\/(?:tcp|udp)$/, '').split(':');
  const host = parts.length > 1 ? parts.at(-2)! : '';
  const single = parts.length === 1 ? '' : host;
  return /^\d{1,5}$/.test(single) ? Number(single) : null;
};

export { hostPort };

/** `"device=0,1"`, `'"device=0"'`, `all`, `2` without its quotes and `device=`. */
export const gpuText = (text: string): string => text.replace(/["']/g, '').replace(/^device=/, '');

/** Reads the options of a container command, its image and what runs in it. Never fails: options that are not known are passed over. */
export const readContainer = (
  words: Word[],
  found: NonNullable<ReturnType<typeof findContainer>>,
): ContainerCommand => {
  const env: ContainerVariable[] = [];
  const problems: Problem[] = [];
  let gpus: Setting | null = null;
  let shmSize: Setting | null = null;
  let ipc: Setting | null = null;
  let outerPort: number | null | undefined;
  let entrypoint: Word | null = null;
  let lastEnv: { flag: Word; value: Word; joined: boolean } | null = null;
  let i = found.options;
  for (; i < words.length; i++) {
    const word = words[i]!;
    const text = word.text.text;
    const option = /^(--?)([A-Za-z][\w.-]{0,60})(=?)/.exec(text);
    if (!option) break;
    const [head, dashes, rawName, equals] = option as unknown as [string, string, string, string];
    let name = rawName;
    let value: Traced | null = null;
    let valueWord = word;
    if (dashes === '-' && rawName.length > 1 && !SWITCHES.has(rawName)) {
      // -it, -d are switches; -p8000:8000 and -eX=1 carry their value.
      if (/^[ditPq]+$/.test(rawName) && text.length === rawName.length + 1) continue;
      if (/^[pevw]/.test(rawName)) {
        name = rawName[0]!;
        value = word.text.slice(2);
      }
    }
    const vllmFlag = dashes === '--' && found.kind === 'run' && isVllmOnly(name);
    if (vllmFlag) {
      problems.push(problem('flag-before-image', word.start, { name }));
      const next = words[i + 1];
      if (
        !equals &&
        flagKind(resolveFlag(`--${name}`).name)?.takes !== 'nothing' &&
        next &&
        !/^-/.test(next.text.text) &&
        words[i + 2]
      )
        i++;
      continue;
    }
    if (value === null && equals) value = word.text.slice(head.length);
    if (value === null) {
      if (
        (dashes === '--' && SWITCHES.has(name)) ||
        (dashes === '-' && /^[ditPqBC]$/.test(name) && found.kind !== 'sif') ||
        (/^(?:nv|rocm|C|c|e)$/.test(name) && found.kind === 'sif' && dashes.length === (name.length === 1 ? 1 : 2))
      )
        continue;
      const next = words[i + 1];
      if (!next) break;
      valueWord = next;
      value = next.text;
      i++;
    }
    const slot: Slot = { text: value, start: valueWord.start, end: valueWord.end, bare: valueWord.bare };
    if (name === 'e' || name === 'env') {
      for (const setting of envPairs(slot, found.kind === 'sif')) {
        setting.remove = whole => word.layout.remove(whole, valueWord === word ? [word] : [word, valueWord]);
        env.push({ ...setting, insertAfter: (whole, name, value) => envAfter(whole, valueWord, name, value) });
      }
      lastEnv = { flag: word, value: valueWord, joined: valueWord === word };
    } else if (name === 'gpus') gpus = gpuSetting(slot);
    else if (name === 'device' && value.text.startsWith('nvidia.com/gpu='))
      gpus = behind(settingOf(slot), 'nvidia.com/gpu=');
    else if (name === 'shm-size') shmSize = settingOf(slot);
    else if (name === 'ipc') ipc = settingOf(slot);
    else if ((name === 'p' || name === 'publish') && outerPort === undefined) outerPort = hostPort(value.text);
    else if (name === 'entrypoint') entrypoint = { ...valueWord, text: value };
  }
  const imageWord = words[i] ?? null;
  const image = imageWord && found.kind !== 'exec' ? settingOf({ ...imageWord }) : null;
  const anchor = words[found.options - 1]!;
  /** `-e NAME=value` behind a word, with the flag as the last one was written. */
  const envAfter = (text: string, after: Word, name: string, value: string): Edit[] => {
    const typed = lastEnv?.flag.text.text ?? '-e';
    // apptainer's -e is another option.
    const flag = typed.startsWith('--') || found.kind === 'sif' ? '--env' : '-e';
    return after.layout.insertAfter(text, after, {
      flag,
      value: `${name}=${value}`,
      joined: typed.startsWith('--env='),
    });
  };
  const optionAfter = (text: string, flag: string, value: string): Edit[] => {
    const before = lastEnv?.value ?? words[i - 1] ?? anchor;
    const joined = words.slice(found.options, i).findLast(word => /^--[a-z-]+=/.test(word.text.text)) !== undefined;
    return before.layout.insertAfter(text, before, { flag, value, joined });
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
    appendEnv: (text, name, value) => envAfter(text, lastEnv?.value ?? words[i - 1] ?? anchor, name, value),
    // Only `run` and `create` make a container; apptainer has no such options.
    appendOption: (text, flag, value) => (found.kind === 'run' ? optionAfter(text, flag, value) : null),
  };
};

/** A flag that docker does not have and some release of vLLM does. */
const isVllmOnly = (name: string): boolean => {
  if (SWITCHES.has(name)) return false;
  const shared =
    /^(?:device|env|env-file|name|host|port|config|runtime|user|network|version|help|label|link|mount|volume|workdir|entrypoint|gpus|ipc|pid|memory|cpus|restart|platform|pull|arch|init|secret|group-add|ulimit|task|add-host|shm-size)$/;
  return !shared.test(name) && resolveFlag(`--${name}`).how === 'exact';
};

const gpuSetting = (slot: Slot): Setting => ({
  value: gpuText(slot.text.text),
  at: slot.start,
  set: (_text, wanted) => {
    const old = slot.text.text;
    const device = /^("?)device=/.exec(old);
    return replaceText(slot, device ? `${device[1]}device=${wanted}${device[1]}` : wanted);
  },
});

/** `NAME=value` as an environment setting; none for a name that is only passed through. */
export const envPair = (slot: Slot): EnvSetting | null => {
  const match = /^([A-Za-z_]\w{0,100})=/.exec(slot.text.text);
  if (!match) return null;
  const value = slot.text.slice(match[0].length);
  const at = slot.text.end(match[0].length - 1);
  return {
    name: match[1]!,
    value: value.text,
    at: slot.start,
    set: (_text, wanted) => {
      const place = value.place();
      if (place) return [{ start: place.start, end: place.end, text: place.context.encode(wanted) }];
      if (value.length) return replaceText(slot, `${match[0]}${wanted}`);
      return [{ start: at, end: at, text: slot.text.context(match[0].length - 1).encode(wanted) }];
    },
  };
};

/** apptainer takes several pairs in one `--env A=1,B=2`. */
const envPairs = (slot: Slot, several: boolean): EnvSetting[] => {
  if (!several) return [envPair(slot)].filter(pair => pair !== null);
  const pairs: EnvSetting[] = [];
  let from = 0;
  for (const part of slot.text.text.split(/,(?=[A-Za-z_]\w{0,100}=)/)) {
    const pair = envPair({ ...slot, text: slot.text.slice(from, from + part.length) });
    if (pair) pairs.push(pair);
    from += part.length + 1;
  }
  return pairs;
};
