import { type Problem, problem, unresolved } from '../problems.js';
import type { Word } from '../shell/words.js';
import type { Argument } from './argument.js';
import { tornJson, typedValue, valuesBehind } from './flag-values.js';
import { asFlag, isFlagWord, type TypedFlag, unglue } from './flag-words.js';
import { type FlagKind, flagKind, isEngineArgument, kebab, resolveFlag } from './flags.js';
import { setFlag, slotBehindEquals, slotOf } from './set-flag.js';
import type { Slot } from './slot.js';
import { valueText } from './values.js';

/** The arguments of one command line (or list). */
export interface ArgumentList {
  model: { value: string; slot: Slot; at: number } | null;
  args: Argument[];
  problems: Problem[];
  /** Last word that belongs to vLLM: a new flag comes after it. */
  last: Word | null;
}

interface ReadOptions {
  /** The first word without a dash names the model. */
  positionalModel: boolean;
  /** Every flag should be one of vLLM's: others are reported. */
  strict: boolean;
  /** Flags that hold the model, canonical. */
  modelFlags?: string[];
  /** Renames and drops a wrapper's own flags: null drops. Asked with the kebab-case name. */
  rename?: (name: string) => string | null;
  /** Words stand in a list: two in one item are a fault. */
  list?: boolean;
}

/** Most members of a dotted name that are told apart. */
const MAX_MEMBERS = 16;

/** Variables in a word whose values the text does not tell; those that stand for several words are passed over. */
export const unresolvedIn = (word: Word): Problem[] =>
  word.unresolved.filter(ref => !ref.all).map(ref => unresolved(ref.name, ref.text.text, word.start));

/**
 * Reads the words after vLLM's program as its arguments. Never fails: what no release knows stays under its own name.
 */
export const readArguments = (given: Word[], options: ReadOptions): ArgumentList => {
  const problems: Problem[] = [];
  const words = options.list ? unglue(given, problems) : given;
  const modelFlags = options.modelFlags ?? ['model', 'model-tag'];
  const list: ArgumentList = { model: null, args: [], problems, last: null };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const flag = asFlag(word);
    if (!flag) {
      readPositional(word, list, options);
      continue;
    }
    problems.push(...flag.problems);
    const read = readFlag(flag, words, i, options, problems);
    i = read.next - 1;
    if (!read.argument) continue;
    list.last = words[i]!;
    const { name, path, value } = read.argument;
    if (modelFlags.includes(name) && !path.length)
      list.model = { value: valueText(value), slot: read.slot!, at: word.start };
    else list.args.push(read.argument);
  }
  problems.push(...duplicates(list.args));
  return list;
};

/** A word that is neither a flag nor the value of one: the model, or one too many. */
const readPositional = (word: Word, list: ArgumentList, { positionalModel, strict }: ReadOptions): void => {
  const text = word.text.text;
  const standsForSeveral = word.unresolved.some(ref => ref.all);
  if (!standsForSeveral && (text === '' || text === '--')) return;
  list.last = word;
  if (standsForSeveral) return;
  if (positionalModel && !list.model) list.model = { value: text, slot: slotOf(word), at: word.start };
  else if (strict && !word.unresolved.length)
    list.problems.push(problem('stray-argument', word.start, { argument: text }));
  list.problems.push(...unresolvedIn(word));
};

const duplicates = (args: Argument[]): Problem[] => {
  const seen = new Set<string>();
  return args.flatMap(arg => {
    const key = [arg.name, ...arg.path].join('.');
    const isRepeated = seen.has(key) && !flagKind(arg.name)?.repeatable;
    seen.add(key);
    return isRepeated ? [problem('duplicate-flag', arg.at, { name: arg.name })] : [];
  });
};

/** What a typed flag stands for. */
interface Meaning {
  name: string;
  /** Null where no release knows it. */
  kind: FlagKind | null;
  negated: boolean;
  /** As typed, without dashes and members. */
  head: string;
  path: string[];
  dashes: '-' | '--';
  /** `-O3`: the level. */
  level: number | null;
}

