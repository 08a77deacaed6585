import type { Argument } from '../args/argument.js';
import { flagKind, kebab, resolveFlag } from '../args/flags.js';
import { replaceText, replaceValue, type Slot } from '../args/slot.js';
import { typeValue, valueText } from '../args/values.js';
import { type Problem, unresolved } from '../problems.js';
import type { Word } from '../shell/words.js';
import type { Program } from './index.js';
import { verlName } from './wrapper-names.js';

const ROLLOUT = /^(\+{0,2})(actor_rollout_ref\.rollout\.)(engine_kwargs\.vllm\.)?([\w.]+)=/;
const MODEL = /^\+{0,2}actor_rollout_ref\.model\.path=/;

/** Hydra writes lists and objects without quotes and `null` for nothing. */
const readValue = (text: string, name: string) =>
  /^(?:null|None|)$/.test(text) ? null : typeValue(text, flagKind(name)).value;

/** verl: Hydra overrides below `actor_rollout_ref.rollout`. */
export const verl: Program = {
  find: words => (words.some(word => ROLLOUT.test(word.text.text)) ? 0 : -1),
  read: words => {
    const args: Argument[] = [];
    const problems: Problem[] = [];
    let model: Slot | null = null as Slot | null;
    let last: Word | null = null;
    for (const word of words) {
      const text = word.text.text;
      const head = MODEL.exec(text)?.[0];
      if (head) model = { ...word, text: word.text.slice(head.length) };
      const match = ROLLOUT.exec(text);
      if (!match && !head) continue;
      const used = () => {
        for (const ref of word.unresolved) problems.push(unresolved(ref.name, ref.text.text, word.start));
      };
      if (!match) {
        used();
        continue;
      }
      last = word;
      const renamed = verlName(kebab(match[4]!));
      if (renamed === null) continue;
      used();
      const name = resolveFlag(`--${renamed}`).name;
      const value = readValue(text.slice(match[0].length), name);
      const slot: Slot = { text: word.text.slice(match[0].length), start: word.start, end: word.end, bare: word.bare };
      args.push({
        name,
        value: value ?? 'null',
        absent: value === null,
        path: [],
        at: word.start,
        style: { dashes: false, joined: true },
        set: (_text, wanted) => replaceValue(slot, wanted),
        remove: whole => word.layout.remove(whole, [word]),
      });
    }
    if (!args.length && !model) return null;
    return {
      program: 'verl',
      shape: 'verl',
      model: model?.text.text ?? null,
      setModel: (_text, value) => (model ? replaceText(model, value) : []),
      args,
      problems,
      append: (whole, name, value) => {
        const key = name === 'tensor-parallel-size' ? 'tensor_model_parallel_size' : name.replaceAll('-', '_');
        const text = typeof value === 'boolean' ? (value ? 'True' : 'False') : valueText(value);
        return (
          last?.layout.insertAfter(whole, last, {
            flag: `actor_rollout_ref.rollout.${key}`,
            value: text,
            joined: true,
          }) ?? null
        );
      },
    };
  },
};
