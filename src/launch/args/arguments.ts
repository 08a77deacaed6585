import { type Problem, problem, unresolved } from '../problems.js';
import type { Word } from '../shell/words.js';
import type { Edit } from '../text/edits.js';
import type { NewFlag } from '../text/layout.js';
import { Traced } from '../text/traced.js';
import type { ArgValue } from '../types.js';
import { type FlagKind, flagKind, isEngineArgument, kebab, resolveFlag } from './flags.js';
import { replaceValue, type Slot } from './slot.js';
import { typeValue, valueText } from './values.js';

/** One argument of vLLM as the text gives it. */
export interface Argument {
  /** Canonical name. */
  name: string;
  value: ArgValue;
  /** Written, but standing for nothing (`None`, `null`, a chart's `""`): there to be changed, not set. */
  absent?: boolean;
  /** Members below the name: `--limit-mm-per-prompt.video 0` is ['video']. */
  path: string[];
  at: number;
  set(text: string, value: ArgValue): Edit[];
  remove(text: string): Edit[];
  /** The flag as typed, without members and value: `-cc`. */
  typed?: string;
  /** How the flag was written, for the style of new ones. */
  style: { dashes: boolean | null; joined: boolean | null };
}

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

const DASHES = /^[—–−‐‑―]{1,2}(?=[A-Za-z])/;

interface TypedFlag {
  /** Normalised to ASCII dashes: `--max-model-len`. */
  flag: string;
  value: Traced | null;
  problems: Problem[];
}

/** A word as a flag, with the value behind its `=`; null for any other word. */
const asFlag = (word: Word): TypedFlag | null => {
  const text = word.text.text;
  const problems: Problem[] = [];
  const odd = DASHES.exec(text) ?? /^-[—–−‐‑―](?=[A-Za-z])/.exec(text);
  const dashes = odd?.[0].length ?? /^--?(?=[A-Za-z])/.exec(text)?.[0].length ?? 0;
  if (odd) problems.push(problem('not-ascii-dash', word.start, { text }));
  if (!dashes) return null;
  const name = /^[A-Za-z][\w.-]{0,200}/.exec(text.slice(dashes))?.[0];
  if (!name) return null;
  const rest = text.slice(dashes + name.length);
  if (rest !== '' && !rest.startsWith('=')) return null;
  const value = rest === '' ? null : word.text.slice(dashes + name.length + 1);
  return { flag: (odd ? '--' : text.slice(0, dashes)) + name, value, problems };
};

/** A negative number or a lone dash is a value, everything else that begins with a dash is a flag. */
const isFlagWord = (word: Word): boolean => {
  const text = word.text.text;
  if (/^-[\d.]/.test(text)) return false;
  return asFlag(word) !== null || /^--?[A-Za-z]/.test(text);
};

const slotOf = (word: Word, text = word.text): Slot => ({ text, start: word.start, end: word.end, bare: word.bare });

/** Splits a list item that holds a flag and its value(s), as vLLM would have to see it. */
const unglue = (words: Word[], problems: Problem[]): Word[] =>
  words.flatMap(word => {
    const text = word.text.text;
    const glued = /^--?[A-Za-z][\w.-]{0,100}[ \t]+(?=\S)/.exec(text);
    if (!glued) return [word];
    problems.push(problem('glued-list-item', word.start, { text }));
    const flag = /^\S+/.exec(text)![0];
    const piece = (a: number, b: number): Word => ({ ...word, text: word.text.slice(a, b) });
    return [piece(0, flag.length), piece(glued[0].length, text.trimEnd().length)];
  });

const unresolvedProblems = (word: Word): Problem[] =>
  word.unresolved.filter(ref => !ref.all).map(ref => unresolved(ref.name, ref.text.text, word.start));

const JSON_TYPOGRAPHIC = /[“”„‟]/;

interface Typed {
  value: ArgValue;
  problem: Problem | null;
}

