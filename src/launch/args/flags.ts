import files from 'knowledge:releases';

/** How much a flag takes, and how its value is to be read. */
export interface FlagKind {
  takes: 'nothing' | 'optional' | 'one' | 'many';
  /** A JSON object or list. */
  json: boolean;
  /** A count that may be written `32K`. */
  human: boolean;
  number: boolean;
  /** May be given several times: each adds to the list. */
  repeatable: boolean;
}

interface Span {
  type: string;
  nargs?: string;
  no?: boolean;
  inverse?: string;
  action?: string;
}

const FLAGS = (
  files['releases/flags.json'] as {
    flags: Record<string, { aliases?: Record<string, string>; spans: Record<string, Span> }>;
  }
).flags;
const ENGINE_ARGUMENTS = (files['releases/flags.json'] as { arguments: Record<string, string> }).arguments;

/** Flags of plug-ins and builds that extend vLLM's own command line. */
const PLUGIN_FLAGS: Record<string, FlagKind['takes']> = {
  omni: 'nothing',
  'deploy-config': 'one',
  'stage-configs-path': 'one',
  'stage-id': 'one',
  'sequence-parallel-size': 'one',
  'ulysses-sequence-parallel-size': 'one',
  'enable-shift-parallel': 'nothing',
  'shift-parallel-threshold': 'one',
};

/** Flags that exist and are no engine arguments in the data. */
const ALWAYS: Record<string, FlagKind['takes']> = {
  help: 'nothing',
  version: 'nothing',
  model: 'one',
  'model-tag': 'one',
};

/** Short flags, as argparse has them. `-O3` and `-O.x` are read apart. */
const SHORT: Record<string, string> = {
  tp: 'tensor-parallel-size',
  pp: 'pipeline-parallel-size',
  dp: 'data-parallel-size',
  q: 'quantization',
  cc: 'compilation-config',
  ac: 'attention-config',
  O: 'compilation-config',
};

/** A flag as it is canonically written: `--max_model_len` as `max-model-len`. */
export const kebab = (name: string): string => name.replace(/^-+/, '').replaceAll('_', '-');

const shortNames = new Map<string, string>(Object.entries(SHORT));
const longAliases = new Map<string, string>();
for (const [name, flag] of Object.entries(FLAGS))
  for (const alias of Object.keys(flag.aliases ?? {})) {
    const names = alias.startsWith('--') ? longAliases : shortNames;
    const key = alias.startsWith('--') ? kebab(alias) : alias.replace(/^-/, '');
    if (!names.has(key)) names.set(key, name);
  }

const names = [...Object.keys(FLAGS), ...Object.keys(ALWAYS)];
const known = new Set(names);

/** A name that vLLM's Python interface has without a flag of the same name. */
export const isEngineArgument = (name: string): boolean =>
  known.has(kebab(name)) || Object.hasOwn(ENGINE_ARGUMENTS, name.replaceAll('-', '_'));

/** How the flag `name` (canonical) takes its value; null when no release has it. */
export const flagKind = (name: string): FlagKind | null => {
  const plain = Object.hasOwn(ALWAYS, name)
    ? ALWAYS[name]
    : Object.hasOwn(PLUGIN_FLAGS, name)
      ? PLUGIN_FLAGS[name]
      : null;
  if (plain) return { takes: plain, json: false, human: false, number: false, repeatable: false };
  if (!Object.hasOwn(FLAGS, name)) return null;
  const spans = Object.values(FLAGS[name]!.spans);
  const every = (is: (span: Span) => boolean) => spans.every(is);
  const some = (is: (span: Span) => boolean) => spans.some(is);
  const isSwitch = (span: Span) => span.type === 'flag';
  return {
    takes: every(isSwitch)
      ? 'nothing'
      : some(span => isSwitch(span) || span.nargs === '?')
        ? 'optional'
        : some(span => span.nargs === '+' || span.nargs === '*')
          ? 'many'
          : 'one',
    json: some(span => /^json|from_cli|from_json|^k=v/.test(span.type)),
    human: some(span => /human/.test(span.type)),
    number: some(span => /^(?:int|float)/.test(span.type)),
    repeatable: some(span => /append/.test(span.type) || /append/.test(span.action ?? '')),
  };
};

/** What a flag as it was typed stands for. */
interface FlagName {
  /** Canonical: kebab-case, no dashes, aliases and abbreviations spelled out. */
  name: string;
  how: 'exact' | 'abbreviated' | 'unknown';
  /** `--no-…`: the switch is turned off. */
  negated: boolean;
}

const isKnown = (name: string) => known.has(name) || Object.hasOwn(PLUGIN_FLAGS, name);

/** Resolves a typed flag (`--gpu_memory_util`, `-tp`, `--no-enable-prefix-caching`) against all releases. */
export const resolveFlag = (typed: string): FlagName => {
  const short = /^-[^-]/.test(typed);
  const name = kebab(typed);
  if (!short && isKnown(name)) return { name, how: 'exact', negated: false };
  const alias = short ? shortNames.get(typed.slice(1)) : longAliases.get(name);
  if (alias) return { name: alias, how: 'exact', negated: false };
  if (!short && name.startsWith('no-') && isKnown(name.slice(3)))
    return { name: name.slice(3), how: 'exact', negated: true };
  if (!short && name.length > 2) {
    const matches = names.filter(candidate => candidate.startsWith(name));
    if (matches.length === 1) return { name: matches[0]!, how: 'abbreviated', negated: false };
    if (name.startsWith('no-')) {
      const negatives = names.filter(candidate => candidate.startsWith(name.slice(3)));
      if (negatives.length === 1 && name.length > 5) return { name: negatives[0]!, how: 'abbreviated', negated: true };
    }
  }
  return { name, how: 'unknown', negated: false };
};