/** The flag's meaning, or null for one that is the wrapper's own. */
const meaningOf = (
  { flag }: TypedFlag,
  at: number,
  { rename, strict }: ReadOptions,
  problems: Problem[],
): Meaning | null => {
  const dashes = flag.startsWith('--') ? '--' : '-';
  const body = flag.replace(/^-+/, '');
  const [head = '', ...members] = body.split('.');
  const renamed = rename?.(dashes === '-' ? head : kebab(head));
  if (renamed === null) return null;
  // -O3 sets a level, -O.x and -O {…} the object.
  const level = dashes === '-' ? /^O(\d)$/.exec(body)?.[1] : undefined;
  const spelled = level === undefined ? dashes + head : '--optimization-level';
  let { name, how, negated } = resolveFlag(renamed ? `--${renamed}` : spelled);
  if (dashes === '-' && level === undefined && how === 'unknown' && head.length > 1) {
    const long = resolveFlag(`--${head}`);
    if (long.how !== 'unknown' || !renamed) {
      if (strict || long.how === 'exact') problems.push(problem('single-dash', at, { flag }));
      ({ name, negated } = long);
      how = long.how === 'unknown' ? 'exact' : long.how;
    }
  }
  if (strict && how === 'abbreviated') problems.push(problem('abbreviated-flag', at, { flag, name }));
  if (strict && how === 'unknown') problems.push(problem('unknown-flag', at, { flag }));
  const kind = how === 'unknown' && !renamed ? null : flagKind(name);
  const path = members.slice(0, MAX_MEMBERS);
  return { name, kind, negated, head, path, dashes, level: level === undefined ? null : Number(level) };
};

interface ReadFlag {
  /** Null for a flag that is the wrapper's own. */
  argument: Argument | null;
  /** The place of its one value. */
  slot: Slot | null;
  /** Index of the first word that is not read yet. */
  next: number;
}

/** `-O3` as an argument: the level is part of the word. */
const levelArgument = (word: Word, name: string, level: number): Argument => ({
  name,
  value: level,
  path: [],
  at: word.start,
  style: { dashes: null, joined: null },
  set: (_text, wanted) => [{ start: word.start, end: word.end, text: `-O${valueText(wanted)}` }],
  remove: text => word.layout.remove(text, [word]),
});

/** The flag in the word at `i` with its values. */
const readFlag = (flag: TypedFlag, words: Word[], i: number, options: ReadOptions, problems: Problem[]): ReadFlag => {
  const word = words[i]!;
  const meaning = meaningOf(flag, word.start, options, problems);
  if (!meaning) {
    const hasValue = flag.value === null && words[i + 1] && !isFlagWord(words[i + 1]!);
    return { argument: null, slot: null, next: hasValue ? i + 2 : i + 1 };
  }
  const { name, kind, negated, head, path, dashes, level } = meaning;
  if (level !== null) return { argument: levelArgument(word, name, level), slot: null, next: i + 1 };

  const takes = path.length ? 'one' : (kind?.takes ?? 'guess');
  let values = flag.value === null && !negated ? valuesBehind(words, i + 1, takes) : [];
  let next = i + 1 + values.length;
  if (takes === 'nothing' && options.strict && values[0]) {
    const details = { argument: values[0].text.text, flag: flag.flag };
    problems.push(problem('stray-value', values[0].start, details));
  }
  const torn = kind?.json && values.length === 1 ? tornJson(words, i + 1) : null;
  if (torn) {
    values = [torn.whole];
    next = i + 1 + torn.count;
  }

  const used = flag.value === null ? values : [word];
  const texts = flag.value === null ? values.map(value => value.text) : [flag.value];
  problems.push(...used.flatMap(unresolvedIn), ...(flag.value === null ? unresolvedIn(word) : []));
  const typed = texts.length ? typedValue(name, used, texts, kind) : { value: !negated, problem: null };
  if (typed.problem) problems.push(typed.problem);
  problems.push(...straysIn(values, name));

  const slot = texts.length !== 1 ? null : flag.value ? slotBehindEquals(word, flag.value) : slotOf(values[0]!);
  const isNegation = negated && texts.length > 0 && typeof typed.value === 'boolean';
  const argument: Argument = {
    name,
    value: isNegation ? !typed.value : typed.value,
    absent: texts.length === 1 && /^(?:None|null)$/.test(texts[0]!.text),
    path,
    at: word.start,
    typed: dashes + head,
    style: {
      dashes: /[-_]/.test(head) ? !head.includes('_') : null,
      joined: texts.length ? flag.value !== null : null,
    },
    set: (text, wanted) => setFlag({ word, values, slot, negated, head }, text, wanted),
    remove: text => word.layout.remove(text, [word, ...values]),
  };
  return { argument, slot, next };
};

/** `max-num-seqs=8` among the further values of a flag: without dashes it is one of them, and not what was meant. */
const straysIn = (values: Word[], name: string): Problem[] =>
  name === 'lora-modules'
    ? []
    : values.slice(1).flatMap(value => {
        const stray = /^([A-Za-z_][\w-]{1,60})=/.exec(value.text.text);
        return stray && isEngineArgument(stray[1]!)
          ? [problem('stray-in-list', value.start, { argument: value.text.text, name })]
          : [];
      });