const typed = (name: string, words: Word[], texts: Traced[], kind: FlagKind | null): Typed => {
  const open = words.some(word => word.unresolved.length > 0);
  const read = (text: string): Typed => {
    const result = typeValue(text, kind);
    if (!result.invalidJson || open) return { value: result.value, problem: null };
    if (JSON_TYPOGRAPHIC.test(text)) {
      const straight = typeValue(text.replace(/[“”„‟]/g, '"'), kind);
      if (!straight.invalidJson)
        return {
          value: straight.value,
          problem: problem('typographic-quotes', words[0]!.start, { text }),
        };
    }
    return {
      value: text,
      problem: problem('invalid-json', words[0]!.start, { name, text }),
    };
  };
  if (texts.length === 1) return read(texts[0]!.text);
  return { value: texts.map(text => typeValue(text.text, null).value), problem: null };
};

/**
 * Reads the words after vLLM's program as its arguments. Never fails: what no release knows stays under its own name.
 */
export const readArguments = (given: Word[], options: ReadOptions): ArgumentList => {
  const problems: Problem[] = [];
  const words = options.list ? unglue(given, problems) : given;
  const args: Argument[] = [];
  let model: ArgumentList['model'] = null;
  let last: Word | null = null;
  const modelFlags = options.modelFlags ?? ['model', 'model-tag'];

  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const flag = asFlag(word);
    if (!flag) {
      const text = word.text.text;
      if (word.unresolved.some(ref => ref.all)) {
        last = word;
        continue;
      }
      if (text === '' || text === '--') continue;
      last = word;
      if (options.positionalModel && !model) {
        model = { value: text, slot: slotOf(word), at: word.start };
        problems.push(...unresolvedProblems(word));
      } else if (word.unresolved.length) problems.push(...unresolvedProblems(word));
      else if (options.strict) problems.push(problem('stray-argument', word.start, { argument: text }));
      continue;
    }
    problems.push(...flag.problems);
    const read = readFlag(flag, words, i, options, problems);
    i = read.next - 1;
    if (read.dropped) continue;
    last = words[read.next - 1]!;
    if (read.argument === null) continue;
    if (modelFlags.includes(read.argument.name) && !read.argument.path.length) {
      model = { value: valueText(read.argument.value), slot: read.slot!, at: word.start };
      continue;
    }
    args.push(read.argument);
  }
  problems.push(...duplicates(args));
  return { model, args, problems, last };
};

const duplicates = (args: Argument[]): Problem[] => {
  const seen = new Map<string, Argument>();
  const problems: Problem[] = [];
  for (const arg of args) {
    const key = [arg.name, ...arg.path].join('.');
    if (seen.has(key) && !flagKind(arg.name)?.repeatable)
      problems.push(problem('duplicate-flag', arg.at, { name: arg.name }));
    seen.set(key, arg);
  }
  return problems;
};

interface ReadFlag {
  argument: Argument | null;
  slot: Slot | null;
  next: number;
  dropped: boolean;
}

