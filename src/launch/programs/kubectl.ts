import { type EnvSetting, type Setting, settingOf } from '../reading.js';
import type { Word } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import { envPair } from './container-settings.js';

/** What `kubectl run NAME --image=… --env=… [--command] -- words` says beside the words behind its `--`. */
interface KubectlRun {
  image: Setting | null;
  env: EnvSetting[];
  /** Words behind `--`: a command of their own (`--command`), or arguments of the image's entrypoint. */
  inner: Word[];
  isCommand: boolean;
  /** The `--` itself, or the last word where there is none. */
  anchor: Word;
  appendEnv(text: string, name: string, value: string): Edit[];
}

const text = (word: Word | undefined): string => word?.text.text ?? '';

/** Null when the words are no `kubectl run`. */
export const readKubectlRun = (words: Word[]): KubectlRun | null => {
  const at = words.findIndex((word, i) => /(?:^|\/)(?:kubectl|oc)$/.test(text(word)) && i < 4);
  if (at < 0) return null;
  const dashes = words.findIndex((word, i) => i > at && text(word) === '--');
  const options = words.slice(at + 1, dashes < 0 ? words.length : dashes);
  if (!options.some((word, i) => text(word) === 'run' && i < 4)) return null;
  /** The value of an option, its word, and whether both are one word; every occurrence. */
  const valuesOf = (name: string) =>
    options.flatMap((word, i) => {
      if (text(word) === name && options[i + 1])
        return [{ flag: word, word: options[i + 1]!, value: options[i + 1]!.text }];
      return text(word).startsWith(`${name}=`) ? [{ flag: word, word, value: word.text.slice(name.length + 1) }] : [];
    });
  const image = valuesOf('--image').at(-1);
  const variables = valuesOf('--env');
  if (!image?.value.length) return null;
  const env = variables.flatMap(({ flag, word, value }) => {
    const pair = envPair({ text: value, start: word.start, end: word.end, bare: word.bare });
    if (!pair) return [];
    return [{ ...pair, remove: (whole: string) => word.layout.remove(whole, flag === word ? [word] : [flag, word]) }];
  });
  const like = variables.at(-1) ?? image;
  return {
    image: settingOf({ text: image.value, start: image.word.start, end: image.word.end, bare: image.word.bare }),
    env,
    inner: dashes < 0 ? [] : words.slice(dashes + 1),
    isCommand: options.some(word => /^--command(?:=true)?$/.test(text(word))),
    anchor: dashes < 0 ? words.at(-1)! : words[dashes]!,
    appendEnv: (whole, name, value) =>
      like.word.layout.insertAfter(whole, like.word, {
        flag: '--env',
        value: `${name}=${value}`,
        joined: like.flag === like.word,
      }),
  };
};
