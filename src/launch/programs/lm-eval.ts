import type { Argument } from '../args/argument.js';
import { unresolvedIn } from '../args/arguments.js';
import { flagKind, kebab, resolveFlag } from '../args/flags.js';
import { readMembers } from '../args/members.js';
import { setLiteral } from '../args/set-literal.js';
import { replaceText, replaceValue, type Slot } from '../args/slot.js';
import { typeValue, valueText } from '../args/values.js';
import type { Problem } from '../problems.js';
import type { ArgsReading } from '../reading.js';
import type { Word } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import { parseLiteral } from '../text/literal.js';
import type { Traced } from '../text/traced.js';
import type { Program } from './index.js';
import { lmEvalName } from './wrapper-names.js';

const text = (word: Word | undefined): string => word?.text.text ?? '';

/** `a=1,b={"x": 2, "y": 3},c=[1,2]` at the commas that stand in no brackets. */
const pairsOf = (source: Traced): { key: string; value: Traced; from: number; to: number }[] => {
  const pairs: { key: string; value: Traced; from: number; to: number }[] = [];
  let depth = 0;
  let from = 0;
  const push = (to: number) => {
    const piece = source.text.slice(from, to);
    const match = /^\s*([A-Za-z_][\w.]{0,80})\s*=/.exec(piece);
    if (match) pairs.push({ key: match[1]!, value: source.slice(from + match[0].length, to), from, to });
  };
  for (let i = 0; i < source.length; i++) {
    const c = source.text[i]!;
    if ('{[('.includes(c)) depth++;
    else if ('}])'.includes(c)) depth = Math.max(0, depth - 1);
    else if (c === ',' && depth === 0) {
      push(i);
      from = i + 1;
    }
  }
  push(source.length);
  return pairs;
};

const isModel = (key: string) => key === 'pretrained' || key === 'model';

interface ModelArgs {
  model: string | null;
  setModel?: ArgsReading['setModel'];
  args: Argument[];
  problems: Problem[];
  append: ArgsReading['append'];
}

const readJson = (source: Traced): ModelArgs | null => {
  const root = parseLiteral(source.text);
  if (root?.kind !== 'object') return null;
  const reading = readMembers(root, source, {
    style: 'json',
    rename: name => (isModel(name) ? null : lmEvalName(name)),
  });
  const model = root.members.find(member => isModel(member.key))?.value;
  return {
    ...reading,
    model: model?.kind === 'string' ? model.value : null,
    setModel: model ? (_text, value) => setLiteral(model, source, value, JSON.stringify) : undefined,
  };
};

const readPairs = (word: Word, source: Traced): ModelArgs => {
  const pairs = pairsOf(source);
  const args: Argument[] = [];
  const problems = unresolvedIn(word);
  let model: string | null = null;
  let setModel: ArgsReading['setModel'];
  pairs.forEach((pair, i) => {
    if (isModel(pair.key)) {
      model = pair.value.text;
      setModel = (_text, value) =>
        replaceText({ text: pair.value, start: word.start, end: word.end, bare: word.bare }, value);
      return;
    }
    const renamed = lmEvalName(kebab(pair.key));
    if (renamed === null) return;
    const name = resolveFlag(`--${renamed}`).name;
    const slot: Slot = { text: pair.value, start: word.start, end: word.end, bare: word.bare };
    args.push({
      name,
      value: typeValue(pair.value.text, flagKind(name)).value,
      absent: /^(?:None|null)$/.test(pair.value.text),
      path: [],
      at: pair.value.length ? pair.value.start(0) : word.start,
      style: { dashes: false, joined: true },
      set: (_text, wanted) => replaceValue(slot, wanted),
      remove: (): Edit[] => {
        const place =
          i > 0
            ? source.place(pairs[i - 1]!.to, pair.to)
            : source.place(pair.from, Math.min(source.length, pair.to + 1));
        return place ? [{ start: place.start, end: place.end, text: '' }] : [];
      },
    });
  });
  return {
    model,
    setModel,
    args,
    problems,
    append: (_whole, name, value) => {
      if (!source.length) return null;
      const written = typeof value === 'boolean' ? (value ? 'True' : 'False') : valueText(value);
      const at = source.end(source.length - 1);
      const trailing = source.text.endsWith(',');
      return [
        {
          start: at,
          end: at,
          text: source
            .context(source.length - 1)
            .encode(`${trailing ? '' : ','}${name.replaceAll('-', '_')}=${written}`),
        },
      ];
    },
  };
};

/** lm-evaluation-harness with vLLM as its model: what follows `--model_args`. */
export const lmEval: Program = {
  find: words => {
    const named = words.some(word => /(?:^|[/\\])lm[_-]eval$/.test(text(word)) || /^lm_eval$/.test(text(word)));
    if (!named) return -1;
    return words.findIndex(word => /^--model[_-]args(?:=|$)/.test(text(word)));
  },
  read: (words, from) => {
    const isVllm = words.some(
      (word, i) => /^--model(?:=vllm|$)/.test(text(word)) && /vllm/.test(text(word) + text(words[i + 1])),
    );
    if (!isVllm) return null;
    const word = words[from]!;
    const joined = /^--model[_-]args=/.exec(text(word))?.[0];
    // Several words behind --model_args are several pairs.
    const values: Word[] = [];
    if (!joined) for (let i = from + 1; words[i] && !text(words[i]).startsWith('--'); i++) values.push(words[i]!);
    const value = joined ? word : values[0];
    if (!value) return null;
    const source = joined ? word.text.slice(joined.length) : value.text;
    const reading = /^\s*\{/.test(source.text) ? readJson(source) : readPairs(value, source);
    if (!reading) return null;
    const more = values.slice(1).map(other => readPairs(other, other.text));
    const args = [...reading.args, ...more.flatMap(other => other.args)];
    const trust = words.find(candidate => /^--trust[_-]remote[_-]code$/.test(text(candidate)));
    if (trust && !args.some(arg => arg.name === 'trust-remote-code'))
      args.push({
        name: 'trust-remote-code',
        value: true,
        path: [],
        at: trust.start,
        style: { dashes: null, joined: null },
        set: (whole, wanted) => (wanted === false ? trust.layout.remove(whole, [trust]) : []),
        remove: whole => trust.layout.remove(whole, [trust]),
      });
    return {
      program: 'lm_eval',
      shape: 'lm-eval',
      setModel: [reading, ...more].find(part => part.model !== null)?.setModel,
      model: reading.model ?? more.flatMap(other => other.model ?? [])[0] ?? null,
      args,
      problems: [...reading.problems, ...more.flatMap(other => other.problems)],
      append: more.at(-1)?.append ?? reading.append,
    };
  },
};