const readFlag = (flag: TypedFlag, words: Word[], i: number, options: ReadOptions, problems: Problem[]): ReadFlag => {
  const word = words[i]!;
  const body = flag.flag.replace(/^-+/, '');
  const single = !flag.flag.startsWith('--');
  const dot = body.indexOf('.');
  const head = dot > 0 ? body.slice(0, dot) : body;
  const path =
    dot > 0
      ? body
          .slice(dot + 1)
          .split('.')
          .slice(0, 16)
      : [];
  let renamed: string | null | undefined;
  if (options.rename) {
    renamed = options.rename(single ? head : kebab(head));
    if (renamed === null) {
      const next = flag.value === null && words[i + 1] && !isFlagWord(words[i + 1]!) ? i + 2 : i + 1;
      return { argument: null, slot: null, next, dropped: true };
    }
  }
  const dashes = single ? '-' : '--';
  // -O3 sets a level, -O.x and -O {…} the object.
  const level = single ? /^O(\d)$/.exec(body) : null;
  let { name, how, negated } = resolveFlag(renamed ? `--${renamed}` : level ? '--optimization-level' : dashes + head);
  if (single && !level && how === 'unknown' && head.length > 1) {
    const long = resolveFlag(`--${head}`);
    if (long.how !== 'unknown' || !renamed) {
      if (options.strict || long.how === 'exact')
        problems.push(problem('single-dash', word.start, { flag: flag.flag }));
      ({ name, how, negated } = long);
      if (long.how === 'unknown') how = 'exact';
    }
  }
  if (options.strict && how === 'abbreviated')
    problems.push(problem('abbreviated-flag', word.start, { flag: flag.flag, name }));
  if (options.strict && how === 'unknown') problems.push(problem('unknown-flag', word.start, { flag: flag.flag }));

  const kind = how === 'unknown' && !renamed ? null : flagKind(name);
  const values: Word[] = [];
  let next = i + 1;
  if (level) {
    return simple(Number(level[1]));
  }
  if (flag.value === null && !negated) {
    const takes = path.length ? 'one' : (kind?.takes ?? 'guess');
    const follows = () => words[next] !== undefined && !isFlagWord(words[next]!);
    if (takes === 'many') while (follows()) values.push(words[next++]!);
    else if (takes === 'one') {
      if (follows() || (words[next] && /^-/.test(words[next]!.text.text) && asFlag(words[next]!) === null))
        values.push(words[next++]!);
    } else if (takes === 'guess') {
      if (follows()) values.push(words[next++]!);
    } else if (follows() && /^(?:true|false|0|1|none)$/i.test(words[next]!.text.text)) {
      if (takes === 'nothing' && options.strict)
        problems.push(
          problem('stray-value', words[next]!.start, { argument: words[next]!.text.text, flag: flag.flag }),
        );
      values.push(words[next++]!);
    }
  }
  function simple(value: ArgValue): ReadFlag {
    return {
      argument: {
        name,
        value,
        path: [],
        at: word.start,
        style: { dashes: null, joined: null },
        set: (_text, wanted) => [{ start: word.start, end: word.end, text: `-O${valueText(wanted)}` }],
        remove: text => word.layout.remove(text, [word]),
      },
      slot: null,
      next: i + 1,
      dropped: false,
    };
  }

  const torn = kind?.json && values.length === 1 ? tornJson(words, next) : 0;
  if (torn) {
    const whole = joinWords(words.slice(next - 1, next + torn));
    values.splice(0, 1, whole);
    next += torn;
  }
  const used = flag.value === null ? values : [word];
  const texts = flag.value === null ? values.map(value => value.text) : [flag.value];
  for (const value of used) problems.push(...unresolvedProblems(value));
  if (flag.value === null) problems.push(...unresolvedProblems(word));
  const result = texts.length ? typed(name, used, texts, kind) : { value: !negated, problem: null };
  if (result.problem) problems.push(result.problem);
  if (values.length > 1)
    for (const value of values.slice(1)) {
      const stray = /^([A-Za-z_][\w-]{1,60})=/.exec(value.text.text);
      if (stray && name !== 'lora-modules' && isEngineArgument(stray[1]!))
        problems.push(problem('stray-in-list', value.start, { argument: value.text.text, name }));
    }
  const value = negated && texts.length && typeof result.value === 'boolean' ? !result.value : result.value;
  const slot: Slot | null =
    texts.length === 1
      ? flag.value === null
        ? slotOf(values[0]!)
        : { ...slotOf(word, flag.value), start: joinedStart(word, flag), bare: word.bare }
      : null;
  const multi = /[-_]/.test(head);
  return {
    argument: {
      name,
      value,
      absent: texts.length === 1 && /^(?:None|null)$/.test(texts[0]!.text),
      path,
      at: word.start,
      typed: dashes + head,
      style: { dashes: multi ? !head.includes('_') : null, joined: texts.length ? flag.value !== null : null },
      set: (text, wanted) => setFlag({ word, values, flag, slot, negated, name, head }, text, wanted),
      remove: text => word.layout.remove(text, [word, ...values]),
    },
    slot,
    next,
    dropped: false,
  };
};

