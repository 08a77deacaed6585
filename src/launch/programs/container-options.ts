import { flagKind, resolveFlag } from '../args/flags.js';
import type { Word } from '../shell/words.js';
import type { Traced } from '../text/traced.js';

/** What follows the program's name: a container is made, one that runs is entered, or apptainer does either. */
export type ContainerKind = 'run' | 'exec' | 'sif';

/** An option of a container program. */
interface ContainerOption {
  /** Without its dashes. */
  name: string;
  word: Word;
  /** Null for a switch. */
  value: Traced | null;
  /** The word that holds the value: the next one, or the option's own. */
  valueWord: Word;
  /** A flag of vLLM's own in the wrong place. */
  isVllm: boolean;
  /** Index of the word behind it. */
  next: number;
}

/** docker's and podman's options without a value; all others take one. */
const SWITCHES = new Set(
  'detach interactive tty rm init privileged read-only no-healthcheck oom-kill-disable publish-all sig-proxy disable-content-trust quiet help replace tls-verify rmi no-hosts env-host http-proxy nv rocm cleanenv contain containall writable writable-tmpfs no-home fakeroot compat userns'.split(
    ' ',
  ),
);

/** A flag that docker does not have and some release of vLLM does. */
const isVllmOnly = (name: string): boolean => {
  if (SWITCHES.has(name)) return false;
  const shared =
    /^(?:device|env|env-file|name|host|port|config|runtime|user|network|version|help|label|link|mount|volume|workdir|entrypoint|gpus|ipc|pid|memory|cpus|restart|platform|pull|arch|init|secret|group-add|ulimit|task|add-host|shm-size)$/;
  return !shared.test(name) && resolveFlag(`--${name}`).how === 'exact';
};

const isSwitch = (dashes: string, name: string, kind: ContainerKind): boolean => {
  if (dashes === '--' && SWITCHES.has(name)) return true;
  if (kind !== 'sif') return dashes === '-' && /^[ditPqBC]$/.test(name);
  // apptainer's -e cleans the environment.
  return /^(?:nv|rocm|C|c|e)$/.test(name) && dashes.length === (name.length === 1 ? 1 : 2);
};

/** Whether a value of vLLM's flag follows it: a word that is no flag, with another one (the image) behind it. */
const hasVllmValue = (words: Word[], i: number, name: string): boolean => {
  const next = words[i + 1];
  if (!next || next.text.text.startsWith('-') || !words[i + 2]) return false;
  return flagKind(resolveFlag(`--${name}`).name)?.takes !== 'nothing';
};

/** The option at `i`; null where the options end, also where one lacks its value. */
export const optionAt = (words: Word[], i: number, kind: ContainerKind): ContainerOption | null => {
  const word = words[i];
  const text = word?.text.text ?? '';
  const match = /^(--?)([A-Za-z][\w.-]{0,60})(=?)/.exec(text);
  if (!word || !match) return null;
  const [head, dashes, name, equals] = match as unknown as [string, string, string, string];
  const option = { name, word, value: null, valueWord: word, isVllm: false, next: i + 1 };
  if (dashes === '-' && name.length > 1 && !SWITCHES.has(name)) {
    // -it and -d are switches; -p8000:8000 and -eX=1 carry their value.
    if (/^[ditPq]+$/.test(name) && text.length === name.length + 1) return option;
    if (/^[pevw]/.test(name)) return { ...option, name: name[0]!, value: word.text.slice(2) };
  }
  if (dashes === '--' && kind === 'run' && isVllmOnly(name)) {
    const hasValue = !equals && hasVllmValue(words, i, name);
    return { ...option, isVllm: true, next: hasValue ? i + 2 : i + 1 };
  }
  if (equals) return { ...option, value: word.text.slice(head.length) };
  if (isSwitch(dashes, name, kind)) return option;
  const valueWord = words[i + 1];
  return valueWord ? { ...option, value: valueWord.text, valueWord, next: i + 2 } : null;
};