const depthOf = (text: string): number => (text.match(/[{[]/g)?.length ?? 0) - (text.match(/[}\]]/g)?.length ?? 0);

/** How many more words belong to JSON that a missing quote lets the shell tear apart: `{'image': 2}`. */
const tornJson = (words: Word[], next: number): number => {
  const first = words[next - 1]!;
  if (first.quoted && !first.text.text.startsWith('{')) return 0;
  let depth = depthOf(first.text.text);
  if (!/^[{[]/.test(first.text.text) || depth <= 0) return 0;
  for (let more = 1; more <= 20; more++) {
    const word = words[next - 1 + more];
    if (!word || isFlagWord(word)) return 0;
    depth += depthOf(word.text.text);
    if (depth <= 0) return more;
  }
  return 0;
};

/** Neighbouring words as one, a blank between them. */
const joinWords = (words: Word[]): Word => {
  const pieces = words.flatMap((word, i) => {
    const { text } = word;
    return i === 0 || !text.length ? [text] : [text.as(' ', 0, 1, text.context(0)), text];
  });
  return {
    ...words[0]!,
    text: Traced.join(pieces),
    end: words.at(-1)!.end,
    unresolved: words.flatMap(word => word.unresolved),
  };
};

/** Where the value behind `=` begins, for a value that has to be replaced with its quotes. */
const joinedStart = (word: Word, flag: TypedFlag): number => {
  const at = word.text.text.indexOf('=');
  return at >= 0 && flag.value ? word.text.end(at) : word.start;
};

interface WrittenFlag {
  word: Word;
  values: Word[];
  flag: TypedFlag;
  slot: Slot | null;
  negated: boolean;
  name: string;
  head: string;
}

const setFlag = (written: WrittenFlag, text: string, wanted: ArgValue): Edit[] => {
  const { word, values, slot, negated, head } = written;
  if (slot && typeof wanted === 'boolean' && negated) return replaceValue(slot, !wanted);
  if (slot) return replaceValue(slot, wanted);
  if (values.length > 1) {
    const items = Array.isArray(wanted) ? wanted : [wanted];
    if (items.length === values.length) return values.flatMap((value, i) => replaceValue(slotOf(value), items[i]!));
    const replaced = items.slice(0, values.length).flatMap((item, i) => replaceValue(slotOf(values[i]!), item));
    if (items.length < values.length)
      return [...replaced, ...values.slice(items.length).flatMap(value => value.layout.remove(text, [value]))];
    const after = values.at(-1)!;
    return [
      ...replaced,
      ...items
        .slice(values.length)
        .flatMap(item => after.layout.insertAfter(text, after, { flag: valueText(item), value: null, joined: false })),
    ];
  }
  // A switch.
  const rename = (name: string): Edit[] => {
    const typedName = word.text.text.replace(/^[^A-Za-z]+/, '');
    const place = word.text.place(word.text.length - typedName.length, word.text.length);
    return place ? [{ start: place.start, end: place.end, text: name }] : [];
  };
  if (typeof wanted === 'boolean') {
    if (wanted !== negated) return [];
    return negated ? rename(head.replace(/^no[-_]/, '')) : rename(`${head.includes('_') ? 'no_' : 'no-'}${head}`);
  }
  return word.layout.insertAfter(text, word, { flag: valueText(wanted), value: null, joined: false });
};

/** The flag as a new one is written beside the others: dashes unless all are underscored, `=` as the last with a value. */
export const newFlag = (name: string, value: ArgValue, args: Argument[], prefix = ''): NewFlag => {
  const spelled = args.flatMap(arg => arg.style.dashes ?? []);
  const underscored = spelled.length > 0 && spelled.every(dashes => !dashes);
  const joined = args.findLast(arg => arg.style.joined !== null)?.style.joined ?? false;
  const negative = value === false;
  const plain = `${negative ? 'no-' : ''}${name}`;
  return {
    flag: `--${prefix}${underscored ? plain.replaceAll('-', '_') : plain}`,
    value: typeof value === 'boolean' ? null : valueText(value),
    joined,
  };
};
